#ifndef FUZZ_PROGRAM_RANDOM_H
#define FUZZ_PROGRAM_RANDOM_H

// The random numbers of generation and mutation: a function of the seed alone, on every machine. SplitMix64
// (Steele, Lea, Flood, OOPSLA 2014): one word of state, any seed is a good one, and a generator costs
// nothing to start, which matters as the engines ask for a mutation with a fresh seed each time.

#include <stdbool.h>
#include <stdint.h>

struct ht_random {
  uint64_t state;
};

static inline uint64_t ht_random_next(struct ht_random *random) {
  uint64_t word = random->state += 0x9e3779b97f4a7c15;
  word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
  word = (word ^ word >> 27) * 0x94d049bb133111eb;
  return word ^ word >> 31;
}

// 0..bound-1; 0 if bound is 0.
static inline uint32_t ht_random_below(struct ht_random *random, uint32_t bound) {
  return (uint32_t)((ht_random_next(random) >> 32) * bound >> 32);
}

// first..last, both included.
static inline uint32_t ht_random_between(struct ht_random *random, uint32_t first, uint32_t last) {
  return first + ht_random_below(random, last - first + 1);
}

// Once in `times`.
static inline bool ht_random_once_in(struct ht_random *random, uint32_t times) {
  return ht_random_below(random, times) == 0;
}

// 1..limit, every power of two as likely as every other.
static inline uint32_t ht_random_logarithmic(struct ht_random *random, uint32_t limit) {
  uint32_t bits = 31 - (uint32_t)__builtin_clz(limit);
  uint32_t value = (1u << ht_random_between(random, 0, bits));
  value += ht_random_below(random, value);
  return value < limit ? value : limit;
}

#endif
