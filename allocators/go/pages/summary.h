// A summary in one word: three counts of 21 bits. A wholly free entry of the root has 2^21 pages, which 21
// bits do not hold: that one is the word's top bit alone.
//
//   63  62       42 41       21 20        0
//   [ ] [   end   ] [   max   ] [  start  ]
#ifndef GO_SUMMARY_H
#define GO_SUMMARY_H

#include <stdint.h>

typedef uint64_t go_summary;

enum { GO_SUMMARY_BITS = 21 };
#define GO_SUMMARY_MAX ((uint64_t)1 << GO_SUMMARY_BITS)
#define GO_SUMMARY_WHOLE ((go_summary)1 << 63)

struct go_runs {
  uint64_t start, max, end;
};

static inline go_summary go_summary_pack(struct go_runs runs) {
  if (__builtin_expect(runs.max == GO_SUMMARY_MAX, 0)) return GO_SUMMARY_WHOLE;
  return runs.start | runs.max << GO_SUMMARY_BITS | runs.end << 2 * GO_SUMMARY_BITS;
}

static inline struct go_runs go_summary_unpack(go_summary summary) {
  const uint64_t mask = GO_SUMMARY_MAX - 1;
  if (__builtin_expect(summary == GO_SUMMARY_WHOLE, 0))
    return (struct go_runs){GO_SUMMARY_MAX, GO_SUMMARY_MAX, GO_SUMMARY_MAX};
  return (struct go_runs){summary & mask, summary >> GO_SUMMARY_BITS & mask,
                          summary >> 2 * GO_SUMMARY_BITS & mask};
}

#endif
