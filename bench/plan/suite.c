// What the suites run.
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

bool ht_bench_suite(const char *suite, size_t index, char *text, size_t size) {
  if (strcmp(suite, "quick") != 0 && strcmp(suite, "full") != 0 && strcmp(suite, "instructions") != 0)
    return false;
  for (const struct ht_workload *workload = ht_workloads; workload->name; workload++)
    if (index-- == 0) return (size_t)snprintf(text, size, "%s", workload->name) < size;
  return false;
}
