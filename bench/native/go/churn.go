// churn: a ring of live objects, each in its turn replaced. See bench/workloads/churn.c.
package main

import "unsafe"

// An object whose words are references but for the last; A is an array of them.
type referring[A any] struct {
	references A
	word       uint64
}

// The sizes of bench/workloads/sizes.def: in Go too, a size is a constant where it is allocated.
var rings = map[uint64][2]func(*parameters) workload{
	8:     {newRing[[1]uint64]},
	16:    {newRing[[2]uint64], newRing[referring[[1]unsafe.Pointer]]},
	24:    {newRing[[3]uint64], newRing[referring[[2]unsafe.Pointer]]},
	32:    {newRing[[4]uint64], newRing[referring[[3]unsafe.Pointer]]},
	48:    {newRing[[6]uint64], newRing[referring[[5]unsafe.Pointer]]},
	64:    {newRing[[8]uint64], newRing[referring[[7]unsafe.Pointer]]},
	96:    {newRing[[12]uint64], newRing[referring[[11]unsafe.Pointer]]},
	128:   {newRing[[16]uint64], newRing[referring[[15]unsafe.Pointer]]},
	256:   {newRing[[32]uint64], newRing[referring[[31]unsafe.Pointer]]},
	512:   {newRing[[64]uint64], newRing[referring[[63]unsafe.Pointer]]},
	1024:  {newRing[[128]uint64], newRing[referring[[127]unsafe.Pointer]]},
	2048:  {newRing[[256]uint64], newRing[referring[[255]unsafe.Pointer]]},
	4096:  {newRing[[512]uint64], newRing[referring[[511]unsafe.Pointer]]},
	8192:  {newRing[[1024]uint64], newRing[referring[[1023]unsafe.Pointer]]},
	16384: {newRing[[2048]uint64], newRing[referring[[2047]unsafe.Pointer]]},
	32768: {newRing[[4096]uint64], newRing[referring[[4095]unsafe.Pointer]]},
	65536: {newRing[[8192]uint64], newRing[referring[[8191]unsafe.Pointer]]},
}

func newChurn(p *parameters) workload {
	ways, known := rings[p.size]
	if !known || p.references > 1 || ways[p.references] == nil {
		fail(2, "churn has no objects of size %d with references %d", p.size, p.references)
	}
	return ways[p.references](p)
}

type ring[T any] struct {
	slots  []*T
	anchor *T // what objects refer to
}

func newRing[T any](p *parameters) workload {
	return &ring[T]{slots: make([]*T, p.live), anchor: new(T)}
}

func first[T any](object *T) *unsafe.Pointer {
	return (*unsafe.Pointer)(unsafe.Pointer(object))
}

func last[T any](object *T) *uint64 {
	return (*uint64)(unsafe.Add(unsafe.Pointer(object), unsafe.Sizeof(*object)-8))
}

func (r *ring[T]) turn(t *task, operations uint64) {
	slots, refers := r.slots, t.references == 1
	place := int(t.done % t.live)
	for word, end := t.base+t.done, t.base+t.done+operations; word != end; word++ {
		object := new(T)
		if refers {
			*first(object) = unsafe.Pointer(r.anchor)
		}
		*last(object) = word
		slots[place] = object
		if place++; place == len(slots) {
			place = 0
		}
	}
	t.done += operations
	t.allocations += operations
}

func (r *ring[T]) begin(t *task) {
	t.allocations++ // the anchor
	r.turn(t, t.live)
}

func (r *ring[T]) body(t *task) {
	r.turn(t, t.operations)
}

func (r *ring[T]) end(t *task) {
	for place, object := range r.slots {
		t.add(uint64(place), *last(object))
	}
}
