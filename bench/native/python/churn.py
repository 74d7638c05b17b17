"""churn: a ring of live objects, each in its turn replaced. See bench/workloads/churn.c.

An object of data is bytes that end in the word, an object with references a list that does.
"""


class Churn:
    def __init__(self, _):
        self.ring = self.anchor = None

    def begin(self, task):
        words = task.size // 8
        self.ring = [None] * task.live
        # What each object is a copy of; the objects refer to it.
        self.anchor = [None] * words
        self.anchor[0] = self.anchor
        task.allocations += 1
        self.turn(task, task.live)

    def turn(self, task, operations):
        ring, live = self.ring, task.live
        size, template = task.size, self.anchor
        place = task.done % live
        words = range(task.done, task.done + operations)
        if task.references:
            for word in words:
                node = template.copy()
                node[-1] = word
                ring[place] = node
                place += 1
                if place == live:
                    place = 0
        else:
            for word in words:
                ring[place] = word.to_bytes(size, "big")
                place += 1
                if place == live:
                    place = 0
        task.done += operations
        task.allocations += operations

    def body(self, task):
        self.turn(task, task.operations)

    def end(self, task):
        for place, node in enumerate(self.ring):
            word = node[-1] if task.references else int.from_bytes(node[-8:], "big")
            task.add(place, task.word(word))
