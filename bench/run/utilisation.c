// What pauses leave to the mutators.
#include "bench/run/run_internal.h"

#include <math.h>
#include <stdlib.h>

static int by_start(const void *one, const void *other) {
  const struct bench_pause *a = one, *b = other;
  return (a->start > b->start) - (a->start < b->start);
}

size_t bench_pauses_merge(struct bench_pause *pauses, size_t count, uint64_t start, uint64_t end) {
  size_t left = 0;
  qsort(pauses, count, sizeof *pauses, by_start);
  for (size_t i = 0; i < count; i++) {
    struct bench_pause p = pauses[i];
    if (p.start < start) p.start = start;
    if (p.end > end) p.end = end;
    if (p.start >= p.end) continue;
    p.start -= start;
    p.end -= start;
    if (left > 0 && p.start <= pauses[left - 1].end) {
      if (p.end > pauses[left - 1].end) pauses[left - 1].end = p.end;
    } else {
      pauses[left++] = p;
    }
  }
  return left;
}

// Goes along the pauses and knows the sum of those before it.
struct walk {
  const struct bench_pause *pauses;
  size_t count, at;
  uint64_t passed;
};

// How long the mutators stood still before a time, which never goes back.
static uint64_t paused_before(struct walk *w, uint64_t time) {
  for (; w->at < w->count && w->pauses[w->at].end <= time; w->at++)
    w->passed += w->pauses[w->at].end - w->pauses[w->at].start;
  bool inside = w->at < w->count && w->pauses[w->at].start < time;
  return w->passed + (inside ? time - w->pauses[w->at].start : 0);
}

double bench_utilisation(const struct bench_pause *pauses, size_t count, uint64_t window) {
  uint64_t most = 0, before = 0;
  struct walk walk = {pauses, count, 0, 0};
  for (size_t i = 0; i < count; before += pauses[i].end - pauses[i].start, i++) {
    uint64_t paused = paused_before(&walk, pauses[i].start + window) - before;
    if (paused > most) most = paused;
  }
  return 1 - (double)most / (double)window;
}

void bench_utilisation_add(const struct bench_pause *pauses, size_t count, uint64_t length,
                           struct ht_line *line) {
  static const struct {
    const char *metric;
    uint64_t window;
  } shown[] = {{"mmu_1ms", 1000000}, {"mmu_10ms", 10000000}, {"mmu_100ms", 100000000}};
  // Windows are powers of the fourth root of two, the same in every run; the last is the run.
  enum { AN_OCTAVE = 4, POINTS = 64 * AN_OCTAVE + 1 };
  double x[POINTS], y[POINTS];
  size_t points = 0;
  uint64_t longest = 0;
  for (size_t i = 0; i < count; i++)
    if (pauses[i].end - pauses[i].start > longest) longest = pauses[i].end - pauses[i].start;
  if (length == 0) return;
  for (size_t i = 0; i < sizeof shown / sizeof *shown && shown[i].window <= length; i++)
    ht_line_sample(line, shown[i].metric, "ratio", HT_LINE_HIGHER,
                   bench_utilisation(pauses, count, shown[i].window));
  // Up to the longest pause it is 0: one such point is enough.
  int octave = longest > 1 ? (int)floor(log2((double)longest) * AN_OCTAVE) : 0;
  for (; points < POINTS - 1; octave++) {
    double window = floor(exp2((double)octave / AN_OCTAVE));
    if (window >= (double)length) break;
    x[points] = window;
    y[points++] = bench_utilisation(pauses, count, (uint64_t)window);
  }
  x[points] = (double)length;
  y[points++] = bench_utilisation(pauses, count, length);
  ht_line_curve(line, "utilisation", "ns", "ratio", x, y, points);
}
