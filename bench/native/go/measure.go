// Clocks, counters and what Go tells of its collector.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

const (
	clockMonotonic  = 1
	clockProcessCPU = 2
	samplesKept     = 1 << 20
)

// Straight to the kernel, as the C library does for the CPU clock.
func clock(which uintptr) uint64 {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, which, uintptr(unsafe.Pointer(&now)), 0)
	return uint64(now.Nano())
}

// The process's clocks and counters at one moment.
type reading struct {
	cpu, wall, faults, switches uint64
	collector                   []metrics.Sample
}

func read() reading {
	var usage syscall.Rusage
	r := reading{collector: []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/pauses:seconds"}}}
	metrics.Read(r.collector)
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(1, "getrusage: %v", err)
	}
	r.faults = uint64(usage.Minflt + usage.Majflt)
	r.switches = uint64(usage.Nvcsw + usage.Nivcsw)
	r.wall = clock(clockMonotonic)
	r.cpu = clock(clockProcessCPU)
	return r
}

// What passed between two readings.
type passed struct {
	reading
	cycles uint64
	pauses []uint64 // nanoseconds
}

func (after reading) since(before reading) passed {
	cycles := after.collector[0].Value.Uint64() - before.collector[0].Value.Uint64()
	return passed{reading{cpu: after.cpu - before.cpu, wall: after.wall - before.wall,
		faults: after.faults - before.faults, switches: after.switches - before.switches},
		cycles, pauses(before.collector[1].Value.Float64Histogram(), after.collector[1].Value.Float64Histogram())}
}

// Go counts its stops in buckets and keeps no single ones: each is told by the upper edge of its bucket, so none was
// longer.
func pauses(before, after *metrics.Float64Histogram) []uint64 {
	var all []uint64
	for i, count := range after.Counts {
		edge := after.Buckets[i+1]
		if math.IsInf(edge, 1) {
			edge = after.Buckets[i]
		}
		for count -= before.Counts[i]; count > 0; count-- {
			all = append(all, uint64(math.Ceil(edge*1e9)))
		}
	}
	return all
}

func (p passed) say() {
	fmt.Println("cpu_ns", p.cpu)
	fmt.Println("wall_ns", p.wall)
	fmt.Println("page_faults", p.faults)
	fmt.Println("context_switches", p.switches)
	fmt.Println("cycles", p.cycles)
	for _, ns := range p.pauses {
		fmt.Println("pause", ns)
	}
}

// Bytes of a line of /proc/self/status.
func readStatus(name string) uint64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fail(1, "%v", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			kilobytes, _ := strconv.ParseUint(fields[1], 10, 64)
			return kilobytes * 1024
		}
	}
	return 0
}

// What is resident now. From now on the peak is counted anew; 0: the kernel does not offer it.
func startSpace() uint64 {
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		return 0
	}
	return readStatus("VmRSS:")
}

// Room for times, outside the heap that is on trial and touched before anything is measured.
func newSamples(p *parameters, wanted bool) []uint32 {
	count := int(p.operations)
	if count > samplesKept {
		count = samplesKept
	}
	if !wanted || count == 0 {
		return nil
	}
	memory, err := syscall.Mmap(-1, 0, count*4, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_POPULATE)
	if err != nil {
		fail(1, "no memory for the samples: %v", err)
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(&memory[0])), count)
}
