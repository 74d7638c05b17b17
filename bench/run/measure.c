// One workload on one heap, with the clocks around it.
#include "bench/run/run_internal.h"

#include "allocators/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// Times of single pushes that are kept: 8 MB of them.
enum { SAMPLES_KEPT = 1 << 21 };
// The kernel counts the machine's time in steps of 10 ms: what is shorter than some of them shows nothing.
static const double FOREIGN_SEEN_NS = 50e6;

struct clocked {
  struct ht_heap *heap;
  struct ht_bench_events *events;
  struct bench_watch *watch; // NULL: nobody looks on
  struct bench_look looks[BENCH_LOOKS];
  size_t look_count;
  struct ht_bench_reading before, after;
  struct ht_statistics statistics_before, statistics_after;
};

static uint64_t around(void *context, void (*region)(void *argument), void *argument) {
  struct clocked *clocked = context;
  clocked->heap->table->statistics(clocked->heap, &clocked->statistics_before);
  if (clocked->watch) bench_watch_begin(clocked->watch);
  ht_bench_read_before(&clocked->before);
  ht_bench_events_region(clocked->events, clocked->before.wall_ns);
  ht_measured_region(region, argument);
  ht_bench_read_after(&clocked->after);
  ht_bench_events_region_end(clocked->events, clocked->after.wall_ns);
  if (clocked->watch) clocked->look_count = bench_watch_end(clocked->watch, clocked->looks);
  clocked->heap->table->statistics(clocked->heap, &clocked->statistics_after);
  return 1;
}

static void add_parts(struct ht_line *line, const struct ht_bench_reading *before,
                      const struct ht_bench_reading *after) {
  ht_line_sample(line, "user_cpu", "ns", HT_LINE_LOWER, (double)(after->user_ns - before->user_ns));
  ht_line_sample(line, "system_cpu", "ns", HT_LINE_LOWER, (double)(after->system_ns - before->system_ns));
  ht_line_sample(line, "major_faults", "count", HT_LINE_LOWER,
                 (double)(after->major_faults - before->major_faults));
  ht_line_sample(line, "preemptions", "count", HT_LINE_NONE,
                 (double)(after->preemptions - before->preemptions));
}

// What the machine did less what this process did.
static void add_foreign(struct ht_line *line, const struct ht_bench_reading *before,
                        const struct ht_bench_reading *after) {
  double wall = (double)(after->wall_ns - before->wall_ns);
  double machine = (double)(after->machine_ns - before->machine_ns),
         own = (double)(after->cpu_ns - before->cpu_ns);
  ht_line_sample(line, "foreign_load", "cpus", HT_LINE_NONE, machine > own ? (machine - own) / wall : 0);
  ht_line_sample(line, "stolen_load", "cpus", HT_LINE_NONE,
                 (double)(after->stolen_ns - before->stolen_ns) / wall);
  ht_line_sample(line, "load_1min", "count", HT_LINE_NONE, after->load);
}

void ht_bench_add_times(struct ht_line *line, const struct ht_bench_reading *before,
                        const struct ht_bench_reading *after, uint64_t operations) {
  double cpu = (double)(after->cpu_ns - before->cpu_ns);
  double wall = (double)(after->wall_ns - before->wall_ns);
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, cpu / (double)operations);
  ht_line_sample(line, "wall_per_op", "ns", HT_LINE_LOWER, wall / (double)operations);
  ht_line_sample(line, "cpu", "ns", HT_LINE_LOWER, cpu);
  ht_line_sample(line, "wall", "ns", HT_LINE_LOWER, wall);
  if (wall > 0) ht_line_sample(line, "operations", "1/s", HT_LINE_HIGHER, (double)operations * 1e9 / wall);
  ht_line_sample(line, "page_faults", "count", HT_LINE_LOWER,
                 (double)(after->page_faults - before->page_faults));
  ht_line_sample(line, "context_switches", "count", HT_LINE_NONE,
                 (double)(after->context_switches - before->context_switches));
  if (after->apart) add_parts(line, before, after);
  if (after->machine_ns && wall >= FOREIGN_SEEN_NS) add_foreign(line, before, after);
}

static void add_collector_share(struct ht_line *line, const struct clocked *clocked) {
  double cpu = (double)(clocked->after.cpu_ns - clocked->before.cpu_ns);
  uint64_t before = clocked->statistics_before.collector_ns, after = clocked->statistics_after.collector_ns;
  if ((clocked->heap->table->capabilities & HT_COLLECTS) && before != HT_UNKNOWN && after != HT_UNKNOWN &&
      cpu > 0)
    ht_line_sample(line, "collector_share", "ratio", HT_LINE_LOWER, (double)(after - before) / cpu);
}

void ht_bench_add_space(struct ht_line *line, const struct ht_bench_reading *baseline,
                        const struct ht_bench_reading *end, uint64_t live_bytes) {
  if (!baseline->resident_bytes || end->peak_resident_bytes < baseline->resident_bytes) return;
  double peak = (double)(end->peak_resident_bytes - baseline->resident_bytes);
  ht_line_sample(line, "peak_resident", "bytes", HT_LINE_LOWER, peak);
  ht_line_sample(line, "resident_over_live", "ratio", HT_LINE_LOWER, peak / (double)live_bytes);
}

// Operations follow one another without a timetable, so that a late one delays none: there is no omission to
// put right.
void ht_bench_add_samples(struct ht_line *line, const struct ht_workload_samples *samples) {
  static struct bench_histogram latencies;
  if (!samples->count) return;
  memset(&latencies, 0, sizeof latencies);
  for (size_t i = 0; i < samples->count; i++) bench_histogram_add(&latencies, samples->ns[i]);
  ht_line_sample(line, "latency_samples", "count", HT_LINE_NONE, (double)samples->count);
  bench_histogram_add_measures(&latencies, "latency", line);
  bench_histogram_draw(&latencies, "latency", line);
}

void ht_bench_add_params(struct ht_line *line, const struct ht_bench_arguments *a) {
  for (const char *const *name = ht_workload_param_names; *name; name++)
    if (ht_workload_param_uses(a->workload, *name))
      ht_line_param_number(line, *name, (int64_t)ht_workload_param_get(&a->params, *name));
  ht_line_param(line, "calls", a->set->calls);
  for (size_t i = 0; i < a->setting_count; i++)
    if (strcmp(a->settings[i].name, "provider") != 0)
      ht_line_param_text(line, a->settings[i].name, "%s", a->settings[i].value);
  ht_line_seed(line, a->params.seed);
}

// 0, or the exit code with the line saying why.
static int prove_provider(const struct ht_bench_arguments *a, const struct ht_heap_table *table,
                          struct ht_line *line) {
  const char *provider = table->provider ? table->provider() : NULL;
  ht_line_variant(line, a->variant ? a->variant : "", provider ? provider : "");
  if (!a->provider || (provider && strstr(provider, a->provider))) return 0;
  ht_line_fail(line, HT_LINE_NO_VERDICT, "allocations are served by %s, not by %s",
               provider ? provider : "the heap itself", a->provider);
  return 3;
}

// What a run that ended well has to tell, while the heap is still there. The peak comes first: what is made
// of the rest takes memory too.
static void add_measures(struct ht_line *line, const struct ht_bench_arguments *a,
                         const struct clocked *clocked, const struct ht_bench_reading *baseline,
                         bool peak_known, const struct ht_workload_samples *samples,
                         const struct ht_workload_result *result) {
  struct ht_bench_reading end;
  ht_bench_read_before(&end);
  if (a->counting) return;
  if (a->over_time) {
    if (clocked->look_count)
      bench_watch_add(clocked->looks, clocked->look_count, &clocked->before, &clocked->after,
                      baseline->resident_bytes, result->live_bytes, line);
    else
      ht_line_fail(line, HT_LINE_NO_VERDICT, "the process that watches memory was lost");
    return;
  }
  if (peak_known) ht_bench_add_space(line, baseline, &end, result->live_bytes);
  ht_bench_add_times(line, &clocked->before, &clocked->after, result->operations);
  add_collector_share(line, clocked);
  ht_bench_add_samples(line, samples);
}

static int judge(const struct ht_workload_result *result, struct ht_line *line) {
  ht_line_checksum(line, result->checksum);
  ht_line_allocations(line, result->allocations);
  switch (result->status) {
  case HT_WORKLOAD_OK:
    ht_line_sample(line, "measured_operations", "count", HT_LINE_NONE, (double)result->operations);
    return line->status == HT_LINE_OK ? 0 : 3;
  case HT_WORKLOAD_FAILED:
    ht_line_fail(line, HT_LINE_FAILED, "%s", result->reason);
    return 1;
  case HT_WORKLOAD_CHECKSUM:
    ht_line_fail(line, HT_LINE_CHECKSUM, "%s", result->reason);
    return 1;
  case HT_WORKLOAD_CANNOT:
    break;
  }
  ht_line_fail(line, HT_LINE_NO_VERDICT, "%s", result->reason);
  return 3;
}

static int run_on_heap(const struct ht_bench_arguments *a, const struct ht_heap_table *table,
                       struct ht_workload_samples *samples, struct ht_bench_events *events,
                       struct bench_watch *watch, struct ht_line *line) {
  char message[256] = "";
  // A heap from elsewhere may know no memory but what it is handed.
  struct ht_config config = {.memory = base_memory_os(),
                             .settings = a->settings,
                             .setting_count = a->setting_count,
                             .sink = ht_bench_events_sink(events),
                             .message = message,
                             .message_size = sizeof message};
  struct clocked clocked = {.events = events, .watch = watch};
  struct ht_bench_reading baseline;
  struct ht_workload_result result;

  bool peak_known = ht_bench_peak_restart();
  ht_bench_read_before(&baseline);
  enum ht_status status = table->create(&config, &clocked.heap);
  if (status != HT_OK) {
    ht_line_fail(line, status == HT_NO_MEMORY ? HT_LINE_FAILED : HT_LINE_NO_VERDICT, "no heap: %s",
                 *message ? message : "it gave no reason");
    return status == HT_NO_MEMORY ? 1 : 3;
  }
  struct ht_workload_job run = {.workload = a->workload,
                                .set = a->set,
                                .heap = clocked.heap,
                                .params = a->params,
                                .samples = samples,
                                .around = around,
                                .context = &clocked};
  ht_workload_run(&run, &result);
  if (result.status == HT_WORKLOAD_OK)
    add_measures(line, a, &clocked, &baseline, peak_known, samples, &result);
  table->destroy(clocked.heap);
  if (result.status == HT_WORKLOAD_OK && !a->counting && !a->over_time) ht_bench_events_measure(events, line);
  return judge(&result, line);
}

static int run_watched(const struct ht_bench_arguments *a, const struct ht_heap_table *table,
                       struct ht_workload_samples *samples, struct ht_bench_events *events,
                       struct ht_line *line) {
  struct bench_watch watch;
  if (!a->over_time) return run_on_heap(a, table, samples, events, NULL, line);
  if (!bench_watch_open(&watch)) {
    ht_line_fail(line, HT_LINE_NO_VERDICT, "no process that watches memory: %s", strerror(errno));
    return 3;
  }
  int status = run_on_heap(a, table, samples, events, &watch, line);
  bench_watch_close(&watch);
  return status;
}

int ht_bench_measure(const struct ht_bench_arguments *a, const struct ht_heap_table *table,
                     struct ht_line *line) {
  struct ht_bench_events events;
  struct ht_workload_samples samples = {.capacity = SAMPLES_KEPT};
  int status = prove_provider(a, table, line);
  ht_bench_add_params(line, a);
  if (status) return status;
  // Latencies are taken on the clock of the process, where several mutators would add each other's time.
  bool latencies = a->workload->latencies && a->params.mutators == 1;
  if (!latencies) samples.capacity = 0;
  if (samples.capacity > a->params.operations) samples.capacity = a->params.operations;
  if (samples.capacity) {
    samples.ns = mmap(NULL, samples.capacity * sizeof *samples.ns, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (samples.ns == MAP_FAILED) {
      ht_line_fail(line, HT_LINE_FAILED, "no memory for %zu samples", samples.capacity);
      return 1;
    }
  }
  if (!ht_bench_events_open(&events)) {
    ht_line_fail(line, HT_LINE_FAILED, "no memory for the events");
    status = 1;
  } else {
    events.all = a->events_path != NULL;
    status = run_watched(a, table, &samples, &events, line);
    if (status == 0 && a->events_path && ht_bench_events_write(&events, a->events_path)) {
      ht_line_fail(line, HT_LINE_FAILED, "cannot write %s: %s", a->events_path, strerror(errno));
      status = 1;
    }
    ht_bench_events_close(&events);
  }
  if (samples.capacity) munmap(samples.ns, samples.capacity * sizeof *samples.ns);
  return status;
}
