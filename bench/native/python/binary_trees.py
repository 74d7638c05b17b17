"""binary-trees: many trees that die young beside one that lives. See bench/workloads/binary_trees.c.

A node is a pair. A leaf is made of variables: a pair of constants would be one object that all leaves share.
"""

SHORTEST = 4


def build(depth, nothing=None):
    if depth == 0:
        return (nothing, nothing)
    return (build(depth - 1), build(depth - 1))


def count(node):
    left, right = node
    return 1 if left is None else 1 + count(left) + count(right)


class BinaryTrees:
    def __init__(self, _):
        pass

    def begin(self, task):
        pass

    @staticmethod
    def tree(task, position, root):
        nodes = count(root)
        task.allocations += nodes
        task.add(task.base + position, nodes)

    def body(self, task):
        longest = task.depth
        self.tree(task, longest + 1, build(longest + 1))
        lives_on = build(longest)
        for depth in range(SHORTEST, longest + 1, 2):
            for _ in range(1 << (longest - depth + SHORTEST)):
                self.tree(task, depth, build(depth))
        self.tree(task, 0, lives_on)

    def end(self, task):
        pass
