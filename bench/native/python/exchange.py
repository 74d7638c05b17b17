"""exchange: objects of many sizes, replaced at random in arrays that pass from mutator to mutator. See
bench/workloads/exchange.c.

An object is bytes of its size that end in its number. What is drawn is drawn before, and what is read is added up
afterwards: both would take longer than the objects.
"""

from array import array

from task import mix

PHASES = 16
WORDS_LEAST = 2
# An object tells who made it, for its word follows from that one's base.
MAKER_SHIFT = 48


class Exchange:
    def __init__(self, task):
        self.bytes, self.places = array("I"), array("I")
        sizes = task.size // 8 - WORDS_LEAST + 1
        for k in range(task.live + task.operations):
            x = mix(task.word(k))
            self.bytes.append(8 * (WORDS_LEAST + (x >> 32) % sizes))
            self.places.append((x & 0xFFFFFFFF) % task.live)
        self.read = array("Q", bytes(8 * task.operations))

    def begin(self, task):
        first = task.number << MAKER_SHIFT
        self.array = [(first + k).to_bytes(self.bytes[k], "big") for k in range(task.live)]
        task.done = task.live
        task.allocations += 1 + task.live

    def body(self, task):
        sizes, places, read, done = self.bytes, self.places, self.read, task.done
        first, live = task.number << MAKER_SHIFT, task.live
        for phase in range(PHASES):
            task.meet()
            items = task.crew[(task.number + phase) % task.mutators].workload.array
            for k in range(
                live + task.operations * phase // PHASES, live + task.operations * (phase + 1) // PHASES
            ):
                item = (first + k).to_bytes(sizes[k], "big")
                place = places[k]
                old = items[place]
                items[place] = item
                read[k - live] = int.from_bytes(old[-8:], "big")
        task.done = done + task.operations
        task.allocations += task.operations

    def end(self, task):
        def count(place, number):
            maker = task.crew[number >> MAKER_SHIFT]
            task.add(place, maker.word(number & (1 << MAKER_SHIFT) - 1))

        for k, number in enumerate(self.read):
            count(self.places[task.live + k], number)
        for place, item in enumerate(self.array):
            count(place, int.from_bytes(item[-8:], "big"))
