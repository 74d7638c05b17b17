#ifndef BENCH_NATIVE_LIMITS_LIMITS_H
#define BENCH_NATIVE_LIMITS_LIMITS_H

// bench-limit: what no heap can be faster than, each limit the workloads written once more with nothing but
// the work that cannot be left out. Private to bench/native/limits.
//
// The one idea: a limit is a way of calling like others, a set of workloads that the same code runs and
// checks. Only the bandwidth of memory has no objects; it measures for itself.

#include "bench/run/run.h"

extern const struct ht_workload_set ht_workloads_bump, ht_workloads_freelist, ht_workloads_marker_plain,
    ht_workloads_marker_prefetch;

// Reading, writing and copying of a working set that no cache holds. The line's time for an operation is that
// of writing the bytes that the workload asks for in one.
int limit_bandwidth(const struct ht_bench_arguments *arguments, const struct ht_heap_table *table,
                    struct ht_line *line);

#endif
