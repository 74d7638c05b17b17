// escape: short-lived objects, of which some reach the heap and the others stay on the stack. See
// bench/workloads/escape.c.
package main

type object [8]uint64

type escape struct {
	slot *object // what is stored here is on the heap
}

func newEscape(*parameters) workload {
	return &escape{}
}

// Not inlined, so that the object has to be in memory.
//
//go:noinline
func (o *object) use(word uint64) (sum uint64) {
	for i := range o {
		o[i] = word + uint64(i)
	}
	for _, word := range o {
		sum += word
	}
	return sum
}

func (*escape) begin(*task) {}

func (e *escape) body(t *task) {
	for word, end := t.base, t.base+t.operations; word != end; word++ {
		var sum uint64
		if mix(word)%100 < t.escape {
			e.slot = new(object)
			sum = e.slot.use(word)
			e.slot = nil
			t.allocations++
		} else {
			var local object
			sum = local.use(word)
		}
		t.add(0, sum)
	}
}

func (*escape) end(*task) {}
