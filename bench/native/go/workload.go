// What a workload is, and how its mutators run it.
package main

import "sync"

// The parameters of a run; see bench/workloads/workload.h.
type parameters struct {
	seed, size, live, references, depth, mutators, operations uint64
}

// begin and end lie outside the measured region, body is it. One of these belongs to one mutator.
type workload interface {
	begin(*task)
	body(*task)
	end(*task)
}

// One mutator's share of a run.
type task struct {
	*parameters
	workload
	base        uint64 // operation k writes the word base + k
	done        uint64 // operations done, filling included where it is one
	allocations uint64
	checksum    uint64
	samples     []uint32 // times of single operations, outside the heap; the first `taken` are there
	taken       int
}

// These three are ht_mix, ht_task_base and ht_checksum_add of bench/workloads/task.h.
func mix(x uint64) uint64 {
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func taskBase(seed, number uint64) uint64 {
	return mix(seed*0x9e3779b97f4a7c15 + number + 1)
}

func (t *task) add(position, word uint64) {
	t.checksum += mix(word ^ mix(position))
}

// One mutator runs on this goroutine: nothing is in the region but the workload.
func run(tasks []*task) passed {
	if t := tasks[0]; len(tasks) == 1 {
		t.begin(t)
		before := read()
		t.body(t)
		after := read()
		t.end(t)
		return after.since(before)
	}
	together := func(step func(*task)) {
		var group sync.WaitGroup
		for _, t := range tasks {
			group.Add(1)
			go func(t *task) {
				defer group.Done()
				step(t)
			}(t)
		}
		group.Wait()
	}
	together(func(t *task) { t.begin(t) })
	before := read()
	together(func(t *task) { t.body(t) })
	after := read()
	together(func(t *task) { t.end(t) })
	return after.since(before)
}
