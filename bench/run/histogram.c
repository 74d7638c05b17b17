// Counts of times, and percentiles of them.
#include "bench/run/run_internal.h"

#include <stdio.h>

enum { HALF = 1 << BENCH_HALF_BITS };

size_t bench_histogram_place(uint64_t value) {
  unsigned bits = 64 - (unsigned)__builtin_clzll(value | (2 * HALF - 1)), shift = bits - BENCH_HALF_BITS - 1;
  return ((size_t)(shift + 1) << BENCH_HALF_BITS) + (size_t)(value >> shift) - HALF;
}

uint64_t bench_histogram_highest(size_t place) {
  if (place < 2 * HALF) return place;
  unsigned shift = (unsigned)(place >> BENCH_HALF_BITS) - 1;
  uint64_t lowest = (uint64_t)(place % HALF + HALF) << shift;
  return lowest + ((UINT64_C(1) << shift) - 1);
}

void bench_histogram_add(struct bench_histogram *h, uint64_t value) {
  h->counts[bench_histogram_place(value)]++;
  h->total++;
  if (value > h->largest) h->largest = value;
}

uint64_t bench_histogram_at(const struct bench_histogram *h, uint64_t rank) {
  size_t place = 0;
  for (uint64_t seen = h->counts[0]; seen < rank; seen += h->counts[place]) place++;
  uint64_t highest = bench_histogram_highest(place);
  return highest < h->largest ? highest : h->largest;
}

// Nearest rank of the percentile that leaves one in `above` above it. False: too few values to say.
static bool rank_of(const struct bench_histogram *h, double above, uint64_t *rank) {
  if ((double)h->total < BENCH_VALUES_ABOVE * above) return false;
  *rank = h->total - (uint64_t)((double)h->total / above);
  if (*rank == 0) *rank = 1;
  return true;
}

void bench_histogram_add_measures(const struct bench_histogram *h, const char *name, struct ht_line *line) {
  static const struct {
    const char *percentile;
    double above;
  } shown[] = {{"p50", 2},       {"p90", 10},     {"p99", 100},    {"p999", 1000},
               {"p9999", 10000}, {"p99999", 1e5}, {"p999999", 1e6}};
  char metric[64];
  uint64_t rank;
  if (!h->total) return;
  for (size_t i = 0; i < sizeof shown / sizeof *shown && rank_of(h, shown[i].above, &rank); i++) {
    snprintf(metric, sizeof metric, "%s_%s", name, shown[i].percentile);
    ht_line_sample(line, metric, "ns", HT_LINE_LOWER, (double)bench_histogram_at(h, rank));
  }
  snprintf(metric, sizeof metric, "%s_max", name);
  ht_line_sample(line, metric, "ns", HT_LINE_LOWER, (double)h->largest);
}

void bench_histogram_draw(const struct bench_histogram *h, const char *name, struct ht_line *line) {
  enum { POINTS = 4 * 64 };
  static const double step = 1.189207115002721; // the fourth root of 2
  double x[POINTS], y[POINTS], above = 1;
  uint64_t rank;
  size_t count = 0;
  for (; count < POINTS && rank_of(h, above, &rank); count++, above *= step) {
    x[count] = above;
    y[count] = (double)bench_histogram_at(h, rank);
  }
  if (count > 0) ht_line_curve(line, name, "", "ns", x, y, count);
}
