"""message-ring: messages pushed into one large ring of references, each push on the clock. See
bench/workloads/message_ring.c. A message is bytes: its word, over and over.
"""

from measure import cpu_ns


class MessageRing:
    def __init__(self, _):
        self.ring = None

    def begin(self, task):
        self.ring = [None] * task.live
        task.allocations += 1
        for _ in range(task.live):
            self.push(task)

    def push(self, task):
        done = task.done
        self.ring[done % task.live] = done.to_bytes(8, "little") * (task.size // 8)
        task.done = done + 1
        task.allocations += 1

    def body(self, task):
        samples, push = task.samples, self.push
        timed = min(task.operations, len(samples.times))
        before = cpu_ns()
        for i in range(timed):
            push(task)
            now = cpu_ns()
            samples.times[i] = now - before
            before = now
        samples.count = timed
        for _ in range(task.operations - timed):
            push(task)

    def end(self, task):
        words = task.size // 8
        for place, message in enumerate(self.ring):
            for i in range(words):
                word = int.from_bytes(message[8 * i : 8 * i + 8], "little")
                task.add(place * words + i, task.word(word))
