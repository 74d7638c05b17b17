// Takes a plan apart, orders its runs and writes what comes of them.
#include "bench/native/native.h"
#include "bench/plan/plan_internal.h"
#include "process/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct runner {
  const struct ht_bench_plan *plan;
  struct ht_bench_summary *summary;
  struct ht_plugin_choice *choices;
  size_t choice_count;
  struct bench_pair *pairs;
  size_t pair_count;
  size_t done;
  double started;
  uint64_t random;
  char *error;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// SplitMix64; the order needs no better.
static uint64_t next_random(uint64_t *state) {
  uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static void shuffle(struct runner *r, size_t *order, size_t count) {
  for (size_t i = count; i > 1; i--) {
    size_t j = next_random(&r->random) % i, kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}

static bool over(const struct runner *r) {
  return ht_process_interrupted() ||
         (r->plan->total_seconds > 0 && now() - r->started >= r->plan->total_seconds);
}

// NAME or NAME:parameters.
static bool read_workload(const struct ht_bench_plan *plan, const char *text, struct bench_pair *pair,
                          char *error) {
  const char *colon = strchr(text, ':');
  char name[64];
  size_t length = colon ? (size_t)(colon - text) : strlen(text);
  snprintf(name, sizeof name, "%.*s", (int)length, text);
  pair->workload_text = text;
  pair->workload = ht_workload_find(name);
  if (!pair->workload) {
    snprintf(error, HT_ERROR_SIZE, "no workload \"%s\"", name);
    return false;
  }
  pair->params = pair->workload->initial;
  pair->params.seed = plan->seed;
  return !colon || ht_workload_params_read(pair->workload, colon + 1, &pair->params, error, HT_ERROR_SIZE);
}

static bool expand(struct runner *r) {
  const struct ht_bench_plan *plan = r->plan;
  if (!plan->heap_count || !plan->workload_count || !plan->replicates) {
    snprintf(r->error, HT_ERROR_SIZE, "nothing to run: a plan needs heaps, workloads and replicates");
    return false;
  }
  r->choices = calloc(plan->heap_count, sizeof *r->choices);
  r->pairs = calloc(plan->heap_count * plan->workload_count, sizeof *r->pairs);
  if (!r->choices || !r->pairs) {
    snprintf(r->error, HT_ERROR_SIZE, "no memory");
    return false;
  }
  for (; r->choice_count < plan->heap_count; r->choice_count++) {
    const char *heap = plan->heaps[r->choice_count];
    struct ht_plugin_choice *choice = &r->choices[r->choice_count];
    if (!(ht_native_is(heap) ? ht_native_choose : ht_plugin_choose)(heap, choice, r->error, HT_ERROR_SIZE))
      return false;
  }
  for (size_t w = 0; w < plan->workload_count; w++)
    for (size_t h = 0; h < plan->heap_count; h++) {
      struct bench_pair *pair = &r->pairs[r->pair_count++];
      *pair = (struct bench_pair){
          .plan = plan, .heap_text = plan->heaps[h], .choice = &r->choices[h], .left = plan->replicates};
      if (!read_workload(plan, plan->workloads[w], pair, r->error)) return false;
    }
  return true;
}

static void tell(struct runner *r, const struct bench_pair *pair, const struct ht_line *line) {
  struct ht_bench_progress progress = {.done = r->done,
                                       .total = r->pair_count * r->plan->replicates,
                                       .heap = pair->heap_text,
                                       .workload = pair->workload_text,
                                       .line = line};
  if (r->plan->progress) r->plan->progress(r->plan->context, &progress);
}

// Appends and counts the line and frees it. False: it could not be written.
static bool record(struct runner *r, const struct bench_pair *pair, struct ht_line *line) {
  struct ht_bench_summary *s = r->summary;
  size_t *const counts[] = {
      [HT_LINE_OK] = &s->ok,
      [HT_LINE_FAILED] = &s->failed,
      [HT_LINE_CRASHED] = &s->crashed,
      [HT_LINE_TIMEOUT] = &s->timed_out,
      [HT_LINE_CHECKSUM] = &s->checksum,
      [HT_LINE_NO_VERDICT] = &s->no_verdict,
  };
  if (!line) {
    snprintf(r->error, HT_ERROR_SIZE, "no memory");
    return false;
  }
  bool written = ht_line_append(line, r->plan->output, r->error) == 0;
  if (written) {
    ++*counts[line->status];
    tell(r, pair, line);
  }
  ht_line_free(line);
  return written;
}

// The pair is not run again.
static void give_up(struct runner *r, struct bench_pair *pair) {
  r->done += pair->left;
  pair->left = 0;
}

static bool prepare(struct runner *r, struct bench_pair *pair) {
  bool interrupted = false;
  struct ht_line *line = bench_calibrate(pair, &interrupted);
  if (interrupted) {
    ht_line_free(line);
    return true;
  }
  if (line) {
    r->summary->not_run += pair->left - 1;
    give_up(r, pair);
    return record(r, pair, line);
  }
  tell(r, pair, NULL);
  if (!r->plan->instructions || pair->params.mutators > 1) return true;
  line = bench_count(pair, &interrupted);
  if (!interrupted) return record(r, pair, line);
  ht_line_free(line);
  return true;
}

static bool run_pair(struct runner *r, struct bench_pair *pair) {
  bool interrupted;
  struct ht_line *line = bench_once(pair, &pair->params, BENCH_PLAIN, &interrupted);
  if (interrupted) {
    ht_line_free(line);
    return true;
  }
  pair->left--;
  r->done++;
  if (line && line->status != HT_LINE_OK) {
    r->summary->not_run += pair->left;
    give_up(r, pair);
  }
  return record(r, pair, line);
}

static bool run_all(struct runner *r) {
  bool written = true;
  size_t *order = malloc(r->pair_count * sizeof *order);
  if (!order) {
    snprintf(r->error, HT_ERROR_SIZE, "no memory");
    return false;
  }
  for (size_t i = 0; i < r->pair_count; i++) order[i] = i;
  for (size_t i = 0; written && i < r->pair_count && !over(r); i++) written = prepare(r, &r->pairs[i]);
  for (unsigned round = 0; written && round < r->plan->replicates; round++) {
    shuffle(r, order, r->pair_count);
    for (size_t i = 0; written && i < r->pair_count && !over(r); i++)
      if (r->pairs[order[i]].left > 0) written = run_pair(r, &r->pairs[order[i]]);
  }
  free(order);
  for (size_t i = 0; i < r->pair_count; i++) r->summary->not_run += r->pairs[i].left;
  return written;
}

int ht_bench_run(const struct ht_bench_plan *plan, struct ht_bench_summary *summary, char *error) {
  struct runner r = {
      .plan = plan, .summary = summary, .started = now(), .random = plan->seed, .error = error};
  int status;
  *summary = (struct ht_bench_summary){0};
  *error = 0;
  if (!expand(&r))
    status = 2;
  else if (!run_all(&r))
    status = 3;
  else if (summary->failed || summary->crashed || summary->timed_out || summary->checksum)
    status = 1;
  else if (summary->ok)
    status = 0;
  else {
    snprintf(error, HT_ERROR_SIZE, "nothing was measured");
    status = 3;
  }
  while (r.choice_count > 0) ht_plugin_choice_free(&r.choices[--r.choice_count]);
  free(r.pairs);
  free(r.choices);
  return status;
}
