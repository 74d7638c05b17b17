// graph, list, deep-tree: what lives, collected again and again. See the sources of these names in bench/workloads.
package main

import (
	"math/bits"
	"runtime"
)

// Full collections are all that their region does.
type marked struct{}

func (marked) body(t *task) {
	for i := t.collections; i > 0; i-- {
		runtime.GC()
	}
}

const graphReferences = 4

type graphObject struct {
	references [graphReferences]*graphObject
	words      [4]uint64
}

type graph struct {
	marked
	objects []*graphObject
}

func newGraph(*parameters) workload {
	return &graph{}
}

func (g *graph) begin(t *task) {
	g.objects = make([]*graphObject, t.live)
	t.allocations += 1 + t.live
	for k := range g.objects {
		g.objects[k] = &graphObject{words: [4]uint64{3: t.base + uint64(k)}}
	}
	for k, object := range g.objects {
		for i := range object.references {
			object.references[i] = g.objects[mix(t.base+uint64(k*graphReferences+i))%t.live]
		}
	}
	runtime.GC()
}

func (g *graph) end(t *task) {
	for k, object := range g.objects {
		position := uint64(k * (1 + graphReferences))
		t.add(position, object.words[3])
		for i, to := range object.references {
			t.add(position+1+uint64(i), to.words[3])
		}
	}
}

type list struct {
	marked
	head *link
}

func newList(*parameters) workload {
	return &list{}
}

// Which object stands at a place: ht_list_object of bench/workloads/choices.h.
func listObject(place, live uint64) uint64 {
	shift := (bits.TrailingZeros64(live) + 1) / 2
	x := place * 0x9e3779b97f4a7c15 & (live - 1)
	x ^= x >> shift
	x = x * 0xbf58476d1ce4e5b9 & (live - 1)
	return x ^ x>>shift
}

func (l *list) begin(t *task) {
	objects := make([]*link, t.live)
	t.allocations += 1 + t.live
	for k := range objects {
		objects[k] = &link{}
		*objects[k].word() = t.base + uint64(k)
	}
	end := &l.head
	for place := uint64(0); place < t.live; place++ {
		*end = objects[listObject(place, t.live)]
		end = &(*end).next
	}
	objects = nil
	runtime.GC()
}

func (l *list) end(t *task) {
	place := uint64(0)
	for at := l.head; at != nil; at = at.next {
		t.add(place, *at.word())
		place++
	}
}

type treeNode struct {
	left, right *treeNode
	word        uint64
}

type deepTree struct {
	marked
	root *treeNode
}

func newDeepTree(*parameters) workload {
	return &deepTree{}
}

func growTree(t *task, depth, number uint64) *treeNode {
	n := &treeNode{word: t.base + number}
	t.allocations++
	if depth > 0 {
		n.left = growTree(t, depth-1, 2*number)
		n.right = growTree(t, depth-1, 2*number+1)
	}
	return n
}

func (n *treeNode) count(t *task, number uint64) {
	if n != nil {
		t.add(number, n.word)
		n.left.count(t, 2*number)
		n.right.count(t, 2*number+1)
	}
}

func (d *deepTree) begin(t *task) {
	d.root = growTree(t, t.depth, 1)
	runtime.GC()
}

func (d *deepTree) end(t *task) {
	d.root.count(t, 1)
}
