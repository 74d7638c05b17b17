// message-ring: messages pushed into one large ring of references, each push on the clock. See
// bench/workloads/message_ring.c.
package main

import "unsafe"

type messageRing struct {
	ring []*uint64
}

func newMessageRing(p *parameters) workload {
	return &messageRing{}
}

func (r *messageRing) push(t *task) {
	message := make([]uint64, t.size/8)
	for i := range message {
		message[i] = t.base + t.done
	}
	r.ring[t.done%t.live] = &message[0]
	t.done++
	t.allocations++
}

func (r *messageRing) begin(t *task) {
	r.ring = make([]*uint64, t.live)
	t.allocations++
	for range r.ring {
		r.push(t)
	}
}

func (r *messageRing) body(t *task) {
	i, before := uint64(0), clock(clockProcessCPU)
	for ; i < t.operations && t.samplesWanted(); i++ {
		r.push(t)
		before = t.sample(before)
	}
	for ; i < t.operations; i++ {
		r.push(t)
	}
}

func (r *messageRing) end(t *task) {
	words := t.size / 8
	for place, message := range r.ring {
		for i, word := range unsafe.Slice(message, words) {
			t.add(uint64(place)*words+uint64(i), word)
		}
	}
}
