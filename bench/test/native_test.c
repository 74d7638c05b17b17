// native_test BENCH_DIRECTORY: twins and limits do the work that heaps do, and one that lies about it, breaks
// or is not there has no times.
#include "bench/bench.h"
#include "bench/native/native.h"
#include "bench/test/check.h"
#include "process/process.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *directory;
static char scratch[] = "/tmp/heaptrial-native-XXXXXX";

// What each must be able to do. What is not in the list it has to decline.
static const struct {
  const char *name, *workloads;
} able[] = {
    {"native:go", "churn binary-trees message-ring exchange service escape rings graph list deep-tree"},
    {"native:python", "churn binary-trees message-ring exchange service rings graph list deep-tree"},
    {"limit:bump", "churn binary-trees"},
    {"limit:freelist", "churn binary-trees"},
    {"limit:marker", "graph list deep-tree"},
    {"limit:marker-prefetch", "graph list deep-tree"},
};
enum { NATIVES = sizeof able / sizeof *able };

static bool has_word(const char *words, const char *word) {
  size_t length = strlen(word);
  for (const char *at = words; (at = strstr(at, word)); at += length)
    if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
  return false;
}

static struct ht_line *run(const char *name, const struct ht_workload *workload,
                           const struct ht_workload_params *params, int *exit_code) {
  char program[512], heap[512], error[HT_ERROR_SIZE], words[16][48];
  const char *argv[32] = {program, heap, "--workload", workload->name, "--fit"};
  size_t count = 5, used = 0;
  snprintf(program, sizeof program, "%s/%s", directory, ht_native_program(name));
  snprintf(heap, sizeof heap, "--heap=%s", name);
  for (const char *const *param = ht_workload_param_names; *param; param++) {
    if (!ht_workload_param_uses(workload, *param)) continue;
    snprintf(words[used], sizeof *words, "--param=%s=%llu", *param,
             (unsigned long long)ht_workload_param_get(params, *param));
    argv[count++] = words[used++];
  }
  struct ht_process_options options = {.argv = argv,
                                       .out = {.kind = HT_PROCESS_CAPTURE},
                                       .err = {.kind = HT_PROCESS_CAPTURE},
                                       .wall_ns = 60 * HT_PROCESS_SECOND};
  struct ht_process_result result;
  ht_process_run(&options, &result);
  CHECK(result.outcome == HT_PROCESS_EXITED, "%s %s: %s", name, workload->name, result.reason);
  struct ht_line *line = ht_line_parse(result.out, result.out_size, error);
  CHECK(line, "%s %s: %s: %s", name, workload->name, error, result.err);
  *exit_code = result.exit_code;
  ht_process_result_free(&result);
  return line;
}

static void try_work(const char *name, const struct ht_workload *workload,
                     const struct ht_workload_params *params) {
  struct ht_workload_expectation expected;
  int exit_code;
  struct ht_line *line = run(name, workload, params, &exit_code);
  workload->expect(params, 1, &expected);
  CHECK(strcmp(line->heap, name) == 0, "%s", line->heap);
  CHECK(line->status == HT_LINE_OK && exit_code == 0, "%s %s: %s", name, workload->name, line->reason);
  CHECK(line->checksum == expected.checksum && line->allocations >= expected.allocations, "%s %s", name,
        workload->name);
  CHECK(ht_line_find(line, "cpu_per_op") && ht_line_find(line, "peak_resident"), "%s %s", name,
        workload->name);
  CHECK(ht_line_find(line, "measured_operations")->samples[0] == (double)expected.operations, "%s %s", name,
        workload->name);
  ht_line_free(line);
}

static void try_declined(const char *name, const struct ht_workload *workload) {
  int exit_code;
  struct ht_line *line = run(name, workload, &workload->least, &exit_code);
  CHECK(line->status == HT_LINE_NO_VERDICT && exit_code == 3 && line->measure_count == 0, "%s %s: %s", name,
        workload->name, line->reason);
  CHECK(strstr(line->reason, "is not written"), "%s %s: %s", name, workload->name, line->reason);
  ht_line_free(line);
}

// A runtime that is not installed is skipped, aloud.
static bool is_here(const char *name) {
  int exit_code;
  struct ht_line *line = run(name, ht_workload_find("churn"), &ht_workload_find("churn")->least, &exit_code);
  bool here = line->status == HT_LINE_OK || !strstr(line->reason, "is not here");
  if (!here) {
    CHECK(exit_code == 3 && strstr(line->reason, "install"), "%s: %s", name, line->reason);
    printf("skipped: %s\n", line->reason);
  }
  ht_line_free(line);
  return here;
}

static void try_native(const char *name, const char *workloads) {
  if (!is_here(name)) return;
  for (const struct ht_workload *workload = ht_workloads; workload->name; workload++) {
    if (!has_word(workloads, workload->name)) {
      try_declined(name, workload);
      continue;
    }
    struct ht_workload_params params = workload->least;
    params.seed = 1;
    try_work(name, workload, &params);
    params.mutators = 2;
    if (ht_workload_param_uses(workload, "mutators") && !workload->check(&params))
      try_work(name, workload, &params);
    params.mutators = 1;
    params.references = 1;
    if (ht_workload_param_uses(workload, "references")) try_work(name, workload, &params);
  }
}

// It moves bytes and has no objects: its proof is its own.
static void try_bandwidth(void) {
  static const char *const kinds[] = {"read_bandwidth", "write_bandwidth", "copy_bandwidth", "cpu_per_op"};
  const struct ht_workload *churn = ht_workload_find("churn");
  int exit_code;
  struct ht_line *line = run("limit:bandwidth", churn, &churn->least, &exit_code);
  CHECK(line->status == HT_LINE_OK && exit_code == 0 && !line->has_checksum, "%s", line->reason);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    CHECK(ht_line_find(line, kinds[i]) && ht_line_find(line, kinds[i])->samples[0] > 0, "%s", kinds[i]);
  ht_line_free(line);
}

// A program in the scratch folder that says what it is told to, as native:PATH.
static void write_twin(char *name, size_t size, const char *script) {
  char path[128];
  snprintf(path, sizeof path, "%s/twin", scratch);
  FILE *file = fopen(path, "w");
  CHECK(file, "%s", path);
  fprintf(file, "#!/bin/sh\n%s\n", script);
  CHECK(fclose(file) == 0 && chmod(path, 0700) == 0, "%s", path);
  snprintf(name, size, "native:%s", path);
}

static void try_liars(void) {
  const struct ht_workload *churn = ht_workload_find("churn");
  struct ht_workload_params params = churn->least;
  struct ht_workload_expectation e;
  params.seed = 1;
  churn->expect(&params, 1, &e);
  char right[64], wrong[64], all[64], few[64];
  snprintf(right, sizeof right, "checksum %llu", (unsigned long long)e.checksum);
  snprintf(wrong, sizeof wrong, "checksum %llu", (unsigned long long)e.checksum + 1);
  snprintf(all, sizeof all, "allocations %llu", (unsigned long long)e.allocations);
  snprintf(few, sizeof few, "allocations %llu", (unsigned long long)e.allocations - 1);
#define TIMES "cpu_ns 5000\nwall_ns 6000\npage_faults 1\ncontext_switches 0\n"
  const struct {
    const char *sum, *count, *rest, *after;
    enum ht_line_status status;
    const char *reason;
  } said[] = {
      {right, all, TIMES, "", HT_LINE_OK, ""},
      {right, all, TIMES "resident_bytes 4096\npeak_resident_bytes 40960\npause 7\ncycles 1", "", HT_LINE_OK,
       ""},
      {wrong, all, TIMES, "", HT_LINE_CHECKSUM, "checksum"},
      {right, few, TIMES, "", HT_LINE_CHECKSUM, "allocations, expected"},
      {right, all, "cpu_ns 5000\nwall_ns 6000\npage_faults 1", "", HT_LINE_FAILED, "context_switches"},
      {"", all, TIMES, "", HT_LINE_FAILED, "does not say its checksum"},
      {right, all, TIMES "pushes 7", "", HT_LINE_FAILED, "\"pushes 7\""},
      {right, all, TIMES "pause -7", "", HT_LINE_FAILED, "\"pause -7\""},
      {right, all, TIMES "pause 7us", "", HT_LINE_FAILED, "\"pause 7us\""},
      {right, all, TIMES "pause", "", HT_LINE_FAILED, "\"pause\""},
      {right, all, TIMES, "echo one >&2; echo no luck >&2; exit 1", HT_LINE_FAILED, "no luck"},
      {right, all, TIMES, "printf 'panic: out of luck\\n\\ngoroutine 1\\n' >&2; exit 2", HT_LINE_FAILED,
       "panic: out of luck"},
      {right, all, TIMES, "echo not today >&2; exit 3", HT_LINE_NO_VERDICT, "not today"},
      {right, all, TIMES, "kill -SEGV $$", HT_LINE_CRASHED, "signal 11"},
  };
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    char script[1024], name[256];
    int exit_code;
    snprintf(script, sizeof script, "cat <<END\n%s\n%s\n%s\nEND\n%s", said[i].sum, said[i].count,
             said[i].rest, said[i].after);
    write_twin(name, sizeof name, script);
    struct ht_line *line = run(name, churn, &params, &exit_code);
    CHECK(line->status == said[i].status && strstr(line->reason, said[i].reason), "%s\nis called %s: %s",
          script, ht_line_status_name(line->status), line->reason);
    bool ok = said[i].status == HT_LINE_OK;
    CHECK(exit_code == (ok ? 0 : said[i].status == HT_LINE_NO_VERDICT ? 3 : 1), "%s: %d", script, exit_code);
    CHECK((ht_line_find(line, "cpu_per_op") != NULL) == ok, "%s", script);
    CHECK(strcmp(line->heap, "native:twin") == 0, "%s", line->heap);
    if (i == 1)
      CHECK(ht_line_find(line, "peak_resident")->samples[0] == 36864 &&
                ht_line_find(line, "pause_max")->samples[0] == 7,
            "%s", script);
    ht_line_free(line);
  }
  // Its parameters reach it.
  char name[256];
  int exit_code;
  write_twin(name, sizeof name, "echo \"$*\" >&2; exit 1");
  struct ht_line *line = run(name, churn, &params, &exit_code);
  CHECK(strcmp(line->reason, "churn size=64 live=256 references=0 mutators=1 operations=512 seed=1") == 0,
        "%s", line->reason);
  ht_line_free(line);
}

// One plan runs heaps, twins and one that lies, in rounds.
static void try_plan(void) {
  char liar[256], output[64], error[HT_ERROR_SIZE];
  write_twin(liar, sizeof liar,
             "printf 'checksum 1\\nallocations 99999\\ncpu_ns 1\\nwall_ns 1\\npage_faults "
             "1\\ncontext_switches 1\\n'");
  const char *heaps[] = {"malloc:provider=", "native:python", liar, NULL};
  const char *workload = "churn:operations=4096";
  snprintf(output, sizeof output, "%s/lines", scratch);
  struct ht_bench_plan plan = {.heaps = heaps,
                               .heap_count = 3,
                               .workloads = &workload,
                               .workload_count = 1,
                               .replicates = 3,
                               .output = output};
  struct ht_bench_summary summary;
  struct ht_line_file file;
  int status = ht_bench_run(&plan, &summary, error);
  CHECK(status == 1 && summary.checksum == 1, "%d %zu: %s", status, summary.checksum, error);
  CHECK(ht_line_read(output, &file, error) == 0 && file.broken_count == 0, "%s", error);
  bool python = summary.ok == 6;
  CHECK(python || (summary.ok == 3 && summary.no_verdict == 1), "%zu lines are well", summary.ok);
  size_t of_malloc = 0, of_python = 0;
  for (size_t i = 0; i < file.line_count; i++) {
    const struct ht_line *line = file.lines[i];
    if (line->status != HT_LINE_OK) {
      CHECK(line->measure_count == 0, "%s", line->heap);
      continue;
    }
    CHECK(ht_line_find(line, "cpu_per_op"), "%s", line->heap);
    of_malloc += strcmp(line->heap, "malloc") == 0;
    of_python += strcmp(line->heap, "native:python") == 0;
    // A round is over before the next one begins.
    CHECK(!python || of_malloc - of_python + 1 <= 2, "%zu of one, %zu of the other", of_malloc, of_python);
  }
  CHECK(of_malloc == 3, "%zu", of_malloc);
  ht_line_file_free(&file);
  unlink(output);

  static const char *const wrong[][2] = {{"native:no-such", "native:go"},
                                         {"limit:no-such", "limit:bump"},
                                         {"native:/no/such/file", "No such file"},
                                         {"native:go:GOGC", "option=value"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    heaps[0] = wrong[i][0];
    plan.heap_count = 1;
    status = ht_bench_run(&plan, &summary, error);
    CHECK(status == 2 && strstr(error, wrong[i][1]), "%s: %d: %s", wrong[i][0], status, error);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s BENCH_DIRECTORY\n", argv[0]);
    return 2;
  }
  directory = argv[1];
  CHECK(mkdtemp(scratch), "%s", scratch);
  for (size_t i = 0; i < NATIVES; i++) try_native(able[i].name, able[i].workloads);
  try_bandwidth();
  try_liars();
  try_plan();
  char path[256];
  snprintf(path, sizeof path, "%s/twin", scratch);
  unlink(path);
  rmdir(scratch);
  return 0;
}
