/* Metrics in words. */
#include <string.h>

#include "results/report/report_internal.h"

static const struct {
  const char *metric, *title;
} titles[] = {
    {"cpu_per_op", "CPU time per operation"},
    {"wall_per_op", "Wall time per operation"},
    {"cpu", "CPU time of the process"},
    {"user_cpu", "CPU time in the program"},
    {"system_cpu", "CPU time in the kernel"},
    {"cpu_mean", "CPU time of the process, mean"},
    {"wall", "Wall time of the process"},
    {"operations", "Operations per second"},
    {"measured_operations", "Operations measured"},
    {"collector_share", "Collector\u2019s share of the CPU time"},
    {"instructions", "Instructions"},
    {"instructions_per_op", "Instructions per operation"},
    {"peak_resident", "Peak resident memory"},
    {"resident_over_live", "Resident over live memory"},
    {"resident_mean", "Resident memory, mean"},
    {"live_over_resident", "Live over resident memory"},
    {"page_faults", "Page faults"},
    {"major_faults", "Page faults that waited for a disk"},
    {"cycles", "Collection cycles"},
    {"pauses", "Pauses"},
    {"events_lost", "Events that were not kept"},
    {"pause_total", "Pauses, their sum"},
    {"mmu_1ms", "Mutator utilisation, worst 1 ms"},
    {"mmu_10ms", "Mutator utilisation, worst 10 ms"},
    {"mmu_100ms", "Mutator utilisation, worst 100 ms"},
    {"latency_samples", "Operations timed one by one"},
    {"push_max", "Longest push"},
    {"context_switches", "Context switches"},
    {"preemptions", "Pre-emptions"},
    {"foreign_load", "CPUs kept busy by others"},
    {"stolen_load", "CPUs withheld by the machine below"},
    {"load_1min", "Load of the last minute"},
    {"executions", "Executions until caught"},
    {"deviation", "Distance from the median"},
    {"pause_max", "Longest pause"},
    {"pause_p50", "Pause, median"},
    {"pause_p90", "Pause, 90th percentile"},
    {"pause_p99", "Pause, 99th percentile"},
    {"pause_p999", "Pause, 99.9th percentile"},
    {"pause_p9999", "Pause, 99.99th percentile"},
    {"pause_p99999", "Pause, 99.999th percentile"},
    {"pause_p999999", "Pause, 99.9999th percentile"},
    {"time_to_safepoint_max", "Longest time to safepoint"},
    {"time_to_safepoint_p50", "Time to safepoint, median"},
    {"time_to_safepoint_p90", "Time to safepoint, 90th percentile"},
    {"time_to_safepoint_p99", "Time to safepoint, 99th percentile"},
    {"time_to_safepoint_p999", "Time to safepoint, 99.9th percentile"},
    {"time_to_safepoint_p9999", "Time to safepoint, 99.99th percentile"},
    {"time_to_safepoint_p99999", "Time to safepoint, 99.999th percentile"},
    {"time_to_safepoint_p999999", "Time to safepoint, 99.9999th percentile"},
    {"latency_max", "Longest operation"},
    {"latency_p50", "Latency, median"},
    {"latency_p90", "Latency, 90th percentile"},
    {"latency_p99", "Latency, 99th percentile"},
    {"latency_p999", "Latency, 99.9th percentile"},
    {"latency_p9999", "Latency, 99.99th percentile"},
    {"latency_p99999", "Latency, 99.999th percentile"},
    {"latency_p999999", "Latency, 99.9999th percentile"},
};

const char *metric_title(const char *metric) {
  for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
    if (strcmp(titles[i].metric, metric) == 0) return titles[i].title;
  return metric;
}

const char *better_text(enum ht_line_better better) {
  switch (better) {
  case HT_LINE_LOWER:
    return "lower is better";
  case HT_LINE_HIGHER:
    return "higher is better";
  default:
    return "";
  }
}
