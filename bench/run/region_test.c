// region_test BENCH_DIRECTORY BROKEN_DIRECTORY: what a process says of itself is what it did: pages touched,
// sleeps, others at work, memory over time; and a run that fails has no costs and no curves.
#include "bench/run/run_internal.h"
#include "bench/test/check.h"
#include "process/process.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MB = 1 << 20, SECOND = 1000000000 };

static void nap(void) {
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static char *map(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED, "%zu bytes", bytes);
  // One fault a page, whatever the machine makes of large ones.
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  return memory;
}

static void touch(char *memory, size_t bytes) {
  for (size_t i = 0; i < bytes; i += HT_PAGE_SIZE) memory[i] = 1;
}

static void try_faults(void) {
  enum { PAGES = 1000, BYTES = PAGES * HT_PAGE_SIZE };
  struct ht_bench_reading before, after, later;
  char *memory = map(BYTES);
  ht_bench_read_before(&before);
  touch(memory, BYTES);
  ht_bench_read_after(&after);
  touch(memory, BYTES);
  ht_bench_read_after(&later);
  uint64_t first = after.page_faults - before.page_faults, second = later.page_faults - after.page_faults;
  CHECK(first >= PAGES && second < PAGES, "%llu faults, then %llu", (unsigned long long)first,
        (unsigned long long)second);
  CHECK(after.major_faults - before.major_faults <= first - PAGES, "fresh pages come from no disk");
  CHECK(after.resident_bytes >= before.resident_bytes + BYTES / 2, "%llu, then %llu",
        (unsigned long long)before.resident_bytes, (unsigned long long)after.resident_bytes);
  munmap(memory, BYTES);
}

// Who sleeps leaves the CPU by itself.
static void try_switches(void) {
  enum { NAPS = 20 };
  struct ht_bench_reading before, after;
  ht_bench_read_before(&before);
  for (int i = 0; i < NAPS; i++) nap();
  ht_bench_read_after(&after);
  uint64_t switches = after.context_switches - before.context_switches,
           forced = after.preemptions - before.preemptions;
  CHECK(switches >= NAPS + forced, "%llu switches, %llu of them forced", (unsigned long long)switches,
        (unsigned long long)forced);
  CHECK(after.wall_ns - before.wall_ns > after.cpu_ns - before.cpu_ns, "asleep and at work");
  CHECK(after.user_ns >= before.user_ns && after.system_ns >= before.system_ns, "time went back");
}

// What the machine did lies between two readings of it.
static void try_machine(void) {
  struct ht_bench_reading before, after;
  unsigned long long user, nice, system, idle, io, interrupt, soft, stolen;
  ht_bench_read_before(&before);
  FILE *file = fopen("/proc/stat", "re");
  CHECK(file && fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &io,
                       &interrupt, &soft, &stolen) == 8,
        "no /proc/stat");
  fclose(file);
  ht_bench_read_after(&after);
  uint64_t tick = SECOND / (uint64_t)sysconf(_SC_CLK_TCK),
           busy = (user + nice + system + interrupt + soft) * tick;
  CHECK(before.machine_ns <= busy && busy <= after.machine_ns, "%llu, %llu, %llu",
        (unsigned long long)before.machine_ns, (unsigned long long)busy,
        (unsigned long long)after.machine_ns);
  CHECK(before.stolen_ns <= stolen * tick && stolen * tick <= after.stolen_ns, "%llu", stolen);
}

// A child that burns CPU is another process: what it used was used by others. The kernel books time in steps
// to whom it finds running, so half of it has to be there.
static void try_foreign(void) {
  struct ht_bench_reading before, after;
  struct rusage usage;
  ht_bench_read_before(&before);
  pid_t child = fork();
  CHECK(child >= 0, "no child");
  if (child == 0) {
    struct timespec used = {0};
    while (used.tv_sec == 0 && used.tv_nsec < SECOND / 2) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    _exit(0);
  }
  CHECK(wait4(child, NULL, 0, &usage) == child, "lost the child");
  ht_bench_read_after(&after);
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, "heap", "workload");
  ht_bench_add_times(line, &before, &after, 1);
  const struct ht_line_measure *foreign = ht_line_find(line, "foreign_load");
  CHECK(foreign, "no foreign load");
  double others = foreign->samples[0] * (double)(after.wall_ns - before.wall_ns);
  CHECK(others >= SECOND / 4, "others used %g ns, the child alone %d", others, SECOND / 2);
  ht_line_free(line);
}

// Waits for so many more looks: after each the watcher goes to sleep.
static void wait_for_looks(const struct bench_watch *watch, unsigned long looks) {
  char path[64], line[128];
  unsigned long slept, first = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)watch->watcher);
  for (bool begun = false;; begun = true, nap()) {
    FILE *file = fopen(path, "re");
    CHECK(file, "%s", path);
    slept = 0;
    while (fgets(line, sizeof line, file)) sscanf(line, "voluntary_ctxt_switches: %lu", &slept);
    fclose(file);
    if (!begun) first = slept;
    if (slept - first > looks) return;
  }
}

// The watcher sees 64 MB come, stay and go.
static void try_watch(void) {
  enum { BYTES = 64 * MB };
  struct bench_watch watch;
  struct bench_look looks[BENCH_LOOKS];
  struct ht_bench_reading before, after;
  // Address space is not memory.
  void *reserved = mmap(NULL, 16 * (size_t)BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(reserved != MAP_FAILED, "no address space");
  CHECK(bench_watch_open(&watch), "no watcher");
  bench_watch_begin(&watch);
  ht_bench_read_before(&before);
  char *memory = map(BYTES);
  touch(memory, BYTES);
  wait_for_looks(&watch, 3);
  munmap(memory, BYTES);
  ht_bench_read_after(&after);
  size_t count = bench_watch_end(&watch, looks);
  bench_watch_close(&watch);
  CHECK(count > 0 && count <= BENCH_LOOKS, "%zu looks", count);
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, "heap", "workload");
  bench_watch_add(looks, count, &before, &after, before.resident_bytes, BYTES / 2, line);
  const struct ht_line_curve *curve = ht_line_find_curve(line, "resident");
  CHECK(curve && curve->count >= 3, "no curve");
  double most = 0, last = curve->y[curve->count - 1];
  for (size_t i = 0; i < curve->count; i++)
    if (curve->y[i] > most) most = curve->y[i];
  CHECK(most >= BYTES - MB && most < 4.0 * BYTES, "%g bytes", most);
  CHECK(curve->x[0] == 0 && curve->y[0] == 0 && last < most - BYTES / 2, "%g before, %g after", curve->y[0],
        last);
  const struct ht_line_measure *mean = ht_line_find(line, "resident_mean"),
                               *ratio = ht_line_find(line, "live_over_resident");
  CHECK(mean && ratio && mean->samples[0] > 0 && mean->samples[0] < most, "no mean");
  CHECK(fabs(ratio->samples[0] * mean->samples[0] - BYTES / 2) < 1, "%g", ratio->samples[0]);
  munmap(reserved, 16 * (size_t)BYTES);
  ht_line_free(line);
}

// More looks than there is room for: every second one is forgotten and they still span the whole time.
static void try_long_watch(void) {
  struct bench_watch watch;
  struct bench_look looks[BENCH_LOOKS];
  struct ht_bench_reading before, after;
  CHECK(bench_watch_open(&watch), "no watcher");
  bench_watch_begin(&watch);
  wait_for_looks(&watch, 1);
  ht_bench_read_before(&before);
  wait_for_looks(&watch, 2 * BENCH_LOOKS);
  ht_bench_read_after(&after);
  size_t count = bench_watch_end(&watch, looks);
  bench_watch_close(&watch);
  uint64_t wall = after.wall_ns - before.wall_ns;
  CHECK(count >= BENCH_LOOKS / 2 && count <= BENCH_LOOKS, "%zu looks", count);
  for (size_t i = 1; i < count; i++) CHECK(looks[i].wall_ns > looks[i - 1].wall_ns, "look %zu", i);
  // Of the first, a millisecond apart or more, half are left. One may come late and the next in time.
  uint64_t half = looks[BENCH_LOOKS / 4].wall_ns - looks[0].wall_ns;
  CHECK(half >= (BENCH_LOOKS / 4 * 2 - 2) * UINT64_C(1000000), "%llu ns", (unsigned long long)half);
  CHECK(looks[count - 1].wall_ns - looks[0].wall_ns > wall / 2, "the looks span %llu of %llu ns",
        (unsigned long long)(looks[count - 1].wall_ns - looks[0].wall_ns), (unsigned long long)wall);
}

// The watcher of a process that dies dies with it.
static void try_orphan(void) {
  int ends[2];
  pid_t watcher = -1;
  CHECK(pipe(ends) == 0, "no pipe");
  pid_t child = fork();
  CHECK(child >= 0, "no child");
  if (child == 0) {
    struct bench_watch watch;
    if (!bench_watch_open(&watch)) _exit(1);
    bench_watch_begin(&watch);
    if (write(ends[1], &watch.watcher, sizeof watch.watcher) != sizeof watch.watcher) _exit(1);
    raise(SIGKILL);
  }
  close(ends[1]);
  CHECK(read(ends[0], &watcher, sizeof watcher) == sizeof watcher, "no watcher");
  CHECK(waitpid(child, NULL, 0) == child, "lost the child");
  // The watcher holds the other end as long as it lives: an orphan would keep us here.
  char nothing;
  CHECK(read(ends[0], &nothing, 1) == 0, "who wrote that?");
  close(ends[0]);
}

// Runs a bench program. Its line, or NULL if it wrote none.
static struct ht_line *run(const char *bench, const char *heap, const char *workload, const char *param,
                           const char *option, struct ht_process_result *result) {
  char program[512], error[HT_ERROR_SIZE];
  snprintf(program, sizeof program, "%s/bench-plugin", bench);
  const char *const argv[] = {program,   "--heap", heap,   "--workload", workload,
                              "--param", param,    option, NULL};
  struct ht_process_options options = {.argv = argv,
                                       .out = {.kind = HT_PROCESS_CAPTURE},
                                       .err = {.kind = HT_PROCESS_CAPTURE},
                                       .wall_ns = UINT64_C(40) * SECOND};
  ht_process_run(&options, result);
  CHECK(result->outcome != HT_PROCESS_TIMED_OUT && result->outcome != HT_PROCESS_NOT_STARTED, "%s",
        result->reason);
  if (!result->out_size) return NULL;
  struct ht_line *line = ht_line_parse(result->out, result->out_size, error);
  CHECK(line, "%s", error);
  return line;
}

static void try_broken(const char *bench, const char *broken) {
  static const struct {
    const char *fault, *workload, *param;
    enum ht_line_status status; // HT_LINE_OK: it crashes and has no line
  } cases[] = {{"twice", "message-ring", "live=4096,operations=4096,size=64", HT_LINE_CHECKSUM},
               {"empty", "churn", "operations=100000", HT_LINE_FAILED},
               {"crashes", "churn", "operations=100000", HT_LINE_OK}};
  static const char *const options[] = {"--over-time", "--fit"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
      char heap[512];
      struct ht_process_result result;
      snprintf(heap, sizeof heap, "%s/libbroken-%s.so", broken, cases[i].fault);
      struct ht_line *line = run(bench, heap, cases[i].workload, cases[i].param, options[k], &result);
      CHECK(result.exit_code != 0, "%s is well", cases[i].fault);
      if (cases[i].status == HT_LINE_OK) {
        CHECK(!line && result.outcome != HT_PROCESS_EXITED, "%s: %s", cases[i].fault, result.reason);
      } else {
        CHECK(line && line->status == cases[i].status, "%s: %s", cases[i].fault, result.err);
        CHECK(line->measure_count == 0 && line->curve_count == 0, "%s has a measure", cases[i].fault);
      }
      ht_line_free(line);
      ht_process_result_free(&result);
    }
}

// A process that is watched tells of memory over time and of nothing that the watching costs.
static void try_over_time(const char *bench) {
  struct ht_process_result result;
  struct ht_line *line =
      run(bench, "semispace", "churn", "size=64,live=256,operations=3000", "--over-time", &result);
  CHECK(line && line->status == HT_LINE_OK, "%s", result.err);
  CHECK(ht_line_find_curve(line, "resident") && ht_line_find(line, "resident_mean"), "no memory over time");
  for (size_t i = 0; i < line->measure_count; i++)
    CHECK(!ht_line_is_cost(line->measures[i].unit), "%s", line->measures[i].metric);
  ht_line_free(line);
  ht_process_result_free(&result);

  line = run(bench, "semispace", "message-ring", "size=64,live=256,operations=1000", "--fit", &result);
  CHECK(line && line->status == HT_LINE_OK, "%s", result.err);
  static const char *const measures[] = {"cpu", "user_cpu", "pauses", "pause_p99", "latency_p99"};
  for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
    CHECK(ht_line_find(line, measures[i]), "no %s", measures[i]);
  CHECK(ht_line_find_curve(line, "utilisation") && ht_line_find_curve(line, "latency") &&
            !ht_line_find_curve(line, "resident"),
        "curves");
  ht_line_free(line);
  ht_process_result_free(&result);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s BENCH_DIRECTORY BROKEN_DIRECTORY\n", argv[0]);
    return 2;
  }
  // The heap that gives memory out twice lets none go: that must not be what is found.
  setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  try_faults();
  try_switches();
  try_machine();
  try_foreign();
  try_watch();
  try_long_watch();
  try_orphan();
  try_broken(argv[1], argv[2]);
  try_over_time(argv[1]);
  return 0;
}
