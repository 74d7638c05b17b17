// Google Benchmark over the workloads of one heap. An iteration is one operation of the workload; the heap is
// created anew, filled and read back around the timed loop, and a run that did not prove its work is an error
// without times.
#include <benchmark/benchmark.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

extern "C" {
#include "bench/workloads/workload.h"
}

namespace {

struct Timed {
  benchmark::State *state;
  uint64_t operations; // each time the region is entered
};

uint64_t around(void *context, void (*region)(void *), void *argument) {
  auto *timed = static_cast<Timed *>(context);
  uint64_t entries = 0;
  for (; timed->state->KeepRunningBatch(static_cast<benchmark::IterationCount>(timed->operations)); entries++)
    ht_measured_region(region, argument);
  return entries;
}

const char *provider() {
  const char *found = heaptrial_heap.provider ? heaptrial_heap.provider() : nullptr;
  return found ? found : "";
}

size_t runs, failures;

void run(benchmark::State &state, const ht_workload *workload, ht_workload_params params) {
  ht_workload_expectation once;
  ht_workload_result result;
  ht_heap *heap;
  char message[200] = "the heap gave no reason";
  ht_config config = {};
  config.message = message;
  config.message_size = sizeof message;
  workload->expect(&params, 1, &once);
  Timed timed = {&state, once.operations};
  runs++;
  if (heaptrial_heap.create(&config, &heap) != HT_OK) {
    failures++;
    state.SkipWithError(message);
    return;
  }
  const ht_workload_job what = {workload, &ht_workloads_direct, heap, params, nullptr, around, &timed};
  ht_workload_run(&what, &result);
  heaptrial_heap.destroy(heap);
  if (result.status != HT_WORKLOAD_OK) {
    failures++;
    state.SkipWithError(result.reason);
    return;
  }
  state.SetItemsProcessed(static_cast<int64_t>(result.operations));
  state.counters["allocations"] = static_cast<double>(result.allocations);
  state.SetLabel(*provider() ? provider() : heaptrial_heap.name);
}

void add(const char *name, const char *params_text) {
  const ht_workload *workload = ht_workload_find(name);
  ht_workload_params params = workload->initial;
  char message[200];
  params.seed = 1;
  if (!ht_workload_params_read(workload, params_text, &params, message, sizeof message)) {
    std::fprintf(stderr, "micro: %s\n", message);
    std::exit(2);
  }
  std::string full = name;
  for (const char *const *param = ht_workload_param_names; *param; param++)
    if (ht_workload_param_uses(workload, *param))
      full += "/" + std::string(*param) + ":" + std::to_string(ht_workload_param_get(&params, *param));
  auto *registered = benchmark::RegisterBenchmark(
      full.c_str(), [=](benchmark::State &state) { run(state, workload, params); });
  if (heaptrial_heap.capabilities & (HT_COLLECTS | HT_RELEASES)) return;
  // What never frees is run as long as the memory that may be spent on it lasts.
  ht_workload_expectation once;
  workload->expect(&params, 1, &once);
  uint64_t entries = HT_WORKLOAD_NEVER_FREED_BYTES / once.bytes;
  registered->Iterations(static_cast<benchmark::IterationCount>((entries ? entries : 1) * once.operations));
}

} // namespace

// Beside Google Benchmark's own: --expect-provider=TEXT, as the bench programs have it.
int main(int argc, char **argv) {
  static const char expect[] = "--expect-provider=";
  const char *wanted = "";
  int kept = 1;
  for (int i = 1; i < argc; i++)
    if (std::strncmp(argv[i], expect, sizeof expect - 1) == 0)
      wanted = argv[i] + sizeof expect - 1;
    else
      argv[kept++] = argv[i];
  argv[argc = kept] = nullptr;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (!std::strstr(provider(), wanted)) {
    std::fprintf(stderr, "%s: allocations are served by %s, not by %s\n", argv[0], provider(), wanted);
    return 3;
  }
  benchmark::AddCustomContext("heap", heaptrial_heap.name);
  benchmark::AddCustomContext("provider", provider());
  for (const char *size : {"size=16", "size=64", "size=256"})
    for (const char *references : {",references=0", ",references=1"})
      add("churn", (std::string(size) + references + ",operations=4096").c_str());
  add("binary-trees", "depth=8");
  add("message-ring", "live=1024,operations=1024");
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (failures) return 1;
  return runs ? 0 : 3;
}
