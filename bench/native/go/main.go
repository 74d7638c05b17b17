// The Go twin: the workloads as one writes them in Go, on Go's own heap.
//
//	twin-go WORKLOAD name=number...
//
// Runs a workload once and says on standard output what it measured, a word and a value a line; see ../README.md.
// Exit: 0 it ran, 2 usage, 3 there is no such workload here.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

var workloads = map[string]struct {
	create    func(*parameters) workload
	latencies bool // takes the time of each operation
}{
	"churn":        {create: newChurn},
	"binary-trees": {create: newBinaryTrees},
	"message-ring": {create: newMessageRing, latencies: true},
	"exchange":     {create: newExchange},
	"service":      {create: newService, latencies: true},
	"escape":       {create: newEscape},
	"rings":        {create: newRings},
	"graph":        {create: newGraph},
	"list":         {create: newList},
	"deep-tree":    {create: newDeepTree},
}

func fail(code int, format string, values ...any) {
	fmt.Fprintf(os.Stderr, "twin-go: "+format+"\n", values...)
	os.Exit(code)
}

func readParameters(words []string) *parameters {
	p := &parameters{}
	places := map[string]*uint64{
		"seed": &p.seed, "size": &p.size, "live": &p.live, "references": &p.references, "length": &p.length,
		"depth": &p.depth, "escape": &p.escape, "tasks": &p.tasks, "collections": &p.collections,
		"mutators": &p.mutators, "operations": &p.operations,
	}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		number, err := strconv.ParseUint(value, 10, 64)
		place, known := places[name]
		if err != nil || !known {
			fail(2, "%q is no parameter", word)
		}
		*place = number
	}
	if p.mutators < 1 { // of the workloads that know no others
		p.mutators = 1
	}
	return p
}

func main() {
	if len(os.Args) < 2 {
		fail(2, "usage: twin-go WORKLOAD name=number...")
	}
	chosen, known := workloads[os.Args[1]]
	if !known {
		fail(3, "%s is not written in Go", os.Args[1])
	}
	p := readParameters(os.Args[2:])
	samples := newSamples(p, chosen.latencies)
	resident := startSpace()
	crew := &crew{tasks: make([]*task, p.mutators)}
	for i := range crew.tasks {
		crew.tasks[i] = &task{parameters: p, crew: crew, number: uint64(i), base: taskBase(p.seed, uint64(i)),
			workload: chosen.create(p)}
	}
	crew.tasks[0].samples = samples
	passed := crew.run()
	peak := readStatus("VmHWM:")

	sum := task{}
	for _, t := range crew.tasks {
		sum.checksum += t.checksum
		sum.allocations += t.allocations
	}
	fmt.Println("runtime", runtime.Version())
	fmt.Println("checksum", sum.checksum)
	fmt.Println("allocations", sum.allocations)
	passed.say()
	if resident > 0 {
		fmt.Println("resident_bytes", resident)
		fmt.Println("peak_resident_bytes", peak)
	}
	for _, ns := range samples[:crew.tasks[0].taken] {
		fmt.Println("sample", ns)
	}
}
