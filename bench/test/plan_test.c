// plan_test BROKEN_DIRECTORY valgrind|-: a plan runs, orders, pairs, counts and writes; heaps that corrupt,
// crash, hang, run out of memory or are not the ones that serve are reported as that, without times.
#include "bench/bench.h"
#include "bench/test/check.h"
#include "plugin/plugin.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static char output[] = "/tmp/heaptrial-plan-XXXXXX";
static const char *broken_directory;

static int run(struct ht_bench_plan *plan, const char *heap, const char *workload,
               struct ht_bench_summary *summary, struct ht_line_file *file) {
  char error[HT_ERROR_SIZE];
  CHECK(truncate(output, 0) == 0, "%s", output);
  plan->heaps = &heap;
  plan->heap_count = 1;
  plan->workloads = &workload;
  plan->workload_count = 1;
  plan->output = output;
  if (!plan->replicates) plan->replicates = 2;
  int status = ht_bench_run(plan, summary, error);
  CHECK(ht_line_read(output, file, error) == 0 && file->broken_count == 0, "%s", error);
  return status;
}

static void try_broken(const char *name, const char *workload, enum ht_line_status expected) {
  char path[512];
  struct ht_bench_plan plan = {.process_seconds = expected == HT_LINE_TIMEOUT ? 0.5 : 20};
  struct ht_bench_summary summary;
  struct ht_line_file file;
  snprintf(path, sizeof path, "%s/libbroken-%s.so", broken_directory, name);
  int status = run(&plan, path, workload, &summary, &file);
  CHECK(status == 1, "%s, %s: %d", name, workload, status);
  CHECK(file.line_count == 1 && summary.not_run == 1, "%s, %s: %zu lines", name, workload, file.line_count);
  CHECK(file.lines[0]->status == expected, "%s, %s: %s: %s", name, workload,
        ht_line_status_name(file.lines[0]->status), file.lines[0]->reason);
  for (size_t i = 0; i < file.lines[0]->measure_count; i++)
    CHECK(!ht_line_is_cost(file.lines[0]->measures[i].unit), "%s has %s", name,
          file.lines[0]->measures[i].metric);
  ht_line_file_free(&file);
}

// The fault comes each 1000 allocations and has to be seen on every workload. (Not in escape, where one
// object lives at a time and none is given out twice at once.)
static void try_all_broken(void) {
  static const char *const short_ones[] = {
      "churn:live=4096,operations=4096",
      "binary-trees:depth=8",
      "message-ring:live=4096,operations=4096,size=64",
      "exchange:live=1024,operations=4096",
      "service:live=1024,tasks=16,operations=1024",
      "rings:live=64,operations=4500",
      "escape:operations=4096",
  };
  for (size_t i = 0; i < sizeof short_ones / sizeof *short_ones; i++) {
    const char *name = short_ones[i];
    // A tree or a chain that has an object below itself is read beyond its end: that is a crash, if anything.
    bool whole = strncmp(name, "escape", 6) && strncmp(name, "binary", 6) && strncmp(name, "service", 7);
    if (whole) try_broken("twice", name, HT_LINE_CHECKSUM);
    try_broken("crashes", short_ones[i], HT_LINE_CRASHED);
    try_broken("empty", short_ones[i], HT_LINE_FAILED);
  }
  try_broken("hangs", "churn", HT_LINE_TIMEOUT);
  // Nobody waits for the mutator that failed.
  try_broken("empty", "binary-trees:depth=8,mutators=2", HT_LINE_FAILED);
  try_broken("empty", "exchange:live=64,operations=4096,mutators=2", HT_LINE_FAILED);
  try_broken("empty", "exchange:live=64,operations=100000,mutators=4", HT_LINE_FAILED);
  try_broken("empty", "service:live=64,tasks=16,operations=1024,mutators=2", HT_LINE_FAILED);
}

static void try_sound(void) {
  struct ht_bench_plan plan = {.replicates = 3, .seed = 7};
  struct ht_bench_summary summary;
  struct ht_line_file file;
  int status = run(&plan, "malloc:provider=", "churn:operations=20000", &summary, &file);
  CHECK(status == 0 && summary.ok == 3 && file.line_count == 3, "%d", status);
  for (size_t i = 0; i < file.line_count; i++) {
    CHECK(ht_line_find(file.lines[i], "cpu_per_op"), "line %zu", i);
    CHECK(strcmp(ht_line_find_param(file.lines[i], "operations"), "20000") == 0, "line %zu", i);
    CHECK(strcmp(ht_line_find_param(file.lines[i], "calls"), "direct") == 0, "line %zu", i);
    CHECK(file.lines[i]->seed == 7, "line %zu", i);
  }
  ht_line_file_free(&file);

  plan.total_seconds = 1e-9;
  status = run(&plan, "malloc:provider=", "churn", &summary, &file);
  CHECK(status == 3 && summary.not_run == 3 && file.line_count == 0, "%d", status);
  ht_line_file_free(&file);
}

static double number_of(const struct ht_line *line, const char *param) {
  const char *value = ht_line_find_param(line, param);
  CHECK(value, "a line without %s", param);
  return strtod(value, NULL);
}

// Two heaps in rounds: the same parameters though one never frees, each round complete, in both orders, with
// paddings that differ, and what disturbed it; all of it again with the same seed, and other with another.
static void try_pairs(bool in_step, int times) {
  static const char *const heaps[] = {"malloc:provider=", "bump"};
  enum { ROUNDS = 8, LINES = 2 * ROUNDS };
  const char *workload = "churn:operations=4194304";
  char orders[3][LINES + 1] = {{0}}, error[HT_ERROR_SIZE];
  for (int time = 0; time < times; time++) {
    struct ht_bench_plan plan = {.heaps = heaps,
                                 .heap_count = 2,
                                 .workloads = &workload,
                                 .workload_count = 1,
                                 .replicates = ROUNDS,
                                 .seed = time == 2 ? 8 : 7,
                                 .output = output,
                                 .pinned = true,
                                 .paired = true,
                                 .in_step = in_step,
                                 .warmups = 1};
    struct ht_bench_summary summary;
    struct ht_line_file file;
    CHECK(truncate(output, 0) == 0, "%s", output);
    CHECK(ht_bench_run(&plan, &summary, error) == 0, "%s", error);
    CHECK(ht_line_read(output, &file, error) == 0 && file.line_count == LINES, "%zu lines", file.line_count);
    double paddings = 0;
    for (size_t i = 0; i < LINES; i++) {
      const struct ht_line *line = file.lines[i], *first = file.lines[0];
      CHECK(number_of(line, "round") == (double)(i / 2 + 1), "line %zu is of another round", i);
      CHECK(number_of(line, "place") == (double)(i % 2 + 1), "line %zu is at another place", i);
      CHECK(number_of(line, "warmups") == 1 && number_of(line, "pinned_to") == 0, "line %zu", i);
      CHECK(number_of(line, "padding") <= 4096, "line %zu", i);
      paddings += number_of(line, "padding") != number_of(first, "padding");
      CHECK(number_of(line, "operations") == number_of(first, "operations"), "line %zu is shorter", i);
      CHECK(ht_line_find(line, "preemptions"), "line %zu does not say how often it was stopped", i);
      CHECK(ht_line_find(line, "cpu_per_op") && ht_line_find(line, "cpu_per_op_quartile"), "line %zu", i);
      CHECK(in_step == !ht_line_find(line, "wall_per_op") && in_step == !!ht_line_find_param(line, "in_step"),
            "line %zu has the wall time of two", i);
      orders[time][i] = *line->heap;
    }
    CHECK(number_of(file.lines[0], "operations") < 4194304, "what bump was given does not fit it");
    CHECK(paddings > LINES / 2, "paddings are alike");
    CHECK(strstr(orders[time], "mbbm") || strstr(orders[time], "bmmb"), "one order: %s", orders[time]);
    ht_line_file_free(&file);
  }
  if (times < 3) return;
  CHECK(strcmp(orders[0], orders[1]) == 0, "%s and %s from one seed", orders[0], orders[1]);
  CHECK(strcmp(orders[0], orders[2]) != 0, "%s from two seeds", orders[0]);
}

// A heap without a program of its own makes the other one go through its table.
static void try_table(void) {
  static char path[512];
  snprintf(path, sizeof path, "%s:loop=3", ht_bench_planted_heap);
  const char *const heaps[] = {"malloc:provider=", path};
  const char *workload = "churn:operations=20000";
  char error[HT_ERROR_SIZE];
  struct ht_bench_plan plan = {.heaps = heaps,
                               .heap_count = 2,
                               .workloads = &workload,
                               .workload_count = 1,
                               .replicates = 1,
                               .output = output,
                               .paired = true};
  struct ht_bench_summary summary;
  struct ht_line_file file;
  CHECK(truncate(output, 0) == 0 && ht_bench_run(&plan, &summary, error) == 0, "%s", error);
  CHECK(ht_line_read(output, &file, error) == 0 && file.line_count == 2, "%zu lines", file.line_count);
  for (size_t i = 0; i < 2; i++)
    CHECK(strcmp(ht_line_find_param(file.lines[i], "calls"), "table") == 0, "%s", file.lines[i]->heap);
  ht_line_file_free(&file);
}

static void try_bad_plans(void) {
  struct ht_bench_plan plan = {0};
  struct ht_bench_summary summary;
  struct ht_line_file file;
  const struct {
    const char *heap, *workload;
    int status;
  } bad[] = {
      {"no-such-heap", "churn", 2},      {"malloc", "no-such-workload", 2},
      {"malloc", "churn:depth=3", 2},    {"malloc", "churn:size=17", 2},
      {"malloc", "churn:size=-8", 2},    {"malloc:provider=libnone", "churn", 3},
      {"malloc", "graph:mutators=2", 2}, {"malloc:provider=", "graph:live=256", 3},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int status = run(&plan, bad[i].heap, bad[i].workload, &summary, &file);
    CHECK(status == bad[i].status, "%s, %s: %d", bad[i].heap, bad[i].workload, status);
    CHECK(file.line_count == (status == 3), "%s: %zu lines", bad[i].heap, file.line_count);
    if (status == 3) CHECK(file.lines[0]->status == HT_LINE_NO_VERDICT, "%s", file.lines[0]->reason);
    ht_line_file_free(&file);
  }
}

// A count is exact: the same twice, whatever the environment; and the planted loop shows in it. (Boehm's
// collector reads the clock, and so does jemalloc.)
static double count_of(const char *heap, const char *workload) {
  struct ht_bench_plan plan = {.replicates = 3, .only_instructions = true};
  struct ht_bench_summary summary;
  struct ht_line_file file;
  CHECK(run(&plan, heap, workload, &summary, &file) == 0 && file.line_count == 1, "%s: %zu lines", heap,
        file.line_count);
  const struct ht_line_measure *measure = ht_line_find(file.lines[0], "instructions");
  CHECK(measure, "%s", file.lines[0]->reason);
  CHECK(!ht_line_find(file.lines[0], "cpu_per_op"), "a counted run has times");
  double count = measure->samples[0];
  ht_line_file_free(&file);
  return count;
}

static void try_instructions(void) {
  static const char *const heaps[] = {"malloc:provider=", "semispace", "counting", "bump"};
  char planted[512];
  for (size_t i = 0; i < sizeof heaps / sizeof *heaps; i++) {
    struct ht_plugin_choice choice;
    char message[512];
    if (!ht_plugin_choose(heaps[i], &choice, message, sizeof message)) continue;
    ht_plugin_choice_free(&choice);
    unsetenv("HEAPTRIAL_TEST");
    double once = count_of(heaps[i], "churn:operations=2048,live=64");
    setenv("HEAPTRIAL_TEST", "something that makes the environment longer and moves the stack", 1);
    double again = count_of(heaps[i], "churn:operations=2048,live=64");
    CHECK(once > 20000 && once == again, "%s: %.0f and %.0f", heaps[i], once, again);
  }
  double counts[2];
  for (int i = 0; i < 2; i++) {
    snprintf(planted, sizeof planted, "%s:loop=%d", ht_bench_planted_heap, 100 * i);
    counts[i] = count_of(planted, "churn:operations=6400,live=64");
  }
#ifdef __OPTIMIZE__
  enum { TURN = 4 };
#else
  enum { TURN = 8 };
#endif
  // A hundred turns of so many instructions, and some to enter it, each 64th of 6400 allocations.
  double planted_count = counts[1] - counts[0];
  CHECK(planted_count >= 10000 * TURN && planted_count < 10000 * TURN + 1000, "%g", planted_count);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s BROKEN_DIRECTORY valgrind|-\n", argv[0]);
    return 2;
  }
  broken_directory = argv[1];
  int file = mkstemp(output);
  CHECK(file >= 0, "%s", output);
  close(file);
  // The heap that gives memory out twice lets none go: that must not be what is found.
  setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  try_sound();
  try_pairs(false, 3);
  try_pairs(true, 1);
  try_table();
  try_all_broken();
  try_bad_plans();
  if (strcmp(argv[2], "valgrind") == 0) try_instructions();
  unlink(output);
  return 0;
}
