// ways_test BENCH_DIRECTORY HEAP...: every workload on every heap, direct, through the table and loaded,
// gives the same checksum and the same number of allocations, on each heap and on all of them; a heap that
// says it is repeatable tells the same events.
#include "bench/test/check.h"
#include "bench/workloads/workload.h"
#include "line/line.h"
#include "plugin/plugin.h"
#include "process/process.h"

#include <string.h>
#include <unistd.h>

static const char *directory;
static char scratch[] = "/tmp/heaptrial-ways-XXXXXX";

static const struct {
  const char *workload, *params;
  unsigned mutators;
} cases[] = {
    {"churn", "size=16,live=64,operations=2000", 1},
    {"churn", "size=64,live=64,references=1,operations=2000", 1},
    {"churn", "size=4096,live=64,references=1,operations=500", 1},
    {"binary-trees", "depth=6", 1},
    {"message-ring", "size=256,live=64,operations=1000", 1},
    {"churn", "size=64,live=64,references=1,operations=2000,mutators=2", 2},
    {"binary-trees", "depth=6,mutators=2", 2},
    {"message-ring", "size=256,live=64,operations=1000,mutators=2", 2},
};
enum { CASES = sizeof cases / sizeof *cases };

// What all heaps agree on, taken from the first.
static uint64_t checksums[CASES], allocations[CASES];
static bool known[CASES];

static struct ht_line *run(const char *heap, const char *calls, size_t which, const char *events) {
  char program[512], heap_option[128], error[HT_ERROR_SIZE];
  bool loaded = strcmp(calls, "loaded") == 0;
  snprintf(program, sizeof program, "%s/bench-%s", directory, loaded ? "plugin" : heap);
  // Which malloc serves is not asked here: a sanitizer's will do.
  snprintf(heap_option, sizeof heap_option, "--heap=%s%s", heap,
           strcmp(heap, "malloc") == 0 ? ":provider=" : "");
  const char *argv[] = {program,
                        "--workload",
                        cases[which].workload,
                        "--param",
                        cases[which].params,
                        "--events",
                        events,
                        loaded ? heap_option : "--calls",
                        loaded ? NULL : calls,
                        NULL};
  struct ht_process_options options = {
      .argv = argv, .out = {.kind = HT_PROCESS_CAPTURE}, .wall_ns = 30 * HT_PROCESS_SECOND};
  struct ht_process_result result;
  CHECK(ht_process_run(&options, &result), "%s %s %s: %s", heap, calls, cases[which].workload, result.reason);
  struct ht_line *line = ht_line_parse(result.out, result.out_size, error);
  CHECK(line, "%s: %s", program, error);
  CHECK(line->status == HT_LINE_OK, "%s", line->reason);
  ht_process_result_free(&result);
  return line;
}

// The kinds and labels of the events, without times.
static char *read_kinds(const char *path) {
  char *kinds = NULL, line[256];
  size_t size;
  FILE *file = fopen(path, "r"), *memory = open_memstream(&kinds, &size);
  CHECK(file && memory, "%s", path);
  while (fgets(line, sizeof line, file)) {
    char *label = strchr(line, '\t'), *rest = label ? strchr(label + 1, '\t') : NULL;
    if (rest) fprintf(memory, "%.*s\n", (int)(rest - line), line);
  }
  fclose(file);
  fclose(memory);
  return kinds;
}

static const struct ht_heap_table *table_of(const char *heap) {
  struct ht_plugin_choice choice;
  const struct ht_heap_table *table;
  char message[512];
  CHECK(ht_plugin_choose(heap, &choice, message, sizeof message), "%s", message);
  CHECK(ht_plugin_load(&choice, 0, &table, message, sizeof message) == HT_PLUGIN_LOADED, "%s", message);
  ht_plugin_choice_free(&choice);
  return table;
}

static void try_heap(const char *heap) {
  const char *const ways[] = {"direct", "table", "loaded"};
  const struct ht_heap_table *table = table_of(heap);
  for (size_t which = 0; which < CASES; which++) {
    if (table->carriers && table->carriers < cases[which].mutators) continue;
    char *first = NULL;
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      char events[64];
      snprintf(events, sizeof events, "%s/events", scratch);
      struct ht_line *line = run(heap, ways[w], which, events);
      if (!known[which]) {
        checksums[which] = line->checksum;
        allocations[which] = line->allocations;
        known[which] = true;
      }
      CHECK(line->has_checksum && line->checksum == checksums[which], "%s %s %s", heap, ways[w],
            cases[which].workload);
      CHECK(line->allocations == allocations[which], "%s %s %s: %llu and %llu", heap, ways[w],
            cases[which].workload, (unsigned long long)line->allocations,
            (unsigned long long)allocations[which]);
      CHECK(ht_line_find(line, "cpu_per_op") && ht_line_find(line, "peak_resident"), "%s", heap);
      ht_line_free(line);
      // Several mutators take turns as the system lets them: only one alone repeats itself.
      if (!(table->capabilities & HT_REPEATABLE) || cases[which].mutators > 1) continue;
      char *kinds = read_kinds(events);
      CHECK(!first || strcmp(first, kinds) == 0, "%s %s: other events than %s:\n%s\nand\n%s", heap, ways[w],
            ways[0], kinds, first);
      if (first)
        free(kinds);
      else
        first = kinds;
    }
    free(first);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s BENCH_DIRECTORY HEAP...\n", argv[0]);
    return 2;
  }
  directory = argv[1];
  CHECK(mkdtemp(scratch), "%s", scratch);
  for (int i = 2; i < argc; i++) try_heap(argv[i]);
  char events[64];
  snprintf(events, sizeof events, "%s/events", scratch);
  unlink(events);
  rmdir(scratch);
  return 0;
}
