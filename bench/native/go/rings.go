// rings: rings of objects that refer to each other and die as a whole. See bench/workloads/rings.c.
package main

// An object of 64 bytes with one reference at the head and one word at the end; list has it too.
type link struct {
	next  *link
	words [7]uint64
}

func (l *link) word() *uint64 {
	return &l.words[len(l.words)-1]
}

type ringsOfLinks struct {
	held []*link
}

func newRings(p *parameters) workload {
	return &ringsOfLinks{make([]*link, p.live)}
}

func (r *ringsOfLinks) make(t *task, length uint64) *link {
	var first, previous *link
	for ; length > 0; length-- {
		object := &link{}
		*object.word() = t.base + t.done
		t.done++
		t.allocations++
		if previous == nil {
			first = object
		} else {
			previous.next = object
		}
		previous = object
	}
	previous.next = first
	return first
}

func (r *ringsOfLinks) begin(t *task) {
	for place := range r.held {
		r.held[place] = r.make(t, t.length)
	}
}

func (r *ringsOfLinks) body(t *task) {
	for left, ring := t.operations, uint64(0); left > 0; ring++ {
		length := t.length
		if length > left {
			length = left
		}
		place := ring % t.live
		r.held[place] = nil
		r.held[place] = r.make(t, length)
		left -= length
	}
}

func (r *ringsOfLinks) end(t *task) {
	for place, first := range r.held {
		object := first
		for i := uint64(0); i < t.length; i++ {
			t.add(uint64(place)*t.length+i, *object.word())
			if object = object.next; object == first {
				break
			}
		}
	}
}
