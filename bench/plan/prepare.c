// What happens before the first round: lengths, warming up, counts.
#include "bench/native/native.h"
#include "bench/plan/plan_internal.h"

// A run that was to prepare the pair did not end well. False: its line could not be written.
static bool failed(struct bench_runner *r, struct bench_pair *pair, struct ht_line *line, bool interrupted) {
  if (!interrupted) {
    if (pair->left) bench_give_up(r, pair, true);
    return bench_record(r, pair, line);
  }
  ht_line_free(line);
  return true;
}

// The `count` pairs of one workload all get the parameters of the shortest.
static void take_shortest(struct bench_pair *pairs, size_t count, bool counted) {
  struct ht_workload_expectation shortest = {0}, e;
  size_t least = count;
  for (size_t i = 0; i < count; i++) {
    if (counted ? !pairs[i].counted : !pairs[i].left) continue;
    pairs[i].workload->expect(counted ? &pairs[i].count_params : &pairs[i].params, 1, &e);
    if (least == count || e.operations < shortest.operations) {
      shortest = e;
      least = i;
    }
  }
  for (size_t i = 0; i < count && least < count; i++) {
    if (counted)
      pairs[i].count_params = pairs[least].count_params;
    else
      pairs[i].params = pairs[least].params;
  }
}

static bool warm_up(struct bench_runner *r, struct bench_pair *pair) {
  bool interrupted = false;
  for (unsigned i = 0; i < r->plan->warmups && pair->left && !bench_over(r); i++) {
    struct ht_line *line = bench_once(pair, &pair->params, BENCH_PLAIN, NULL, &interrupted);
    if (!line || interrupted || line->status != HT_LINE_OK) return failed(r, pair, line, interrupted);
    bench_params_of(pair, line, &pair->params);
    ht_line_free(line);
  }
  return true;
}

static bool prepare_times(struct bench_runner *r, struct bench_pair *pairs, size_t count) {
  bool interrupted = false, written = true;
  for (size_t i = 0; written && i < count && !bench_over(r); i++) {
    struct ht_line *line = bench_calibrate(&pairs[i], BENCH_PLAIN, &pairs[i].params, &interrupted);
    if (line)
      written = failed(r, &pairs[i], line, interrupted);
    else
      bench_tell(r, &pairs[i], NULL);
  }
  if (r->plan->paired) take_shortest(pairs, count, false);
  for (size_t i = 0; written && i < count; i++) written = warm_up(r, &pairs[i]);
  // A heap that never frees takes a shorter run than it was told to, and shows only now.
  if (r->plan->paired) take_shortest(pairs, count, false);
  return written;
}

static bool count_all(struct bench_runner *r, struct bench_pair *pairs, size_t count) {
  bool interrupted = false, written = true;
  for (size_t i = 0; written && i < count && !bench_over(r); i++) {
    if (!pairs[i].counted) continue;
    struct ht_line *line = bench_once(&pairs[i], &pairs[i].count_params, BENCH_COUNTED, NULL, &interrupted);
    if (interrupted) {
      ht_line_free(line);
      return true;
    }
    if (r->plan->only_instructions) {
      pairs[i].left = 0;
      r->done++;
    }
    written = bench_record(r, &pairs[i], line);
  }
  return written;
}

static bool prepare_counts(struct bench_runner *r, struct bench_pair *pairs, size_t count) {
  bool interrupted = false, written = true;
  for (size_t i = 0; written && i < count && !bench_over(r); i++) {
    // Threads of one process run in an order of valgrind's own.
    pairs[i].counted = pairs[i].left && pairs[i].count_params.mutators == 1;
    if (!pairs[i].counted) continue;
    struct ht_line *line = bench_calibrate(&pairs[i], BENCH_COUNTED, &pairs[i].count_params, &interrupted);
    if (!line) continue;
    pairs[i].counted = false;
    // What is slow or breaks under valgrind can still be timed.
    if (r->plan->only_instructions)
      written = failed(r, &pairs[i], line, interrupted);
    else if (interrupted)
      ht_line_free(line);
    else
      written = bench_record(r, &pairs[i], line);
  }
  if (r->plan->paired) take_shortest(pairs, count, true);
  return written && count_all(r, pairs, count);
}

static bool watch_all(struct bench_runner *r, struct bench_pair *pairs, size_t count) {
  bool interrupted = false, written = true;
  for (size_t i = 0; written && i < count && !bench_over(r); i++) {
    if (!pairs[i].left || ht_native_is(pairs[i].heap_text)) continue;
    struct ht_line *line = bench_once(&pairs[i], &pairs[i].params, BENCH_WATCHED, NULL, &interrupted);
    // Without a verdict it was the watching that failed.
    if (interrupted || !line || (line->status != HT_LINE_OK && line->status != HT_LINE_NO_VERDICT))
      written = failed(r, &pairs[i], line, interrupted);
    else
      written = bench_record(r, &pairs[i], line);
  }
  return written;
}

bool bench_prepare(struct bench_runner *r) {
  const struct ht_bench_plan *plan = r->plan;
  bool written = true;
  for (size_t w = 0; written && w < plan->workload_count; w++) {
    struct bench_pair *pairs = &r->pairs[w * plan->heap_count];
    if (!plan->only_instructions) written = prepare_times(r, pairs, plan->heap_count);
    if (written && plan->over_time) written = watch_all(r, pairs, plan->heap_count);
    if (written && (plan->instructions || plan->only_instructions))
      written = prepare_counts(r, pairs, plan->heap_count);
  }
  return written;
}
