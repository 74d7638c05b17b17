// service: requests served by thousands of tasks beside a cache that lives. A task is a goroutine that waits for its
// requests; its session is on its stack. See bench/workloads/service.c.
package main

import "unsafe"

const (
	serviceParts          = 8
	servicePartWordsLeast = 2
	servicePartWordsMost  = 15
	serviceLife           = 8
	serviceRenews         = 16
)

type (
	session [8]uint64
	entry   [32]uint64
)

// A part has its reference first and its word last; parts of each size are a type of their own.
type part[A any] struct {
	before unsafe.Pointer
	words  A
}

func newPart[A any](before unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(&part[A]{before: before})
}

// By the number of words, from servicePartWordsLeast on.
var newParts = []func(unsafe.Pointer) unsafe.Pointer{
	newPart[[1]uint64], newPart[[2]uint64], newPart[[3]uint64], newPart[[4]uint64], newPart[[5]uint64],
	newPart[[6]uint64], newPart[[7]uint64], newPart[[8]uint64], newPart[[9]uint64], newPart[[10]uint64],
	newPart[[11]uint64], newPart[[12]uint64], newPart[[13]uint64], newPart[[14]uint64],
}

func partWords(mixed uint64, number int) uint64 {
	return servicePartWordsLeast + mixed>>(8*number)&255%(servicePartWordsMost-servicePartWordsLeast+1)
}

type service struct {
	cache   []*entry
	clients []chan struct{} // a request for each, or closed for the end
	served  chan struct{}
}

func newService(p *parameters) workload {
	return &service{served: make(chan struct{})}
}

func (s *service) begin(t *task) {
	s.cache = make([]*entry, t.live)
	t.allocations += 1 + t.live
	for place := range s.cache {
		s.cache[place] = &entry{0: uint64(place), 31: ^(t.base + uint64(place))}
	}
	count := t.tasks / t.mutators
	if t.number < t.tasks%t.mutators {
		count++
	}
	s.clients = make([]chan struct{}, count)
	for number := range s.clients {
		s.clients[number] = make(chan struct{})
		go s.client(t, uint64(number))
	}
}

// A task: serves requests until its life is over, and leaves its place to another one. One of them runs at a time.
func (s *service) client(t *task, number uint64) {
	var own *session
	requests := s.clients[number]
	for served := 0; served < serviceLife; served++ {
		if _, more := <-requests; !more {
			if own != nil {
				t.add(number, own[7])
			}
			s.served <- struct{}{}
			return
		}
		sum := s.serve(t)
		if own == nil {
			own = new(session)
			t.allocations++
		}
		own[7] += sum
		s.useCache(t)
		t.done++
		if served+1 == serviceLife {
			t.add(number, own[7])
			go s.client(t, number)
		}
		s.served <- struct{}{}
	}
}

func (s *service) serve(t *task) (sum uint64) {
	word := t.base + t.done
	x := mix(word)
	var chain unsafe.Pointer
	for j := 0; j < serviceParts; j++ {
		words := partWords(x, j)
		chain = newParts[words-servicePartWordsLeast](chain)
		*(*uint64)(unsafe.Add(chain, (words-1)*8)) = word + uint64(j)
		t.allocations++
	}
	for j := serviceParts - 1; j >= 0; j-- {
		sum += *(*uint64)(unsafe.Add(chain, (partWords(x, j)-1)*8))
		chain = *(*unsafe.Pointer)(chain)
	}
	t.add(1, sum)
	return sum
}

func (s *service) useCache(t *task) {
	word := t.base + t.done
	y := mix(mix(word))
	place := y % t.live
	old := s.cache[place]
	t.add(place, old[0])
	if y>>32%serviceRenews == 0 {
		s.cache[place] = &entry{0: place, 31: word}
		t.allocations++
		t.add(place, old[31])
	}
}

func (s *service) body(t *task) {
	before := uint64(0)
	if t.samplesWanted() {
		before = clock(clockProcessCPU)
	}
	for i := t.operations; i > 0; i-- {
		s.clients[t.done%uint64(len(s.clients))] <- struct{}{}
		<-s.served
		if t.samplesWanted() {
			before = t.sample(before)
		}
	}
}

func (s *service) end(t *task) {
	for _, requests := range s.clients {
		close(requests)
		<-s.served
	}
	for place, entry := range s.cache {
		t.add(uint64(place), entry[31])
	}
}
