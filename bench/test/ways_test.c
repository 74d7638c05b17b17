// ways_test BENCH_DIRECTORY HEAP...: every workload on every heap, direct, through the table and loaded,
// gives the same checksum and the same number of allocations, on each heap and on all of them; a heap that
// says it is repeatable tells the same events. One that lacks what the workload needs says so and has no
// times.
#include "bench/test/check.h"
#include "bench/workloads/workload.h"
#include "line/line.h"
#include "plugin/plugin.h"
#include "process/process.h"

#include <string.h>
#include <unistd.h>

static const char *directory;
static char scratch[] = "/tmp/heaptrial-ways-XXXXXX";

struct one {
  const struct ht_workload *workload;
  char params[128];
  uint64_t mutators;
  // What all heaps agree on, taken from the first.
  bool known;
  uint64_t checksum, allocations;
};

enum { CASES_MOST = 64 };
static struct one cases[CASES_MOST];
static size_t case_count;

enum { AGAIN_MOST = 4 };

static void add(const struct ht_workload *workload, const char *params) {
  struct ht_workload_params read = workload->initial;
  char message[256];
  struct one *one = &cases[case_count++];
  CHECK(case_count < CASES_MOST, "more than %d cases", CASES_MOST);
  CHECK(ht_workload_params_read(workload, params, &read, message, sizeof message), "%s", message);
  *one = (struct one){.workload = workload, .mutators = read.mutators};
  snprintf(one->params, sizeof one->params, "%s", params);
}

// The shortest run of each, also with two mutators where there can be.
static void add_least(const struct ht_workload *workload) {
  char params[128];
  uint64_t most = ht_workload_param_uses(workload, "mutators") ? 2 : 1;
  for (uint64_t mutators = 1; mutators <= most; mutators++) {
    size_t used = 0;
    for (const char *const *name = ht_workload_param_names; *name; name++) {
      if (!ht_workload_param_uses(workload, *name)) continue;
      uint64_t value = ht_workload_param_get(&workload->least, *name);
      used += (size_t)snprintf(params + used, sizeof params - used, "%s%s=%llu", used ? "," : "", *name,
                               (unsigned long long)(strcmp(*name, "mutators") == 0 ? mutators : value));
    }
    add(workload, params);
  }
}

static void add_all(void) {
  static const struct {
    const char *workload, *params;
  } more[] = {
      {"churn", "size=16,live=1,operations=2000"},
      {"churn", "size=64,live=64,references=1,operations=2000"},
      {"churn", "size=4096,live=64,references=1,operations=500"},
      {"churn", "size=65536,live=8,references=1,operations=100"},
      {"churn", "size=64,live=64,references=1,operations=2000,mutators=2"},
      {"exchange", "size=64,live=64,operations=500,mutators=3"}, // no multiple of the phases
      {"service", "live=64,tasks=5,operations=200,mutators=2"},  // not the same number of tasks on both
      {"rings", "live=4,length=7,operations=300"},               // the last ring of all is shorter
      {"rings", "live=4,length=1,operations=100"},
  };
  for (const struct ht_workload *workload = ht_workloads; workload->name; workload++) add_least(workload);
  for (size_t i = 0; i < sizeof more / sizeof *more; i++)
    add(ht_workload_find(more[i].workload), more[i].params);
}

static struct ht_line *run(const char *heap, const char *calls, const struct one *one, const char *events) {
  char program[512], heap_option[128], error[HT_ERROR_SIZE];
  bool loaded = strcmp(calls, "loaded") == 0;
  snprintf(program, sizeof program, "%s/bench-%s", directory, loaded ? "plugin" : heap);
  // Which malloc serves is not asked here: a sanitizer's will do.
  snprintf(heap_option, sizeof heap_option, "--heap=%s%s", heap,
           strcmp(heap, "malloc") == 0 ? ":provider=" : "");
  const char *argv[] = {program,
                        "--workload",
                        one->workload->name,
                        "--param",
                        one->params,
                        "--events",
                        events,
                        loaded ? heap_option : "--calls",
                        loaded ? NULL : calls,
                        NULL};
  struct ht_process_options options = {.argv = argv,
                                       .out = {.kind = HT_PROCESS_CAPTURE},
                                       .err = {.kind = HT_PROCESS_DISCARD},
                                       .wall_ns = 30 * HT_PROCESS_SECOND};
  struct ht_process_result result;
  ht_process_run(&options, &result);
  CHECK(result.outcome == HT_PROCESS_EXITED, "%s %s %s: %s", heap, calls, one->workload->name, result.reason);
  struct ht_line *line = ht_line_parse(result.out, result.out_size, error);
  CHECK(line, "%s: %s", program, error);
  CHECK((line->status == HT_LINE_OK) == (result.exit_code == 0), "%s: exit code %d", program,
        result.exit_code);
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

static char *kinds_again(const char *heap, const char *calls, const struct one *one, const char *events) {
  ht_line_free(run(heap, calls, one, events));
  return read_kinds(events);
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

static void try_one(const char *heap, const struct ht_heap_table *table, struct one *one) {
  const char *const ways[] = {"direct", "table", "loaded"};
  bool can = !one->workload->needs || (one->workload->needs & table->capabilities);
  char *first = NULL;
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
    char events[64], what[256];
    snprintf(what, sizeof what, "%s %s %s:%s", heap, ways[w], one->workload->name, one->params);
    snprintf(events, sizeof events, "%s/events", scratch);
    struct ht_line *line = run(heap, ways[w], one, events);
    CHECK(line->status == (can ? HT_LINE_OK : HT_LINE_NO_VERDICT), "%s: %s", what, line->reason);
    if (!can) {
      CHECK(line->measure_count == 0 && strstr(line->reason, "needs a heap that collects cycles"), "%s: %s",
            what, line->reason);
      ht_line_free(line);
      continue;
    }
    if (!one->known) {
      one->checksum = line->checksum;
      one->allocations = line->allocations;
      one->known = true;
    }
    CHECK(line->has_checksum && line->checksum == one->checksum, "%s", what);
    CHECK(line->allocations == one->allocations, "%s: %llu and %llu", what,
          (unsigned long long)line->allocations, (unsigned long long)one->allocations);
    CHECK(ht_line_find(line, "cpu_per_op") && ht_line_find(line, "peak_resident"), "%s", what);
    ht_line_free(line);
    // Several mutators take turns as the system lets them: only one alone repeats itself.
    if (!(table->capabilities & HT_REPEATABLE) || one->mutators > 1) continue;
    char *kinds = read_kinds(events);
    // Where memory lies differs from process to process, and with it what a table by address needs.
    for (unsigned again = 0; first && strcmp(first, kinds) != 0 && again < AGAIN_MOST; again++) {
      free(first);
      free(kinds);
      first = kinds_again(heap, ways[0], one, events);
      kinds = kinds_again(heap, ways[w], one, events);
    }
    CHECK(!first || strcmp(first, kinds) == 0, "%s: other events than %s:\n%s\nand\n%s", what, ways[0], kinds,
          first);
    if (first)
      free(kinds);
    else
      first = kinds;
  }
  free(first);
}

static void try_heap(const char *heap) {
  const struct ht_heap_table *table = table_of(heap);
  for (size_t i = 0; i < case_count; i++)
    if (!table->carriers || table->carriers >= cases[i].mutators) try_one(heap, table, &cases[i]);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s BENCH_DIRECTORY HEAP...\n", argv[0]);
    return 2;
  }
  directory = argv[1];
  CHECK(mkdtemp(scratch), "%s", scratch);
  add_all();
  for (int i = 2; i < argc; i++) try_heap(argv[i]);
  char events[64];
  snprintf(events, sizeof events, "%s/events", scratch);
  unlink(events);
  rmdir(scratch);
  return 0;
}
