// What a span costs that goes through a set. No test: for whoever wants to measure it again.
//
//   span_set_speed_test [THREADS]   CPU time of a push and a pop, each thread on one set with the others
#include "allocators/go/sets/span_set.h"

#include "base/check.h"
#include "base/thread.h"

#include <time.h>

enum { ROUNDS = 10000000, THREADS_MOST = 16 };

struct go_span {
  int nothing;
};
static struct go_span span;
static struct go_span_set set;

static void go_round(void *argument) {
  (void)argument;
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(go_span_set_push(&set, &span));
    CHECK(go_span_set_pop(&set));
  }
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  CHECK(count > 0 && count <= THREADS_MOST);
  struct pages pages;
  struct go_set_memory memory;
  struct base_thread threads[THREADS_MOST];
  pages_init(&pages, &(struct ht_config){0});
  go_set_memory_init(&memory, &pages);
  go_span_set_init(&set, &memory);
  clock_t begin = clock();
  for (int i = 0; i < count; i++) CHECK(base_thread_start(&threads[i], go_round, NULL));
  for (int i = 0; i < count; i++) base_thread_join(&threads[i]);
  double ns = (double)(clock() - begin) / CLOCKS_PER_SEC * 1e9;
  printf("%d threads: %.1f ns of CPU time a push and a pop\n", count, ns / ROUNDS / count);
  go_set_memory_finish(&memory);
  return 0;
}
