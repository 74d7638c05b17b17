"""graph, list, deep-tree: what lives, collected again and again. See the sources of these names in bench/workloads.
Objects are lists: the references, and the number.
"""

import gc

from measure import WORD
from task import mix

GRAPH_REFERENCES = 4


class Marked:
    """Full collections are all that their region does."""

    def __init__(self, _):
        self.held = None

    def body(self, task):
        for _ in range(task.collections):
            gc.collect()

    def begin(self, task):
        # What lives only grows here: collecting meanwhile finds nothing, again and again.
        gc.disable()
        self.make(task)
        gc.enable()
        gc.collect()


class Graph(Marked):
    def make(self, task):
        live = task.live
        objects = [[None, None, None, None, k] for k in range(live)]
        for k, item in enumerate(objects):
            for i in range(GRAPH_REFERENCES):
                item[i] = objects[mix(task.word(k * GRAPH_REFERENCES + i)) % live]
        self.held = objects
        task.allocations += 1 + live

    def end(self, task):
        for k, item in enumerate(self.held):
            position = k * (1 + GRAPH_REFERENCES)
            task.add(position, task.word(item[-1]))
            for i in range(GRAPH_REFERENCES):
                task.add(position + 1 + i, task.word(item[i][-1]))


def list_object(place, live):
    """ht_list_object of bench/workloads/choices.h."""
    shift = live.bit_length() // 2
    x = place * 0x9E3779B97F4A7C15 & WORD & live - 1
    x ^= x >> shift
    x = x * 0xBF58476D1CE4E5B9 & WORD & live - 1
    return x ^ x >> shift


class List(Marked):
    def make(self, task):
        objects = [[None, k] for k in range(task.live)]
        previous = self.held = objects[list_object(0, task.live)]
        for place in range(1, task.live):
            node = objects[list_object(place, task.live)]
            previous[0] = node
            previous = node
        task.allocations += 1 + task.live

    def end(self, task):
        node, place = self.held, 0
        while node:
            task.add(place, task.word(node[1]))
            node = node[0]
            place += 1


class DeepTree(Marked):
    def make(self, task):
        def grow(depth, number):
            task.allocations += 1
            node = [None, None, number]
            if depth > 0:
                node[0] = grow(depth - 1, 2 * number)
                node[1] = grow(depth - 1, 2 * number + 1)
            return node

        self.held = grow(task.depth, 1)

    def end(self, task):
        def count(node):
            if node:
                task.add(node[2], task.word(node[2]))
                count(node[0])
                count(node[1])

        count(self.held)
