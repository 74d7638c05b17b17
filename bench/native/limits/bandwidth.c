// The bandwidth of memory, by the C library's own means, over what no cache holds.
#include "bench/native/limits/limits.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PASSES = 4, TIMES_THE_CACHE = 4, SHARE_OF_MEMORY = 8, READ_AT_ONCE = 64 };

// What a virtual machine calls its last cache may be a whole socket's; a core does not reach that much of it.
#define SET_MOST ((size_t)1 << 30)
#define SET_LEAST ((size_t)1 << 26)

static size_t working_set(void) {
  long cache = sysconf(_SC_LEVEL3_CACHE_SIZE), pages = sysconf(_SC_PHYS_PAGES);
  size_t set = cache > 0 ? (size_t)cache * TIMES_THE_CACHE : SET_MOST;
  size_t share = pages > 0 ? (size_t)pages / SHARE_OF_MEMORY * (size_t)sysconf(_SC_PAGESIZE) : set;
  if (set > share) set = share;
  if (set > SET_MOST) set = SET_MOST;
  if (set < SET_LEAST) set = SET_LEAST;
  return set / (2 * READ_AT_ONCE) * (2 * READ_AT_ONCE);
}

struct memory {
  char *bytes;
  size_t size;
  uint64_t sum; // of all words read
};

// What every machine has registers for; four sums, so that none waits for the one before.
typedef uint64_t pair __attribute__((vector_size(16)));

static void read_all(struct memory *m, unsigned pass) {
  const pair *at = (const pair *)m->bytes, *end = at + m->size / sizeof *at;
  pair a = {0}, b = {0}, c = {0}, d = {0};
  (void)pass;
  for (; at < end; at += READ_AT_ONCE / sizeof *at) {
    a += at[0];
    b += at[1];
    c += at[2];
    d += at[3];
  }
  a += b + c + d;
  m->sum += a[0] + a[1];
}

static void write_all(struct memory *m, unsigned pass) {
  memset(m->bytes, (int)pass + 1, m->size);
}

// Half of it over the other half, to and fro.
static void copy_half(struct memory *m, unsigned pass) {
  size_t half = m->size / 2;
  memcpy(m->bytes + (pass % 2 ? half : 0), m->bytes + (pass % 2 ? 0 : half), half);
}

static const struct kind {
  const char *metric;
  void (*pass)(struct memory *m, unsigned pass);
  unsigned parts; // of the set are moved in a pass
} kinds[] = {
    {"write_bandwidth", write_all, 1},
    {"read_bandwidth", read_all, 1},
    {"copy_bandwidth", copy_half, 2},
};
enum { WRITE, READ, COPY, KINDS };

struct moving {
  const struct kind *kind;
  struct memory *memory;
};

static void move(void *argument) {
  const struct moving *moving = argument;
  for (unsigned pass = 0; pass < PASSES; pass++) moving->kind->pass(moving->memory, pass);
}

// Every byte is what the last pass wrote, and reading has seen all of them in each pass.
static bool is_right(struct memory *m) {
  const uint64_t word = UINT64_C(0x0101010101010101) * PASSES;
  uint64_t expected = word * (m->size / sizeof word), seen = m->sum;
  m->sum = 0;
  read_all(m, 0);
  return seen == expected * PASSES && m->sum == expected;
}

// A mark goes through all that lives and writes nothing of it; other operations write what they ask for.
static double bytes_each(const struct ht_bench_arguments *a, const struct ht_workload_expectation *e) {
  return (double)(a->params.collections ? e->live_bytes * a->params.collections : e->bytes) /
         (double)e->operations;
}

int limit_bandwidth(const struct ht_bench_arguments *a, const struct ht_heap_table *table,
                    struct ht_line *line) {
  struct memory memory = {.size = working_set()};
  struct ht_bench_reading before[KINDS], after[KINDS];
  struct ht_workload_expectation expected;
  (void)table;
  ht_line_variant(line, a->variant ? a->variant : "", "");
  ht_bench_add_params(line, a);
  ht_line_param_number(line, "working_set", (int64_t)memory.size);
  memory.bytes = mmap(NULL, memory.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory.bytes == MAP_FAILED) {
    ht_line_fail(line, HT_LINE_FAILED, "no memory for a working set of %zu bytes", memory.size);
    return 1;
  }
  // Large pages, if there are any: addresses are not what is measured.
  madvise(memory.bytes, memory.size, MADV_HUGEPAGE);
  write_all(&memory, 0);
  for (unsigned i = 0; i < KINDS; i++) {
    ht_bench_read_before(&before[i]);
    ht_measured_region(move, &(struct moving){&kinds[i], &memory});
    ht_bench_read_after(&after[i]);
  }
  bool right = is_right(&memory);
  munmap(memory.bytes, memory.size);
  if (!right) {
    ht_line_fail(line, HT_LINE_CHECKSUM, "memory does not hold what was written to it");
    return 1;
  }
  a->workload->expect(&a->params, 1, &expected);
  unsigned like = a->params.collections ? READ : WRITE;
  double moved = (double)memory.size * PASSES, operations = moved / bytes_each(a, &expected);
  ht_line_sample(line, "measured_operations", "count", HT_LINE_NONE, (double)(uint64_t)operations);
  if (a->counting) return 0;
  for (unsigned i = 0; i < KINDS; i++)
    ht_line_sample(line, kinds[i].metric, "bytes/s", HT_LINE_HIGHER,
                   moved / kinds[i].parts * 1e9 / (double)(after[i].cpu_ns - before[i].cpu_ns));
  ht_bench_add_times(line, &before[like], &after[like], (uint64_t)operations);
  return 0;
}
