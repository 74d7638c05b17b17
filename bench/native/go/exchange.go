// exchange: objects of many sizes, replaced at random in arrays that pass from mutator to mutator. See
// bench/workloads/exchange.c.
package main

import "unsafe"

const (
	exchangePhases     = 16
	exchangeWordsLeast = 2
)

type exchange struct {
	array []*uint64
}

func newExchange(*parameters) workload {
	return &exchange{}
}

func (*exchange) make(t *task, word uint64) *uint64 {
	words := exchangeWordsLeast + (mix(word)>>32)%(t.size/8-exchangeWordsLeast+1)
	object := make([]uint64, words)
	object[0] = words
	object[words-1] = word
	t.allocations++
	return &object[0]
}

func (*exchange) count(t *task, place uint64, object *uint64) {
	t.add(place, unsafe.Slice(object, *object)[*object-1])
}

func (x *exchange) begin(t *task) {
	x.array = make([]*uint64, t.live)
	t.allocations++
	for place := range x.array {
		x.array[place] = x.make(t, t.base+t.done)
		t.done++
	}
}

func (x *exchange) body(t *task) {
	for phase := uint64(0); phase < exchangePhases; phase++ {
		t.crew.meet()
		array := t.crew.tasks[(t.number+phase)%t.mutators].workload.(*exchange).array
		for i := t.operations*(phase+1)/exchangePhases - t.operations*phase/exchangePhases; i > 0; i-- {
			word := t.base + t.done
			place := mix(word) & 0xffffffff % t.live
			object := x.make(t, word)
			old := array[place]
			array[place] = object
			x.count(t, place, old)
			t.done++
		}
	}
}

func (x *exchange) end(t *task) {
	for place, object := range x.array {
		x.count(t, uint64(place), object)
	}
}
