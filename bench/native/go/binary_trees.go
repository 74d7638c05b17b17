// binary-trees: many trees that die young beside one that lives. See bench/workloads/binary_trees.c.
package main

const treesShortest = 4

type node struct {
	left, right *node
}

type binaryTrees struct{}

func newBinaryTrees(*parameters) workload {
	return binaryTrees{}
}

func build(depth uint64) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{build(depth - 1), build(depth - 1)}
}

func (n *node) count() uint64 {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

// Counts a tree into the checksum.
func (t *task) tree(position uint64, root *node) {
	nodes := root.count()
	t.allocations += nodes
	t.add(t.base+position, nodes)
}

func (binaryTrees) begin(*task) {}

func (binaryTrees) body(t *task) {
	t.tree(t.depth+1, build(t.depth+1))
	livesOn := build(t.depth)
	for depth := uint64(treesShortest); depth <= t.depth; depth += 2 {
		for i := uint64(1) << (t.depth - depth + treesShortest); i > 0; i-- {
			t.tree(depth, build(depth))
		}
	}
	t.tree(0, livesOn)
}

func (binaryTrees) end(*task) {}
