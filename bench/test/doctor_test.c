// doctor_test PACKAGES: on a healthy made-up system all is fine, and one file changed changes the verdicts
// that stand on it and no other. PACKAGES is the list of Debian packages, which has to have what a mend tells
// people to install.
#include "bench/test/made_up.h"
#include "plugin/plugin.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// One file changed, the verdicts that change, and a word of what was found. NULL as text: there is no such
// file.
static const struct change {
  const char *path, *text, *rules;
  enum ht_doctor_verdict verdict;
  const char *found;
} changes[] = {
    {"proc/loadavg", "0.50 9 9 1/88 1\n", "", HT_DOCTOR_FINE, NULL},
    {"proc/loadavg", "0.51 0 0 1/88 1\n", "load", HT_DOCTOR_SPOILS, "0.51 on 2 CPUs"},
    {"proc/loadavg", "-1 0 0 1/88 1\n", "load", HT_DOCTOR_UNKNOWN, "no load average"},
    {"proc/loadavg", "nan 0 0 1/88 1\n", "load", HT_DOCTOR_UNKNOWN, "no load average"},
    {"proc/stat", "cpu0 90 0 0 1000 10 0 0 0 0 0\ncpu1 0 0 100 0 0 0 0 0 0 0\n", "others", HT_DOCTOR_SPOILS,
     "take 0.11 of 2 CPUs"},
    {"proc/stat", "cpu0 101 0 0 1195 13 0 0 1 0 0\ncpu1 0 0 101 0 0 0 0 0 0 0\n", "others steal",
     HT_DOCTOR_UNKNOWN, "less time"},
    {"proc/stat", "cpu0 101 0 0 1195 13 0 0 0 0 0\ncpu1 0 0 101 0 0 0 0 0 0 0\n", "others steal",
     HT_DOCTOR_UNKNOWN, "no time passed"},
    {"proc/stat", "cpu0 102 0 0 1000 13 0 0 0 0 0\ncpu1 0 0 101 0 0 0 0 0 0 0\n", "others steal",
     HT_DOCTOR_UNKNOWN, "less time"},
    {"proc/stat", "cpu0 1 2 3 4 5 6 7\ncpu1 1 2 3 4 5 6 7 8\n", "others steal", HT_DOCTOR_UNKNOWN,
     "1 lines \"cpu\" with eight numbers, for 2 CPUs"},
    // Who is busy elsewhere disturbs nobody here.
    {"proc/stat", "cpu0 100 0 0 1000 10 0 0 0 0 0\ncpu1 0 0 100 0 0 0 0 0 0 0\ncpu2 9 9 9 9 9 9 9 9 9 9\n",
     "", HT_DOCTOR_FINE, NULL},
    {"proc/cpuinfo", "flags\t: fpu hypervisor vme\n", "virtual", HT_DOCTOR_SPOILS, "hypervisor"},
    {"proc/cpuinfo", "flags\t: fpu nohypervisor vme\n", "", HT_DOCTOR_FINE, NULL},
    {"proc/cmdline", "isolcpus=managed_irq,domain,0-1 nohz_full=0-1\n", "isolation", HT_DOCTOR_SPOILS,
     "isolcpus=0-1, nohz_full=0-1: this process may use 2"},
    {"proc/cmdline", "quiet isolcpus=1,5-7\n", "", HT_DOCTOR_FINE, NULL},
    {"proc/cmdline", "isolcpus=domain,x\n", "isolation", HT_DOCTOR_UNKNOWN, "no list of CPUs"},
    {"proc/cmdline", "isolcpus=\n", "isolation", HT_DOCTOR_UNKNOWN, "no list of CPUs"},
    {"proc/meminfo", "MemAvailable: 7000000 kB\nSwapTotal: 1024 kB\nSwapFree: 512 kB\n", "swap swappiness",
     HT_DOCTOR_SPOILS, "0.5 of 1 MB used"},
    {"proc/meminfo", "MemAvailable: 7000000 kB\nSwapTotal: 1024 kB\nSwapFree: 1024 kB\n", "swappiness",
     HT_DOCTOR_SPOILS, "60, with swap"},
    {"proc/meminfo", "MemAvailable: 7000000 kB\nSwapTotal: 1024 kB\nSwapFree: 2048 kB\n", "swap swappiness",
     HT_DOCTOR_UNKNOWN, "SwapFree"},
    {"proc/meminfo", "MemAvailable: 4194303 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n", "memory",
     HT_DOCTOR_SPOILS, "4096 MB available"},
    {"proc/self/status", "Cpus_allowed_list:\t0\n", "cpus", HT_DOCTOR_SPOILS, "1 of 2"},
    {"proc/self/status", "Cpus_allowed_list:\t0-127\n", "", HT_DOCTOR_FINE, NULL},
    {"proc/self/status", "Cpus_allowed_list:\t5\n", "load others steal cpus cpu-quota isolation",
     HT_DOCTOR_UNKNOWN, "online"},
    {"proc/self/status", "Cpus_allowed_list:\t1-0\n", "load others steal cpus cpu-quota isolation",
     HT_DOCTOR_UNKNOWN, NULL},
    {"proc/self/status", "Cpus_allowed_list:\t0-1,3-2\n", "load others steal cpus cpu-quota isolation",
     HT_DOCTOR_UNKNOWN, NULL},
    {"proc/self/status", "Cpus_allowed_list:\t0-99999999999\n", "load others steal cpus cpu-quota isolation",
     HT_DOCTOR_UNKNOWN, NULL},
    {"proc/self/stat",
     "7 (a) b) R 1 2 3 4 -1 4194304 1 0 0 0 0 0 0 0 -51 0 1 0 6 3 4 1 9 9 1 0 0 0 0 0 0 0 0 0 17 0 50 1 0 0 "
     "0 "
     "0\n",
     "real-time", HT_DOCTOR_SPOILS, "950000 of 1000000 us; this process is real-time"},
    {"proc/self/cgroup", "2:memory:/\n1:cpu,cpuacct:/\n", "", HT_DOCTOR_FINE, NULL},
    {"proc/self/cgroup", "2:memory:/\n", "cpu-quota", HT_DOCTOR_UNKNOWN, "no control group of \"cpu\""},
    {"proc/self/limits", "Max address space     1073741824     unlimited  bytes\n", "address-space",
     HT_DOCTOR_SPOILS, "1024 MB"},
    {"proc/sys/kernel/perf_event_paranoid", "3\n", "counters", HT_DOCTOR_MISSING, "perf_event_paranoid 3"},
    {"proc/sys/kernel/perf_event_paranoid", "-1\n", "", HT_DOCTOR_FINE, NULL},
    {"sys/bus/event_source/devices/cpu", NULL, "counters", HT_DOCTOR_MISSING, "no counters"},
    {"sys/bus/event_source/devices", NULL, "counters", HT_DOCTOR_UNKNOWN, "no folder"},
    {"proc/sys/kernel/sched_autogroup_enabled", "1\n", "autogroup", HT_DOCTOR_SPOILS, "on"},
    {"proc/sys/kernel/randomize_va_space", "0\n", "aslr", HT_DOCTOR_SPOILS, "0"},
    {"proc/sys/kernel/randomize_va_space", "1\n", "aslr", HT_DOCTOR_SPOILS, "1"},
    {"proc/sys/kernel/randomize_va_space", "3\n", "aslr", HT_DOCTOR_UNKNOWN,
     "\"3\" is no number from 0 to 2"},
    {"proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n", "core-pattern",
     HT_DOCTOR_SPOILS, "systemd-coredump"},
    {"proc/sys/kernel/core_pattern", "caf\xc3\xa9\n", "", HT_DOCTOR_FINE, NULL}, // and printable, as all is
    {"proc/sys/vm/mmap_rnd_bits", "32\n", "", HT_DOCTOR_FINE, NULL},             // with clang-19 there
    {"proc/sys/vm/overcommit_memory", "1\n", "", HT_DOCTOR_FINE, NULL},
    {"proc/sys/vm/overcommit_memory", "-1\n", "overcommit", HT_DOCTOR_UNKNOWN, "no number from 0 to 2"},
    {"proc/sys/vm/overcommit_memory", "2\n", "overcommit", HT_DOCTOR_SPOILS, "2"},
    {"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n", "governor", HT_DOCTOR_SPOILS,
     "powersave on 1 of 2 CPUs"},
    {"sys/devices/system/cpu/cpufreq/boost", "1\n", "boost", HT_DOCTOR_SPOILS, "on"},
    {"sys/devices/system/cpu/intel_pstate/no_turbo", "0\n", "boost", HT_DOCTOR_SPOILS, "on"},
    {"sys/devices/system/cpu/smt/active", "1\n", "smt", HT_DOCTOR_SPOILS, "on"},
    {"sys/devices/system/cpu/smt/active", NULL, "smt", HT_DOCTOR_UNKNOWN, "no such file"},
    {"sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n", "clock", HT_DOCTOR_SPOILS,
     "hpet"},
    {"sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock\n", "", HT_DOCTOR_FINE,
     NULL},
    {"sys/fs/cgroup/jobs/cpu.max", "150000 100000\n", "cpu-quota", HT_DOCTOR_SPOILS, "1.50 of 2 CPUs"},
    {"sys/fs/cgroup/jobs/one/cpu.max", "50000 100000\n", "cpu-quota", HT_DOCTOR_SPOILS, "0.50 of 2 CPUs"},
    {"sys/fs/cgroup/jobs/one/cpu.max", "50000 0\n", "cpu-quota", HT_DOCTOR_UNKNOWN, "no quota"},
    {"sys/fs/cgroup/jobs/one/memory.max", "1073741824\n", "memory-limit", HT_DOCTOR_SPOILS, "1024 MB"},
    {"sys/fs/cgroup/jobs", NULL, "", HT_DOCTOR_FINE, NULL},
    {"sys/kernel/mm/ksm/run", "1\n", "page-merging", HT_DOCTOR_SPOILS, "on"},
    {"sys/kernel/mm/ksm/run", "2\n", "", HT_DOCTOR_FINE, NULL},
    {"sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n", "huge-pages", HT_DOCTOR_SPOILS,
     "always"},
    {"sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n", "", HT_DOCTOR_FINE, NULL},
    {"sys/kernel/mm/transparent_hugepage/enabled", "[sometimes]\n", "huge-pages", HT_DOCTOR_UNKNOWN,
     "is none of"},
    {"sys/kernel/mm/transparent_hugepage/defrag", "[always] defer madvise never\n", "huge-page-defrag",
     HT_DOCTOR_SPOILS, "always"},
    {"usr/bin/valgrind", NULL, "valgrind", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/hyperfine", NULL, "hyperfine", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/clang-19", NULL, "clang-19", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/clang-19", "not executable", "clang-19", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/afl-fuzz", NULL, "afl-fuzz", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/llvm-symbolizer", NULL, "llvm-symbolizer", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/python3", NULL, "python3", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/go", NULL, "go", HT_DOCTOR_MISSING, "not installed"},
    {"usr/bin/chromium", NULL, "", HT_DOCTOR_FINE, NULL},
    {"usr/lib/libjemalloc.so.2", NULL, "libjemalloc.so.2", HT_DOCTOR_MISSING, "not installed"},
    {"usr/lib/libmimalloc.so.2", NULL, "libmimalloc.so.2", HT_DOCTOR_MISSING, "not installed"},
    {"usr/lib/libtcmalloc_minimal.so.4", NULL, "libtcmalloc_minimal.so.4", HT_DOCTOR_MISSING,
     "not installed"},
};

static void try_changes(void) {
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    const struct change *change = &changes[i];
    struct ht_doctor_report report;
    char what[512], name[64];
    if (change->text)
      made_up_write(change->path, change->text);
    else
      made_up_remove(change->path);
    snprintf(what, sizeof what, "%s: %s", change->path, change->text ? change->text : "not there");
    made_up_expect(change->rules, change->verdict, what);
    if (change->found) {
      made_up_look(&report);
      snprintf(name, sizeof name, "%.*s", (int)strcspn(change->rules, " "), change->rules);
      const char *value = made_up_find(&report, name)->value;
      CHECK(strstr(value, change->found), "%s: %s", what, value);
    }
    made_up_remove(change->path);
    made_up_heal();
  }
}

// What takes more than one file.
static void try_pairs(void) {
  // A quota and a limit of version 1, in a group of the host whose folder is not there.
  made_up_write("proc/self/cgroup", "3:memory:/docker/1\n2:cpu,cpuacct:/docker/1\n0::/\n");
  made_up_write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  made_up_write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  made_up_write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  made_up_expect("", HT_DOCTOR_FINE, "version 1 without limits");
  made_up_write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
  made_up_expect("cpu-quota", HT_DOCTOR_SPOILS, "a quota of version 1");
  made_up_write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000\n");
  made_up_expect("cpu-quota memory-limit", HT_DOCTOR_SPOILS, "a limit of version 1");
  made_up_remove("sys/fs/cgroup/cpu");
  made_up_remove("sys/fs/cgroup/memory");
  made_up_heal();

  made_up_write("sys/devices/system/node/online", "0-1\n");
  made_up_expect("", HT_DOCTOR_FINE, "two nodes");
  made_up_write("proc/sys/kernel/numa_balancing", "1\n");
  made_up_expect("numa-balancing", HT_DOCTOR_SPOILS, "two nodes that are balanced");
  made_up_write("sys/devices/system/node/online", "0\n");
  made_up_expect("", HT_DOCTOR_FINE, "one node that is balanced");
  made_up_heal();

  made_up_write("proc/meminfo", "MemAvailable: 7000000 kB\nSwapTotal: 1024 kB\nSwapFree: 1024 kB\n");
  made_up_write("proc/sys/vm/swappiness", "0\n");
  made_up_expect("", HT_DOCTOR_FINE, "swap for need only");
  made_up_heal();

  made_up_remove("sys/devices/system/cpu/smt");
  made_up_write("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0\n");
  made_up_expect("", HT_DOCTOR_FINE, "no siblings, on an old kernel");
  made_up_write("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,4\n");
  made_up_expect("smt", HT_DOCTOR_SPOILS, "siblings, on an old kernel");
  made_up_remove("sys/devices/system/cpu/cpu0/topology");
  made_up_heal();

  made_up_write("proc/self/stat", "7 (a) b) R 1 2 3 4 -1 4194304 1 0 0 0 0 0 0 0 -51 0 1 0 6 3 4 1 9 9 1 0 0 "
                                  "0 0 0 0 0 0 0 17 0 50 1 0 0\n");
  made_up_write("proc/sys/kernel/sched_rt_runtime_us", "-1\n");
  made_up_expect("", HT_DOCTOR_FINE, "real-time without a bound");
  made_up_heal();

  made_up_write("proc/sys/vm/mmap_rnd_bits", "29\n");
  made_up_remove("usr/bin/clang-19");
  struct ht_doctor_report report;
  CHECK(made_up_look(&report) == 1 && made_up_find(&report, "mmap-bits")->verdict == HT_DOCTOR_SPOILS,
        "29 bits, no clang-19");
  made_up_heal();

  made_up_remove("usr/bin/valgrind");
  made_up_write("usr/bin/valgrind/bin", "");
  made_up_expect("valgrind", HT_DOCTOR_MISSING, "a folder in the place of a program");
  made_up_heal();

  made_up_remove("usr/bin/llvm-symbolizer");
  made_up_write_bytes("usr/bin/llvm-symbolizer-19", "#!", 2, 0755);
  made_up_expect("", HT_DOCTOR_FINE, "the other symbolizer");
  made_up_remove("usr/bin/llvm-symbolizer-19");
  made_up_heal();

  made_up_write_later("proc/stat", "cpu0 101 0 0 1170 13 0 0 26 0 0\ncpu1 0 0 101 0 0 0 0 0 0 0\n");
  made_up_expect("steal", HT_DOCTOR_SPOILS, "steal");
  CHECK(made_up_look(&report) == 1 && strstr(made_up_find(&report, "steal")->value, "12.9 %"), "%s",
        made_up_find(&report, "steal")->value);
  made_up_write_later("proc/stat", "cpu0 101");
  made_up_expect("others steal", HT_DOCTOR_UNKNOWN, "a second look that is cut short");
  made_up_heal();
}

// A link with a whole path means a place below the root.
static void try_links(void) {
  struct open_how how = {.flags = O_PATH, .resolve = RESOLVE_IN_ROOT};
  if (syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how) < 0) return; // an old kernel has no such thing
  char link[512];
  made_up_name("usr/bin/valgrind", link);
  made_up_remove("usr/bin/valgrind");
  CHECK(symlink("/opt/valgrind", link) == 0, "%s", link);
  made_up_write_bytes("opt/valgrind", "#!", 2, 0755);
  made_up_expect("", HT_DOCTOR_FINE, "a link into the root");
  made_up_remove("usr/bin/valgrind");
  CHECK(access("/bin/sh", X_OK) == 0 && symlink("/bin/sh", link) == 0, "%s", link);
  made_up_expect("valgrind", HT_DOCTOR_MISSING, "a link out of the root");
  made_up_heal();
}

static void try_roots(void) {
  struct ht_doctor_report report;
  char error[HT_DOCTOR_TEXT], empty[] = "/tmp/heaptrial-doctor-XXXXXX";
  CHECK(mkdtemp(empty), "%s", empty);
  struct ht_doctor_plan other = {.root = empty, .path = "/usr/bin"};
  CHECK(ht_doctor_look(&other, &report, error, sizeof error) == 3, "%s", error);
  CHECK(report.counts[HT_DOCTOR_UNKNOWN] == report.count && strstr(error, empty), "%s", error);
  CHECK(rmdir(empty) == 0 && ht_doctor_look(&other, &report, error, sizeof error) == 2, "%s", error);
  CHECK(strstr(error, empty), "%s", error);
  other = (struct ht_doctor_plan){.root = made_up_plan.root, .later = empty, .path = "/usr/bin"};
  CHECK(ht_doctor_look(&other, &report, error, sizeof error) == 2 && strstr(error, empty), "%s", error);

  // Without a second look there is no rate, without a folder no disk.
  other.later = NULL;
  CHECK(ht_doctor_look(&other, &report, error, sizeof error) == 0, "%s", error);
  CHECK(report.counts[HT_DOCTOR_UNKNOWN] == 3, "%zu", report.counts[HT_DOCTOR_UNKNOWN]);
  CHECK(strstr(made_up_find(&report, "others")->value, "second look"), "%s",
        made_up_find(&report, "others")->value);

  // More than there is; a folder that is not there.
  other = made_up_plan;
  other.results_bytes = UINT64_MAX;
  CHECK(ht_doctor_look(&other, &report, error, sizeof error) == 1, "%s", error);
  CHECK(made_up_find(&report, "disk")->verdict == HT_DOCTOR_MISSING, "%s",
        made_up_find(&report, "disk")->value);
  other.results = empty;
  CHECK(ht_doctor_look(&other, &report, error, sizeof error) == 0, "%s", error);
  CHECK(made_up_find(&report, "disk")->verdict == HT_DOCTOR_UNKNOWN, "%s",
        made_up_find(&report, "disk")->value);

  if (geteuid() != 0) {
    char locked[] = "/tmp/heaptrial-doctor-XXXXXX";
    CHECK(mkdtemp(locked) && chmod(locked, 0500) == 0, "%s", locked);
    other.results = locked, other.results_bytes = 1;
    CHECK(ht_doctor_look(&other, &report, error, sizeof error) == 1, "%s", error);
    CHECK(strstr(made_up_find(&report, "disk")->value, "cannot be written"), "%s",
          made_up_find(&report, "disk")->value);
    CHECK(rmdir(locked) == 0, "%s", locked);
  }

  // This machine: nobody knows what is found, but all is looked at.
  other = (struct ht_doctor_plan){.seconds = 0.02, .results = "/tmp"};
  int code = ht_doctor_look(&other, &report, error, sizeof error);
  CHECK(code == (report.counts[HT_DOCTOR_SPOILS] + report.counts[HT_DOCTOR_MISSING] > 0), "%d", code);
  CHECK(made_up_find(&report, "load")->verdict != HT_DOCTOR_UNKNOWN, "%s",
        made_up_find(&report, "load")->value);
}

static void try_warning(void) {
  char text[4 * HT_DOCTOR_TEXT];
  CHECK(!ht_doctor_warning(&made_up_plan, text, sizeof text), "%s", text);
  // What does not disturb times is not worth a warning, nor is the load of a minute ago.
  made_up_write("proc/sys/vm/overcommit_memory", "2\n");
  made_up_write("proc/loadavg", "5 5 5 1/88 1\n");
  CHECK(!ht_doctor_warning(&made_up_plan, text, sizeof text), "%s", text);
  made_up_write_later("proc/stat", "cpu0 200 0 0 1100 10 0 0 0 0 0\ncpu1 0 0 100 0 0 0 0 0 0 0\n");
  CHECK(ht_doctor_warning(&made_up_plan, text, sizeof text), "busy");
  CHECK(strcmp(text, "this machine disturbs wall time: others take 1.00 of 2 CPUs; see heaptrial doctor") ==
            0,
        "%s", text);
  made_up_write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n");
  CHECK(ht_doctor_warning(&made_up_plan, text, sizeof text), "busy");
  CHECK(strcmp(text,
               "this machine disturbs wall time and CPU time: others take 1.00 of 2 CPUs, governor schedutil "
               "on 1 of 2 CPUs; see heaptrial doctor") == 0,
        "%s", text);
  made_up_heal();
}

// Names that stand elsewhere too: packages, and the libraries that a heap wants preloaded.
static void try_names(const char *packages) {
  static const char install[] = "apt-get install ", runtimes[] = "python3 golang-go";
  char list[8192] = "\n";
  FILE *file = fopen(packages, "r");
  CHECK(file, "%s", packages);
  CHECK(fread(list + 1, 1, sizeof list - 2, file) > 0 && feof(file), "%s", packages);
  fclose(file);
  size_t checked = 0;
  for (const struct ht_doctor_rule *rule = ht_doctor_rules; rule->name; rule++) {
    const char *at = rule->mend ? strstr(rule->mend, install) : NULL;
    char package[64];
    CHECK(rule->holds && rule->source && (rule->mend || !rule->spoils), "%s", rule->name);
    if (!at) continue;
    snprintf(package, sizeof package, "\n%s\n", at + strlen(install));
    CHECK(strstr(list, package) || strstr(runtimes, at + strlen(install)), "%s is not in %s", package,
          packages);
    checked++;
  }
  CHECK(checked > 0, "no mend names a package");

  char **names = ht_plugin_names(), message[1024];
  size_t preloads = 0;
  struct ht_doctor_report report;
  made_up_look(&report);
  for (size_t i = 0; names && names[i]; i++) {
    struct ht_plugin_choice choice;
    CHECK(ht_plugin_choose(names[i], &choice, message, sizeof message), "%s", message);
    if (choice.preload) made_up_find(&report, choice.preload);
    preloads += choice.preload != NULL;
    ht_plugin_choice_free(&choice);
  }
  ht_plugin_names_free(names);
  CHECK(preloads == MADE_UP_LIBRARIES, "%zu preloads", preloads);
}

int main(int argc, char **argv) {
  CHECK(argc == 2, "usage: doctor_test PACKAGES");
  made_up_begin();
  made_up_expect("", HT_DOCTOR_FINE, "a healthy system");
  try_names(argv[1]);
  try_changes();
  try_pairs();
  try_links();
  try_roots();
  try_warning();
  return 0;
}
