#include "bench/test/made_up.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/heaptrial-doctor-XXXXXX", later[] = "/tmp/heaptrial-doctor-XXXXXX";

const struct made_up_file made_up_files[] = {
    {"proc/loadavg", "0.04 0.10 0.20 1/88 14471\n", "load"},
    {"proc/stat",
     "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 100 0 0 1000 10 0 0 0 0 0\ncpu1 0 0 100 0 0 0 0 0 0 0\nintr 0\n",
     "others steal"},
    {"proc/cpuinfo", "processor\t: 0\nmodel name\t: A CPU\nflags\t\t: fpu vme de\n\nprocessor\t: 1\n",
     "virtual"},
    {"proc/cmdline", "root=/dev/sda1 quiet\n", "isolation"},
    {"proc/meminfo", "MemTotal:  8000000 kB\nMemAvailable:  7000000 kB\nSwapTotal:  0 kB\nSwapFree:  0 kB\n",
     "swap swappiness memory"},
    {"proc/self/status", "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n",
     "load others steal cpus cpu-quota isolation"},
    {"proc/self/stat",
     "7 (a) b) R 1 2 3 4 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 6 3 4 1 9 9 1 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 "
     "0 0 0 "
     "0 0 0 0 0\n",
     "real-time"},
    {"proc/self/cgroup", "0::/jobs/one\n", "cpu-quota memory-limit"},
    {"proc/self/limits",
     "Limit  Soft Limit  Hard Limit  Units\nMax address space     unlimited     unlimited  bytes\n",
     "address-space"},
    {"proc/sys/kernel/perf_event_paranoid", "2\n", "counters"},
    {"proc/sys/kernel/sched_autogroup_enabled", "0\n", "autogroup"},
    {"proc/sys/kernel/sched_rt_runtime_us", "950000\n", "real-time"},
    {"proc/sys/kernel/sched_rt_period_us", "1000000\n", "real-time"},
    {"proc/sys/kernel/randomize_va_space", "2\n", "aslr"},
    {"proc/sys/kernel/core_pattern", "core.%p\n", "core-pattern"},
    {"proc/sys/kernel/numa_balancing", "0\n", "numa-balancing"},
    {"proc/sys/vm/mmap_rnd_bits", "28\n", "mmap-bits"},
    {"proc/sys/vm/overcommit_memory", "0\n", "overcommit"},
    {"proc/sys/vm/swappiness", "60\n", "swappiness"},
    {"sys/devices/system/cpu/online", "0-1\n", "load others steal governor cpus cpu-quota isolation"},
    {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n", "governor"},
    {"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n", "governor"},
    {"sys/devices/system/cpu/cpufreq/boost", "0\n", "boost"},
    {"sys/devices/system/cpu/smt/active", "0\n", "smt"},
    {"sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n", "mitigations"},
    {"sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n", "clock"},
    {"sys/devices/system/node/online", "0\n", "numa-balancing"},
    {"sys/bus/event_source/devices/cpu/type", "4\n", ""},
    {"sys/fs/cgroup/jobs/cpu.max", "200000 100000\n", "cpu-quota"},
    {"sys/fs/cgroup/jobs/one/cpu.max", "max 100000\n", "cpu-quota"},
    {"sys/fs/cgroup/jobs/memory.max", "8589934592\n", "memory-limit"},
    {"sys/fs/cgroup/jobs/one/memory.max", "max\n", "memory-limit"},
    {"sys/kernel/mm/ksm/run", "0\n", "page-merging"},
    {"sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n", "huge-pages"},
    {"sys/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never\n",
     "huge-page-defrag"},
    {0},
};
static const char *const programs[] = {"valgrind",        "hyperfine", "clang-19", "afl-fuzz",
                                       "llvm-symbolizer", "python3",   "go",       "chromium"};
static const char *const libraries[MADE_UP_LIBRARIES] = {"libjemalloc.so.2", "libmimalloc.so.2",
                                                         "libtcmalloc_minimal.so.4"};

static void make_folders(const char *path) {
  char folder[512];
  for (const char *slash = path; (slash = strchr(slash + 1, '/'));) {
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    CHECK(mkdir(folder, 0755) == 0 || errno == EEXIST, "%s: %s", folder, strerror(errno));
  }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static void remove_all(const char *path) {
  struct stat status;
  if (lstat(path, &status) == 0) CHECK(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0, "%s", path);
}

static void write_bytes(const char *below, const char *path, const void *bytes, size_t count, mode_t mode) {
  char name[512];
  snprintf(name, sizeof name, "%s/%s", below, path);
  make_folders(name);
  remove_all(name);
  int file = open(name, O_WRONLY | O_CREAT | O_EXCL, mode);
  CHECK(file >= 0 && write(file, bytes, count) == (ssize_t)count && close(file) == 0, "%s: %s", name,
        strerror(errno));
}

void made_up_name(const char *path, char name[512]) {
  snprintf(name, 512, "%s/%s", root, path);
}

void made_up_write_bytes(const char *path, const void *bytes, size_t count, mode_t mode) {
  write_bytes(root, path, bytes, count, mode);
}

void made_up_write(const char *path, const char *text) {
  write_bytes(root, path, text, strlen(text), 0644);
}

void made_up_write_later(const char *path, const char *text) {
  write_bytes(later, path, text, strlen(text), 0644);
}

void made_up_remove(const char *path) {
  char name[512];
  made_up_name(path, name);
  remove_all(name);
}

void made_up_heal(void) {
  char path[256];
  for (const struct made_up_file *file = made_up_files; file->path; file++)
    made_up_write(file->path, file->text);
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
    snprintf(path, sizeof path, "usr/bin/%s", programs[i]);
    made_up_write_bytes(path, "#!", 2, 0755);
  }
  for (size_t i = 0; i < MADE_UP_LIBRARIES; i++) {
    snprintf(path, sizeof path, "usr/lib/%s", libraries[i]);
    made_up_write(path, "a library");
  }
  made_up_write_later("proc/stat", "cpu0 101 0 0 1195 13 0 0 0 0 0\ncpu1 0 0 101 0 0 0 0 0 0 0\n");
}

static void remove_roots(void) {
  remove_all(root);
  remove_all(later);
}

void made_up_begin(void) {
  CHECK(mkdtemp(root) && mkdtemp(later), "%s: %s", root, strerror(errno));
  CHECK(atexit(remove_roots) == 0, "atexit");
  made_up_heal();
}

// The disk's verdict must not depend on the disk of whoever runs the test.
const struct ht_doctor_plan made_up_plan = {
    .root = root, .later = later, .path = "/usr/bin", .results = "/tmp", .results_bytes = 1};

int made_up_look(struct ht_doctor_report *report) {
  char error[HT_DOCTOR_TEXT];
  int code = ht_doctor_look(&made_up_plan, report, error, sizeof error);
  size_t sum = 0;
  for (int i = 0; i < HT_DOCTOR_VERDICTS; i++) sum += report->counts[i];
  CHECK(code == 0 || code == 1 || code == 3, "%d: %s", code, error);
  CHECK(sum == report->count, "%zu of %zu", sum, report->count);
  for (size_t i = 0; i < report->count; i++) {
    const struct ht_doctor_finding *finding = &report->findings[i];
    CHECK(*finding->value, "%s says nothing", finding->rule->name);
    for (const char *c = finding->value; *c; c++)
      CHECK(*c >= ' ' && *c <= '~', "%s: %s", finding->rule->name, finding->value);
  }
  return code;
}

const struct ht_doctor_finding *made_up_find(const struct ht_doctor_report *report, const char *name) {
  for (size_t i = 0; i < report->count; i++)
    if (strcmp(report->findings[i].rule->name, name) == 0) return &report->findings[i];
  CHECK(false, "no rule %s", name);
  return NULL;
}

static bool has_word(const char *words, const char *word) {
  size_t length = strlen(word);
  for (const char *at = words; (at = strstr(at, word)); at += length)
    if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
  return false;
}

void made_up_expect(const char *rules, enum ht_doctor_verdict verdict, const char *what) {
  struct ht_doctor_report report;
  int code = made_up_look(&report);
  for (size_t i = 0; i < report.count; i++) {
    const struct ht_doctor_finding *finding = &report.findings[i];
    enum ht_doctor_verdict wanted = has_word(rules, finding->rule->name) ? verdict : HT_DOCTOR_FINE;
    CHECK(finding->verdict == wanted, "%s: %s is %s: %s", what, finding->rule->name,
          ht_doctor_verdict_names[finding->verdict], finding->value);
  }
  bool bad = *rules && (verdict == HT_DOCTOR_SPOILS || verdict == HT_DOCTOR_MISSING);
  CHECK(code == bad, "%s: %d", what, code);
}
