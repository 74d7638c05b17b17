"""rings: rings of objects that refer to each other and die as a whole. See bench/workloads/rings.c. An object is a
list: the next one, and its number.
"""


class Rings:
    def __init__(self, task):
        self.held = [None] * task.live

    @staticmethod
    def make(task, length):
        done = task.done
        first = previous = [None, done]
        for k in range(done + 1, done + length):
            node = [None, k]
            previous[0] = node
            previous = node
        previous[0] = first
        task.done += length
        task.allocations += length
        return first

    def begin(self, task):
        for place in range(task.live):
            self.held[place] = self.make(task, task.length)

    def body(self, task):
        left, ring, length, live = task.operations, 0, task.length, task.live
        while left > 0:
            self.held[ring % live] = self.make(task, min(length, left))
            left -= min(length, left)
            ring += 1

    def end(self, task):
        for place, first in enumerate(self.held):
            node = first
            for i in range(task.length):
                task.add(place * task.length + i, task.word(node[1]))
                node = node[0]
                if node is first:
                    break
