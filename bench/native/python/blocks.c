// bench-python-blocks: small blocks of the Python heap's obmalloc beside those of the real CPython, in one
// process that turns from one to the other.
//
//   bench-python-blocks [LINES]               CPU time; a table, and result lines appended to LINES
//   bench-python-blocks --only WAY PATTERN SIZE  one of them, once, for a tool that counts instructions:
//     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='run_*' bench-python-blocks
//     ...
//
// The ways: `cpython` is PyObject_Malloc and PyObject_Free, `inline` obmalloc_take and obmalloc_give of a
// size that the compiler knows, `outline` their twins out of line, whose free finds the block by its address
// as PyObject_Free has to.
//
// The patterns: `pairs` takes a block and gives it back, where another of its size lives; `alone` does so
// where none does, so that a pool comes from its arena and goes back each time; `batches` takes 64 and gives
// them back, the last first; `ring` has 4096 and gives back the oldest for each it takes. The first word of
// each block is written. Loops and stores are in the figures of all ways alike.
#include "allocators/python/invariants.h"
#include "allocators/python/obmalloc/obmalloc.h"
#include "bench/native/python/samples.h"
#include "line/line.h"

#include <stdio.h>
#include <string.h>

void *PyObject_Malloc(size_t bytes);
void PyObject_Free(void *block);

enum { OPERATIONS = 1 << 18, BATCH = 64, RING = 4096, ROUNDS = 15 };

struct blocks {
  struct obmalloc o;
  void *live[RING];
};

static inline void touch(void *block) {
  *(volatile uint64_t *)block = 1;
}

// A way with one size and one pattern is a function of its own, as it would be in a program.
#define PATTERNS(way, size, TAKE, GIVE)                                                \
  static __attribute__((noinline)) void run_pairs_##way##_##size(struct blocks *b) {   \
    for (unsigned i = 0; i < OPERATIONS; i++) {                                        \
      void *block = TAKE(b, size);                                                     \
      touch(block);                                                                    \
      GIVE(b, block, size);                                                            \
    }                                                                                  \
  }                                                                                    \
  static __attribute__((noinline)) void run_batches_##way##_##size(struct blocks *b) { \
    for (unsigned i = 0; i < OPERATIONS / BATCH; i++) {                                \
      for (unsigned k = 0; k < BATCH; k++) touch(b->live[k] = TAKE(b, size));          \
      for (unsigned k = BATCH; k-- > 0;) GIVE(b, b->live[k], size);                    \
    }                                                                                  \
  }                                                                                    \
  static __attribute__((noinline)) void run_ring_##way##_##size(struct blocks *b) {    \
    for (unsigned i = 0; i < OPERATIONS; i++) {                                        \
      void **slot = &b->live[i % RING];                                                \
      GIVE(b, *slot, size);                                                            \
      touch(*slot = TAKE(b, size));                                                    \
    }                                                                                  \
  }

#define CPYTHON_TAKE(b, size) ((void)(b), PyObject_Malloc(size))
#define CPYTHON_GIVE(b, block, size) PyObject_Free(block)
#define INLINE_TAKE(b, size) obmalloc_take(&(b)->o, size)
#define INLINE_GIVE(b, block, size) obmalloc_give(&(b)->o, block, size)
#define OUTLINE_TAKE(b, size) obmalloc_take_outline(&(b)->o, size)
#define OUTLINE_GIVE(b, block, size) obmalloc_give_outline(&(b)->o, block)

#define SIZES(X) X(16) X(32) X(64) X(128) X(256)
#define DEFINE(size)                                  \
  PATTERNS(cpython, size, CPYTHON_TAKE, CPYTHON_GIVE) \
  PATTERNS(inline, size, INLINE_TAKE, INLINE_GIVE)    \
  PATTERNS(outline, size, OUTLINE_TAKE, OUTLINE_GIVE)
SIZES(DEFINE)
#undef DEFINE

enum way { CPYTHON, INLINE, OUTLINE, WAYS };
static const char *const way_names[WAYS] = {"cpython", "inline", "outline"};

static const struct task {
  const char *pattern;
  unsigned live; // blocks in use before and after
  size_t size;
  void (*run[WAYS])(struct blocks *b);
} tasks[] = {
#define TASK(pattern, live, code, size) \
  {pattern,                             \
   live,                                \
   size,                                \
   {run_##code##_cpython_##size, run_##code##_inline_##size, run_##code##_outline_##size}},
#define EACH(size)                  \
  TASK("pairs", 1, pairs, size)     \
  TASK("alone", 0, pairs, size)     \
  TASK("batches", 0, batches, size) \
  TASK("ring", RING, ring, size)
    SIZES(EACH)
#undef EACH
#undef TASK
};
enum { TASKS = sizeof tasks / sizeof *tasks };

static void *take(struct blocks *b, enum way way, size_t size) {
  return way == CPYTHON ? PyObject_Malloc(size) : obmalloc_take(&b->o, size);
}

static void give(struct blocks *b, enum way way, void *block, size_t size) {
  if (way == CPYTHON)
    PyObject_Free(block);
  else
    obmalloc_give(&b->o, block, size);
}

// Nanoseconds for a block taken and given back.
static double run(struct blocks *b, const struct task *task, enum way way) {
  for (unsigned i = 0; i < task->live; i++) b->live[i] = take(b, way, task->size);
  double start = samples_now_ns();
  task->run[way](b);
  double end = samples_now_ns();
  for (unsigned i = 0; i < task->live; i++) give(b, way, b->live[i], task->size);
  return (end - start) / OPERATIONS;
}

static int append(const char *path, const struct task *task, enum way way, const double *samples) {
  char error[HT_ERROR_SIZE];
  struct ht_line *line =
      ht_line_new(HT_LINE_BENCH, way == CPYTHON ? "native:cpython" : "limit:obmalloc", "blocks");
  ht_line_variant(line, way_names[way], "");
  ht_line_param(line, "pattern", task->pattern);
  ht_line_param_number(line, "size", (int64_t)task->size);
  for (unsigned i = 0; i < ROUNDS; i++) ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, samples[i]);
  ht_line_environment(line);
  int status = ht_line_append(line, path, error);
  if (status) fprintf(stderr, "bench-python-blocks: %s\n", error);
  ht_line_free(line);
  return status;
}

static int measure(struct blocks *b, const char *path) {
  printf("%-8s %5s  %8s %8s %8s  %s\n", "pattern", "bytes", "cpython", "inline", "outline",
         "ns of CPU time, median; and of cpython's: inline, outline");
  for (const struct task *task = tasks; task < tasks + TASKS; task++) {
    double samples[WAYS][ROUNDS], medians[WAYS];
    for (int way = 0; way < WAYS; way++) run(b, task, way); // pools and caches are warm
    for (unsigned round = 0; round < ROUNDS; round++)
      for (int i = 0; i < WAYS; i++) {
        enum way way = (round + (unsigned)i) % WAYS;
        samples[way][round] = run(b, task, way);
      }
    for (int way = 0; way < WAYS; way++) {
      medians[way] = samples_median(samples[way], ROUNDS, sizeof(double));
      if (path && append(path, task, way, samples[way])) return 1;
    }
    printf("%-8s %5zu  %8.2f %8.2f %8.2f  %.2f %.2f\n", task->pattern, task->size, medians[CPYTHON],
           medians[INLINE], medians[OUTLINE], medians[INLINE] / medians[CPYTHON],
           medians[OUTLINE] / medians[CPYTHON]);
  }
  return 0;
}

static int only(struct blocks *b, char **words) {
  for (int way = 0; way < WAYS; way++)
    for (const struct task *task = tasks; task < tasks + TASKS; task++)
      if (!strcmp(words[0], way_names[way]) && !strcmp(words[1], task->pattern) &&
          (size_t)strtoul(words[2], NULL, 10) == task->size) {
        run(b, task, way);
        printf("%d operations\n", OPERATIONS);
        return 0;
      }
  fprintf(stderr, "bench-python-blocks: there is no %s %s %s\n", words[0], words[1], words[2]);
  return 2;
}

int main(int argc, char **argv) {
  struct blocks b = {.live = {NULL}};
  struct pages pages;
  struct examination examination = {.invariants = python_invariants};
  bool counting = argc == 5 && strcmp(argv[1], "--only") == 0;
  if (argc > 2 && !counting) {
    fprintf(stderr, "usage: bench-python-blocks [LINES] | bench-python-blocks --only WAY PATTERN SIZE\n");
    return 2;
  }
  pages_init(&pages, &(struct ht_config){.memory = NULL});
  if (!obmalloc_init(&b.o, &pages, &examination, &(struct obmalloc_options){.geometry = OBMALLOC_3_10})) {
    fprintf(stderr, "bench-python-blocks: no memory\n");
    return 3;
  }
  int status = counting ? only(&b, argv + 2) : measure(&b, argc > 1 ? argv[1] : NULL);
  obmalloc_finish(&b.o);
  return status;
}
