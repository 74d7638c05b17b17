// What is made of numbers: the histogram, percentiles and their rule, utilisation, the event stream.
#include "bench/run/run_internal.h"
#include "bench/test/check.h"

#include <math.h>
#include <string.h>

static struct ht_line *new_line(void) {
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, "heap", "workload");
  CHECK(line, "no memory");
  return line;
}

static double value_of(const struct ht_line *line, const char *metric) {
  const struct ht_line_measure *measure = ht_line_find(line, metric);
  CHECK(measure && measure->sample_count == 1, "%s", metric);
  return measure->samples[0];
}

// The places that HdrHistogram gives these values with three digits.
static void try_places(void) {
  static const struct {
    uint64_t value, lowest;
    size_t place;
  } known[] = {
      {0, 0, 0}, {2047, 2047, 2047}, {4096, 4096, 3072}, {100000, 99968, 7706}, {3600000000, 0, 23220}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    CHECK(bench_histogram_place(known[i].value) == known[i].place, "%llu",
          (unsigned long long)known[i].value);
    if (known[i].lowest)
      CHECK(bench_histogram_highest(known[i].place - 1) == known[i].lowest - 1, "%zu", known[i].place);
  }
  CHECK(bench_histogram_place(UINT64_MAX) == BENCH_PLACES - 1, "%zu", bench_histogram_place(UINT64_MAX));
  CHECK(bench_histogram_highest(BENCH_PLACES - 1) == UINT64_MAX, "the last place");
  for (size_t place = 0; place < BENCH_PLACES; place++) {
    uint64_t lowest = place ? bench_histogram_highest(place - 1) + 1 : 0,
             highest = bench_histogram_highest(place);
    CHECK(bench_histogram_place(lowest) == place && bench_histogram_place(highest) == place, "%zu", place);
    CHECK(highest - lowest <= lowest / 1000, "%zu: %llu to %llu", place, (unsigned long long)lowest,
          (unsigned long long)highest);
  }
}

// 1 ... n: every percentile is known.
static struct ht_line *line_of_first(uint64_t n) {
  static struct bench_histogram histogram;
  struct ht_line *line = new_line();
  memset(&histogram, 0, sizeof histogram);
  for (uint64_t value = n; value > 0; value--) bench_histogram_add(&histogram, value);
  bench_histogram_add_measures(&histogram, "latency", line);
  bench_histogram_draw(&histogram, "latency", line);
  return line;
}

static void try_percentiles(void) {
  static const struct {
    uint64_t needed;
    const char *metric;
    double share;
  } rules[] = {{20, "latency_p50", .5},
               {100, "latency_p90", .9},
               {1000, "latency_p99", .99},
               {10000, "latency_p999", .999},
               {100000, "latency_p9999", .9999}};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    struct ht_line *few = line_of_first(rules[i].needed - 1), *enough = line_of_first(rules[i].needed);
    CHECK(!ht_line_find(few, rules[i].metric), "%s of too few", rules[i].metric);
    double right = round((double)rules[i].needed * rules[i].share), value = value_of(enough, rules[i].metric);
    CHECK(value >= right && value <= right * 1.001, "%s: %g, not %g", rules[i].metric, value, right);
    CHECK(value_of(enough, "latency_max") == (double)rules[i].needed, "%s", rules[i].metric);
    const struct ht_line_curve *curve = ht_line_find_curve(enough, "latency");
    CHECK(curve && curve->x[0] == 1 && curve->y[0] == 1, "%s", rules[i].metric);
    CHECK(curve->x[curve->count - 1] * BENCH_VALUES_ABOVE <= (double)rules[i].needed, "%g of %llu",
          curve->x[curve->count - 1], (unsigned long long)rules[i].needed);
    for (size_t k = 1; k < curve->count; k++) CHECK(curve->y[k] >= curve->y[k - 1], "point %zu falls", k);
    ht_line_free(few);
    ht_line_free(enough);
  }
  struct ht_line *none = line_of_first(0);
  CHECK(none->measure_count == 0 && none->curve_count == 0, "percentiles of nothing");
  ht_line_free(none);
}

// Of pauses as they came, at any time: is one of them there?
static double by_looking_everywhere(const struct bench_pause *pauses, size_t count, uint64_t begin,
                                    uint64_t length, uint64_t window) {
  uint64_t most = 0;
  for (uint64_t start = begin; start + window <= begin + length; start++) {
    uint64_t paused = 0;
    for (uint64_t t = start; t < start + window; t++) {
      bool stopped = false;
      for (size_t i = 0; i < count; i++) stopped |= t >= pauses[i].start && t < pauses[i].end;
      paused += stopped;
    }
    if (paused > most) most = paused;
  }
  return 1 - (double)most / (double)window;
}

static void try_utilisation(void) {
  enum { BEGIN = 10, LENGTH = 100, PAUSES = 8, RUNS = 100 };
  struct bench_pause as_told[PAUSES];
  static const struct {
    uint64_t window;
    double utilisation;
  } known[] = {{1, 0}, {2, 0}, {5, 0}, {8, .25}, {10, .4}, {50, .84}, {100, .91}};
  // Out of order, one inside another, one that overlaps, one outside: what is left are the four of the run.
  struct bench_pause pauses[PAUSES] = {{1090, 1091}, {1010, 1012}, {1050, 1051}, {1053, 1056},
                                       {1055, 1058}, {1054, 1055}, {900, 1000},  {1100, 1200}};
  size_t count = bench_pauses_merge(pauses, PAUSES, 1000, 1100);
  CHECK(count == 4, "%zu pauses", count);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    double utilisation = bench_utilisation(pauses, count, known[i].window);
    CHECK(fabs(utilisation - known[i].utilisation) < 1e-12, "%llu: %g", (unsigned long long)known[i].window,
          utilisation);
  }
  uint64_t random = 1;
  for (int run = 0; run < RUNS; run++) {
    for (size_t i = 0; i < PAUSES; i++) {
      random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      pauses[i].start = (random >> 33) % (LENGTH + 20);
      pauses[i].end = pauses[i].start + (random >> 50) % 12;
    }
    memcpy(as_told, pauses, sizeof pauses);
    count = bench_pauses_merge(pauses, PAUSES, BEGIN, BEGIN + LENGTH);
    for (uint64_t window = 1; window <= LENGTH; window++) {
      double quick = bench_utilisation(pauses, count, window),
             slow = by_looking_everywhere(as_told, PAUSES, BEGIN, LENGTH, window);
      CHECK(fabs(quick - slow) < 1e-12, "run %d, window %llu: %g, not %g", run, (unsigned long long)window,
            quick, slow);
    }
  }
}

static void tell(struct ht_bench_events *events, enum ht_event_kind kind, uint64_t start, uint64_t end,
                 uint64_t value) {
  struct ht_event_sink sink = ht_bench_events_sink(events);
  struct ht_event event = {.kind = kind, .start = start, .end = end, .value = value};
  sink.event(sink.context, &event);
}

enum { SECOND = 1000000000, MILLISECOND = 1000000 };

// One pause of 5 ms in a region of a second, 3 ms after it was asked for; more of them before and after.
static void try_region(void) {
  struct ht_bench_events events;
  struct ht_line *line = new_line();
  CHECK(ht_bench_events_open(&events), "no memory");
  tell(&events, HT_EVENT_PAUSE, 1, SECOND / 2, 7);
  ht_bench_events_region(&events, SECOND);
  tell(&events, HT_EVENT_MAPPED, SECOND, SECOND, 4096);
  tell(&events, HT_EVENT_PAUSE, SECOND + 100 * MILLISECOND, SECOND + 105 * MILLISECOND, 3 * MILLISECOND);
  tell(&events, HT_EVENT_CYCLE, SECOND + 90 * MILLISECOND, SECOND + 110 * MILLISECOND, 0);
  ht_bench_events_region_end(&events, 2u * SECOND);
  tell(&events, HT_EVENT_PAUSE, 2u * SECOND, 2u * SECOND + SECOND / 2, 7);
  CHECK(events.count == 4, "%zu events kept", events.count);
  ht_bench_events_measure(&events, line);
  CHECK(value_of(line, "pauses") == 1 && value_of(line, "cycles") == 1, "others were counted too");
  CHECK(value_of(line, "pause_max") == 5 * MILLISECOND && value_of(line, "pause_total") == 5 * MILLISECOND,
        "%g", value_of(line, "pause_max"));
  CHECK(value_of(line, "time_to_safepoint_max") == 3 * MILLISECOND, "time to safepoint");
  CHECK(!ht_line_find(line, "events_lost"), "none was lost");
  CHECK(value_of(line, "mmu_1ms") == 0 && fabs(value_of(line, "mmu_10ms") - .5) < 1e-12 &&
            fabs(value_of(line, "mmu_100ms") - .95) < 1e-12,
        "%g %g", value_of(line, "mmu_10ms"), value_of(line, "mmu_100ms"));
  const struct ht_line_curve *curve = ht_line_find_curve(line, "utilisation");
  CHECK(curve && curve->x[curve->count - 1] == SECOND, "the curve ends with the run");
  CHECK(curve->y[0] == 0 && curve->x[0] <= 5 * MILLISECOND && curve->x[1] > 5 * MILLISECOND, "%g %g",
        curve->x[0], curve->x[1]);
  CHECK(fabs(curve->y[curve->count - 1] - .995) < 1e-12, "%g", curve->y[curve->count - 1]);
  ht_line_free(line);
  ht_bench_events_close(&events);
}

// A stream that was cut says how much of it is missing, and nothing that needs all of it.
static void try_lost(void) {
  enum { LOST = 5 };
  struct ht_bench_events events;
  struct ht_line *line = new_line();
  CHECK(ht_bench_events_open(&events), "no memory");
  ht_bench_events_region(&events, SECOND);
  for (uint64_t i = 0; i < events.capacity + LOST; i++)
    tell(&events, HT_EVENT_PAUSE, SECOND + 100 * i, SECOND + 100 * i + 10, 0);
  ht_bench_events_region_end(&events, 2u * SECOND);
  for (int i = 0; i < LOST; i++) tell(&events, HT_EVENT_CYCLE, 0, 0, 0);
  ht_bench_events_measure(&events, line);
  CHECK(value_of(line, "events_lost") == LOST, "%g were lost", value_of(line, "events_lost"));
  static const char *const needing[] = {"cycles", "pauses", "pause_total", "mmu_1ms"};
  for (size_t i = 0; i < sizeof needing / sizeof *needing; i++)
    CHECK(!ht_line_find(line, needing[i]), "%s of a stream that was cut", needing[i]);
  CHECK(!ht_line_find_curve(line, "utilisation"), "utilisation of a stream that was cut");
  CHECK(value_of(line, "pause_p50") == 10, "%g", value_of(line, "pause_p50"));
  ht_line_free(line);

  // The room was used up before the region began.
  line = new_line();
  ht_bench_events_region(&events, 3u * SECOND);
  tell(&events, HT_EVENT_PAUSE, 3u * SECOND, 3u * SECOND + 10, 0);
  ht_bench_events_region_end(&events, UINT64_C(4) * SECOND);
  ht_bench_events_measure(&events, line);
  CHECK(value_of(line, "events_lost") == 1 && !ht_line_find(line, "pause_max"), "one was lost");
  ht_line_free(line);
  ht_bench_events_close(&events);
}

// Nothing is made of pauses whose times are of another clock, nor of a region in which nothing happened.
static void try_no_utilisation(void) {
  for (int pauses = 0; pauses < 2; pauses++) {
    struct ht_bench_events events;
    struct ht_line *line = new_line();
    CHECK(ht_bench_events_open(&events), "no memory");
    ht_bench_events_region(&events, 2u * SECOND);
    if (pauses) tell(&events, HT_EVENT_PAUSE, 10, 20, 0);
    ht_bench_events_region_end(&events, 3u * SECOND);
    ht_bench_events_measure(&events, line);
    CHECK(value_of(line, "pauses") == pauses, "%g pauses", value_of(line, "pauses"));
    CHECK(!ht_line_find(line, "mmu_1ms") && !ht_line_find_curve(line, "utilisation"), "%d pauses", pauses);
    CHECK(!pauses || value_of(line, "pause_max") == 10, "its length is right all the same");
    ht_line_free(line);
    ht_bench_events_close(&events);
  }
}

static void try_samples(void) {
  enum { SAMPLES = 1000 };
  static uint32_t ns[SAMPLES];
  struct ht_workload_samples samples = {ns, SAMPLES, SAMPLES};
  struct ht_line *line = new_line();
  for (uint32_t i = 0; i < SAMPLES; i++) ns[i] = i * 1000;
  ht_bench_add_samples(line, &samples);
  CHECK(value_of(line, "latency_samples") == SAMPLES && value_of(line, "latency_max") == 999000, "%g",
        value_of(line, "latency_max"));
  double p99 = value_of(line, "latency_p99");
  CHECK(p99 >= 989000 && p99 <= 989000 * 1.001, "%g", p99);
  CHECK(!ht_line_find(line, "latency_p999"), "p99.9 of 1000 samples");
  ht_line_free(line);
}

// What passed between two readings; what a reading does not tell is not made up.
static void try_readings(void) {
  struct ht_bench_reading before = {.wall_ns = 10, .cpu_ns = 20, .page_faults = 3, .context_switches = 4},
                          after = {.wall_ns = 10 + SECOND,
                                   .cpu_ns = 20 + SECOND / 2,
                                   .page_faults = 10,
                                   .context_switches = 9};
  struct ht_line *line = new_line();
  ht_bench_add_times(line, &before, &after, 1000);
  CHECK(value_of(line, "cpu_per_op") == SECOND / 2000 && value_of(line, "wall") == SECOND, "times");
  CHECK(value_of(line, "page_faults") == 7 && value_of(line, "context_switches") == 5, "counts");
  static const char *const untold[] = {"user_cpu", "system_cpu", "major_faults", "preemptions",
                                       "foreign_load"};
  for (size_t i = 0; i < sizeof untold / sizeof *untold; i++)
    CHECK(!ht_line_find(line, untold[i]), "%s was not told", untold[i]);
  ht_line_free(line);

  line = new_line();
  before.apart = after.apart = true;
  before.machine_ns = SECOND;
  after.machine_ns = 3 * (uint64_t)SECOND;
  after.stolen_ns = SECOND / 4;
  after.user_ns = 7;
  after.system_ns = 8;
  after.major_faults = 2;
  after.preemptions = 1;
  ht_bench_add_times(line, &before, &after, 1000);
  CHECK(value_of(line, "user_cpu") == 7 && value_of(line, "system_cpu") == 8, "user and system");
  CHECK(value_of(line, "major_faults") == 2 && value_of(line, "preemptions") == 1, "parts of the counts");
  CHECK(value_of(line, "foreign_load") == 1.5 && value_of(line, "stolen_load") == .25, "%g",
        value_of(line, "foreign_load"));
  ht_line_free(line);
}

int main(void) {
  try_places();
  try_percentiles();
  try_utilisation();
  try_region();
  try_lost();
  try_no_utilisation();
  try_samples();
  try_readings();
  return 0;
}
