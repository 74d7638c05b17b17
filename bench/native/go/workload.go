// What a workload is, and how its mutators run it.
package main

import (
	"math"
	"sync"
)

// The parameters of a run; see bench/workloads/workload.h.
type parameters struct {
	seed, size, live, references, length, depth, escape, tasks, collections, mutators, operations uint64
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
	crew        *crew
	number      uint64 // of the mutator
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

// Whether there is room for the time of one more operation.
func (t *task) samplesWanted() bool {
	return t.taken < len(t.samples)
}

// Keeps the time since `before` and returns the time now.
func (t *task) sample(before uint64) uint64 {
	now := clock(clockProcessCPU)
	length := now - before
	if length > math.MaxUint32 {
		length = math.MaxUint32
	}
	t.samples[t.taken] = uint32(length)
	t.taken++
	return now
}

// All mutators of a run.
type crew struct {
	tasks             []*task
	lock              sync.Mutex
	met               *sync.Cond
	waiting, meetings int
}

// One mutator runs on this goroutine: nothing is in the region but the workload.
func (c *crew) run() passed {
	c.met = sync.NewCond(&c.lock)
	c.together(func(t *task) { t.begin(t) })
	before := read()
	c.together(func(t *task) { t.body(t) })
	after := read()
	c.together(func(t *task) { t.end(t) })
	return after.since(before)
}

func (c *crew) together(step func(*task)) {
	if len(c.tasks) == 1 {
		step(c.tasks[0])
		return
	}
	var group sync.WaitGroup
	group.Add(len(c.tasks))
	for _, t := range c.tasks {
		go func(t *task) {
			defer group.Done()
			step(t)
		}(t)
	}
	group.Wait()
}

// Waits until all mutators of the run are here.
func (c *crew) meet() {
	if len(c.tasks) == 1 {
		return
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	meeting := c.meetings
	if c.waiting++; c.waiting == len(c.tasks) {
		c.waiting = 0
		c.meetings++
		c.met.Broadcast()
	}
	for c.meetings == meeting {
		c.met.Wait()
	}
}
