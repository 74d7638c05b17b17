// Every rule with its limit and its source. "Measured" is on a virtual machine with two CPUs that others used
// too, a loop of malloc and free of 60 ms a process, unless it says otherwise; "chosen" is not measured.
#include "bench/doctor/doctor_internal.h"

#include <math.h>

enum {
  TIMES = HT_DOCTOR_WALL_TIME | HT_DOCTOR_CPU_TIME,
};

const struct ht_doctor_rule ht_doctor_rules[] = {
    // Who else uses the machine.
    {"load", HT_DOCTOR_WALL_TIME, "tasks that run or wait, over a minute, for each CPU: at most", 0.25,
     "measured: at 1.6 for each CPU wall time of a process is -5 to +106 % around its median, CPU time -5 to "
     "+2 %; the limit is chosen",
     "end what else runs, or wait until it is over; see top", doctor_look_load, false},
    {"others", HT_DOCTOR_WALL_TIME,
     "per cent of the CPUs that this process may use, taken by others now: at most", 5,
     "chosen: ten ticks of the kernel's clock on two CPUs in the second that is looked at",
     "end what else runs, or wait until it is over; see top", doctor_look_others, true},
    {"steal", TIMES, "per cent of CPU time that the host gave to others: at most", 1,
     "measured: what thirty pairs of runs detect in CPU time is 0.7 to 1.2 %",
     "measure in another hour or on another host; trust instruction counts", doctor_look_steal, true},

    // What the processor does by itself.
    {"virtual", TIMES, "no hypervisor", NAN,
     "from inside nobody sees what other guests do to caches and frequencies; how much that is was not "
     "measured",
     "trust instruction counts, then CPU time; wall time takes a machine of your own", doctor_look_virtual,
     false},
    {"clock", TIMES, "a clock that is read without entering the kernel", NAN,
     "measured: 29 ns of CPU time through the vDSO, 1.4 us through the kernel",
     "boot with clocksource=tsc if the processor's time stamp counter is reliable", doctor_look_clock, false},
    {"governor", TIMES, "every CPU's governor is performance", NAN,
     "LLVM, Benchmarking tips; Linux, admin-guide/pm/cpufreq.rst: every other one changes the frequency",
     "cpupower frequency-set -g performance (package linux-cpupower)", doctor_look_governor, true},
    {"boost", TIMES, "no frequencies that depend on heat and neighbours", NAN,
     "Linux, cpu-freq/boost.txt: with boost one thread's speed depends on the load of its package",
     "echo 0 >/sys/devices/system/cpu/cpufreq/boost, or echo 1 "
     ">/sys/devices/system/cpu/intel_pstate/no_turbo",
     doctor_look_boost, false},
    {"smt", TIMES, "a core runs one thread at a time", NAN,
     "LLVM, Benchmarking tips: siblings share a core's units and caches",
     "echo off >/sys/devices/system/cpu/smt/control, or leave the sibling of bench --cpu idle",
     doctor_look_smt, false},
    {"mitigations", 0, "nothing: to be known, as it makes calls of the kernel dearer, for all heaps alike",
     NAN, "Linux, admin-guide/hw-vuln", NULL, doctor_look_mitigations, false},
    {"counters", HT_DOCTOR_INSTRUCTIONS, "a process may count its instructions in hardware", NAN,
     "Linux, admin-guide/sysctl/kernel.rst: up to perf_event_paranoid 2; Debian's kernel refuses at 3",
     "sysctl kernel.perf_event_paranoid=2; where the host has no counters to give, bench --instructions "
     "counts "
     "with valgrind",
     doctor_look_counters, false},

    // Who runs when, and where.
    {"cpus", HT_DOCTOR_WALL_TIME, "CPUs that this process may use: at least", 2,
     "on one, mutators, a concurrent collector and the rest of the system take turns",
     "give the machine, container or cpuset two CPUs at least", doctor_look_cpus, false},
    {"cpu-quota", HT_DOCTOR_WALL_TIME, "no quota below the number of CPUs", NAN,
     "Linux, scheduler/sched-bwc.rst: who has used up his quota stands still until the period ends",
     "run outside the container, or without its limit on CPUs", doctor_look_quota, true},
    {"autogroup", HT_DOCTOR_WALL_TIME, "priorities hold between sessions", NAN,
     "measured: with sched_autogroup_enabled nice -20 changes nothing; chrt -f 50 does, wall time is then -1 "
     "to "
     "+3 %",
     "sysctl kernel.sched_autogroup_enabled=0", doctor_look_autogroup, false},
    {"real-time", HT_DOCTOR_WALL_TIME, "a real-time process is not stopped once a period", NAN,
     "Linux, scheduler/sched-rt-group.rst: 50 ms in a second are kept for others unless told otherwise",
     "sysctl kernel.sched_rt_runtime_us=-1, as long as runs are under chrt", doctor_look_realtime, false},
    {"isolation", HT_DOCTOR_WALL_TIME, "isolated CPUs that this process may use: at most", 1,
     "Linux, admin-guide/kernel-parameters.txt: nothing moves threads from one isolated CPU to another",
     "use a cpuset partition instead of isolcpus, or start heaptrial on the other CPUs and use bench --cpu",
     doctor_look_isolation, false},

    // What the kernel does with pages and addresses.
    {"huge-pages", TIMES | HT_DOCTOR_SPACE, "only who asks gets huge pages", NAN,
     "measured: the first touch of 4 KB costs 1.27 us, with huge pages 0.17 us: chance decides which heap is "
     "fast "
     "and large",
     "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled", doctor_look_huge_pages, false},
    {"huge-page-defrag", TIMES, "memory is not compacted while somebody waits for it without having asked",
     NAN, "Linux, admin-guide/mm/transhuge.rst", "echo madvise >/sys/kernel/mm/transparent_hugepage/defrag",
     doctor_look_huge_page_defrag, false},
    {"numa-balancing", TIMES, "pages stay where they are", NAN,
     "Linux, admin-guide/sysctl/kernel.rst: pages are unmapped to see who faults",
     "sysctl kernel.numa_balancing=0", doctor_look_numa, false},
    {"page-merging", TIMES | HT_DOCTOR_SPACE, "ksmd does not run", NAN,
     "Linux, admin-guide/mm/ksm.rst: it takes CPU time, and who writes a merged page faults",
     "echo 2 >/sys/kernel/mm/ksm/run", doctor_look_ksm, false},
    {"swap", HT_DOCTOR_WALL_TIME | HT_DOCTOR_SPACE, "nothing is swapped out", NAN,
     "a page that is out is not resident, and its next use waits for the disk",
     "free memory, then swapoff -a && swapon -a", doctor_look_swap, false},
    {"swappiness", HT_DOCTOR_WALL_TIME | HT_DOCTOR_SPACE, "where there is swap, vm.swappiness is at most", 0,
     "Linux, admin-guide/sysctl/vm.rst: only at 0 the heap's pages stay while there are others",
     "swapoff -a, or sysctl vm.swappiness=0", doctor_look_swappiness, false},
    {"memory", TIMES | HT_DOCTOR_FUZZING, "MB that are available: at least", 4096,
     "what heaptrial fuzz allows a target", "free memory", doctor_look_memory, false},
    {"memory-limit", TIMES | HT_DOCTOR_FUZZING, "MB that the control group allows: at least", 4096,
     "what heaptrial fuzz allows a target", "raise the container's limit on memory", doctor_look_memory_limit,
     false},
    {"address-space", HT_DOCTOR_FUZZING, "no limit on addresses", NAN,
     "measured: a program with AddressSanitizer has 20 TB of addresses", "ulimit -v unlimited",
     doctor_look_address_space, false},
    {"overcommit", HT_DOCTOR_FUZZING, "large reservations are not refused: vm.overcommit_memory is at most",
     1, "Linux, mm/overcommit-accounting.rst: at 2 a sanitizer's shadow or an arena counts as if it was used",
     "sysctl vm.overcommit_memory=0", doctor_look_overcommit, false},
    {"aslr", TIMES, "addresses are drawn anew for every process: randomize_va_space is at least", 2,
     "a fixed layout is one sample of all layouts, and no number of runs averages it out; at 1 that of brk "
     "stays",
     "sysctl kernel.randomize_va_space=2", doctor_look_aslr, false},
    {"mmap-bits", HT_DOCTOR_FUZZING, "unless clang-19 is here, vm.mmap_rnd_bits is at most", 28,
     "measured at 32, starts that fail with clang 14 and 16: address 20 to 33 %, memory 43 to 53 %, thread "
     "100 %; "
     "with clang 19 none",
     "sysctl vm.mmap_rnd_bits=28, or apt-get install clang-19", doctor_look_mmap_bits, false},

    // What is installed.
    {"core-pattern", HT_DOCTOR_FUZZING, "a crash is not piped to a program", NAN,
     "AFL++ refuses to start unless told otherwise: the program takes time, and a crash looks like a hang",
     "sysctl kernel.core_pattern=core", doctor_look_core_pattern, false},
    {"disk", HT_DOCTOR_RESULTS, "MB that are free where results go: at least", 1024,
     "measured: 200 nights of 10 000 series with all samples are 384 MB; a year of them",
     "free disk space, or keep results elsewhere with --db", doctor_look_disk, false},
    {"valgrind", HT_DOCTOR_INSTRUCTIONS, "installed", NAN, "bench --instructions", "apt-get install valgrind",
     doctor_look_program, false},
    {"hyperfine", HT_DOCTOR_WALL_TIME, "installed", NAN, "bench/macro/run", "apt-get install hyperfine",
     doctor_look_program, false},
    {"clang-19", HT_DOCTOR_FUZZING, "installed", NAN, "fuzz targets and sanitizers are built with it",
     "apt-get install clang-19", doctor_look_program, false},
    {"afl-fuzz", HT_DOCTOR_FUZZING, "installed", NAN, "fuzz --engine aflpp", "apt-get install afl++",
     doctor_look_program, false},
    {"llvm-symbolizer", HT_DOCTOR_FUZZING, "installed, or llvm-symbolizer-19 is", NAN,
     "a sanitizer's report names functions with its help only; Debian's clang 19 looks for both names",
     "apt-get install llvm-19", doctor_look_symbolizer, false},
    {"libjemalloc.so.2", HT_DOCTOR_PEERS, "installed", NAN, "--heap jemalloc", "apt-get install libjemalloc2",
     doctor_look_library, false},
    {"libmimalloc.so.2", HT_DOCTOR_PEERS, "installed", NAN, "--heap mimalloc",
     "apt-get install libmimalloc2.0", doctor_look_library, false},
    {"libtcmalloc_minimal.so.4", HT_DOCTOR_PEERS, "installed", NAN, "--heap tcmalloc",
     "apt-get install libtcmalloc-minimal4", doctor_look_library, false},
    {"python3", HT_DOCTOR_PEERS, "installed", NAN, "the real CPython as a peer", "apt-get install python3",
     doctor_look_program, false},
    {"go", HT_DOCTOR_PEERS, "installed", NAN, "the real Go as a peer", "apt-get install golang-go",
     doctor_look_program, false},
    {"chromium", 0, "nothing: it is for pictures of reports only", NAN, "docs/report.png", NULL,
     doctor_look_optional, false},
    {0},
};

_Static_assert(sizeof ht_doctor_rules / sizeof *ht_doctor_rules <= HT_DOCTOR_RULES_MAX,
               "a report has room for every rule");
