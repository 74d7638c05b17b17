// Takes a plan apart, orders its runs and writes what comes of them.
#include "bench/native/native.h"
#include "bench/plan/plan_internal.h"
#include "process/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char ht_bench_planted_heap[] = HEAPTRIAL_BENCH_DIRECTORY "/libplanted.so";

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

static void shuffle(struct bench_runner *r, size_t *order, size_t count) {
  for (size_t i = 0; i < count; i++) order[i] = i;
  for (size_t i = count; i > 1; i--) {
    size_t j = next_random(&r->random) % i, kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}

bool bench_over(const struct bench_runner *r) {
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

static bool expand(struct bench_runner *r) {
  const struct ht_bench_plan *plan = r->plan;
  if (!plan->heap_count || !plan->workload_count || !plan->replicates) {
    snprintf(r->error, HT_ERROR_SIZE, "nothing to run: a plan needs heaps, workloads and replicates");
    return false;
  }
  if (plan->in_step && !(plan->paired && plan->heap_count == 2)) {
    snprintf(r->error, HT_ERROR_SIZE, "in step run the two heaps of a pair: HEAP HEAP");
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
  // What is compared with each other is called the same way.
  bool through_table = false;
  for (size_t h = 0; plan->paired && h < plan->heap_count; h++)
    through_table |= !ht_native_is(plan->heaps[h]) && !bench_has_program(&r->choices[h]);
  for (size_t w = 0; w < plan->workload_count; w++)
    for (size_t h = 0; h < plan->heap_count; h++) {
      struct bench_pair *pair = &r->pairs[r->pair_count++];
      *pair = (struct bench_pair){.plan = plan,
                                  .heap_text = plan->heaps[h],
                                  .choice = &r->choices[h],
                                  .left = plan->only_instructions ? 1 : plan->replicates};
      if (!read_workload(plan, plan->workloads[w], pair, r->error)) return false;
      pair->count_params = pair->params;
      pair->through_table = through_table;
    }
  return true;
}

void bench_tell(struct bench_runner *r, const struct bench_pair *pair, const struct ht_line *line) {
  struct ht_bench_progress progress = {.done = r->done,
                                       .total = r->pair_count *
                                                (r->plan->only_instructions ? 1 : r->plan->replicates),
                                       .heap = pair->heap_text,
                                       .heap_index = (size_t)(pair - r->pairs) % r->plan->heap_count,
                                       .workload = pair->workload_text,
                                       .line = line};
  if (r->plan->progress) r->plan->progress(r->plan->context, &progress);
}

// Appends and counts the line and frees it. False: it could not be written.
bool bench_record(struct bench_runner *r, const struct bench_pair *pair, struct ht_line *line) {
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
    bench_tell(r, pair, line);
  }
  ht_line_free(line);
  return written;
}

void bench_give_up(struct bench_runner *r, struct bench_pair *pair, bool with_result) {
  r->summary->not_run += pair->left - with_result;
  r->done += pair->left;
  pair->left = 0;
}

static struct bench_place place_of(struct bench_runner *r, unsigned round, size_t place) {
  return (struct bench_place){.round = round + 1,
                              .place = (unsigned)place + 1,
                              .padding = next_random(&r->random) % (BENCH_PADDING_MOST + 1)};
}

static bool take(struct bench_runner *r, struct bench_pair *pair, struct ht_line *line, bool interrupted) {
  if (interrupted) {
    ht_line_free(line);
    return true;
  }
  if (line && line->status != HT_LINE_OK && pair->failed++ >= r->plan->failures) {
    bench_give_up(r, pair, true);
  } else {
    pair->left--;
    r->done++;
  }
  return bench_record(r, pair, line);
}

static bool run_pair(struct bench_runner *r, struct bench_pair *pair, unsigned round, size_t place) {
  bool interrupted;
  struct bench_place where = place_of(r, round, place);
  struct ht_line *line = bench_once(pair, &pair->params, BENCH_PLAIN, &where, &interrupted);
  return take(r, pair, line, interrupted);
}

static bool run_in_step(struct bench_runner *r, struct bench_pair *const pairs[2], unsigned round) {
  bool interrupted, written = true;
  const struct bench_place places[2] = {place_of(r, round, 0), place_of(r, round, 1)};
  struct ht_line *lines[2];
  bench_in_step((const struct bench_pair *const *)pairs, places, lines, &interrupted);
  for (size_t i = 0; i < 2; i++) {
    if (written)
      written = take(r, pairs[i], lines[i], interrupted);
    else
      ht_line_free(lines[i]);
  }
  return written;
}

// Workload after workload, each on all heaps back to back.
static bool run_round(struct bench_runner *r, unsigned round, size_t *workloads, size_t *heaps) {
  size_t heap_count = r->plan->heap_count;
  bool written = true;
  shuffle(r, workloads, r->plan->workload_count);
  for (size_t w = 0; w < r->plan->workload_count; w++) {
    struct bench_pair *pairs = &r->pairs[workloads[w] * heap_count];
    shuffle(r, heaps, heap_count);
    // Several mutators have no turns to take.
    if (r->plan->in_step && pairs[0].params.mutators == 1) {
      struct bench_pair *const two[2] = {&pairs[heaps[0]], &pairs[heaps[1]]};
      if (written && two[0]->left && two[1]->left && !bench_over(r)) written = run_in_step(r, two, round);
      continue;
    }
    for (size_t h = 0; written && h < heap_count && !bench_over(r); h++)
      if (pairs[heaps[h]].left > 0) written = run_pair(r, &pairs[heaps[h]], round, h);
  }
  return written;
}

static bool run_all(struct bench_runner *r) {
  size_t *workloads = malloc(r->plan->workload_count * sizeof *workloads);
  size_t *heaps = malloc(r->plan->heap_count * sizeof *heaps);
  bool written = workloads && heaps;
  if (!written) snprintf(r->error, HT_ERROR_SIZE, "no memory");
  written = written && bench_prepare(r);
  unsigned rounds = r->plan->only_instructions ? 0 : r->plan->replicates;
  for (unsigned round = 0; written && round < rounds && !bench_over(r); round++)
    written = run_round(r, round, workloads, heaps);
  free(heaps);
  free(workloads);
  for (size_t i = 0; i < r->pair_count; i++) r->summary->not_run += r->pairs[i].left;
  return written;
}

int ht_bench_run(const struct ht_bench_plan *plan, struct ht_bench_summary *summary, char *error) {
  struct bench_runner r = {
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
