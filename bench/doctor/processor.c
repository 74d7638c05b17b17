// What the processor does by itself, or what is made of it: frequencies, threads, clocks, counters.
#include "bench/doctor/doctor_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void doctor_look_virtual(struct doctor *doctor, struct ht_doctor_finding *finding) {
  size_t length;
  char *text = doctor_read(doctor, "proc/cpuinfo", finding);
  if (!text) return;
  const char *flags = doctor_line(text, "flags", &length);
  if (!flags)
    doctor_unknown(finding, "no line \"flags\", which would tell of a hypervisor");
  else if (doctor_has_word(flags, length, "hypervisor"))
    doctor_spoils(finding, "under a hypervisor");
  else
    doctor_fine(finding, "no hypervisor");
  free(text);
}

// The clocks that the vDSO of Linux reads (arch/*/include/asm/vdso/clocksource.h, and the architectures'
// timers that say vdso_clock_mode). kvm-clock and Hyper-V's page are corrected counters.
static const char *const vdso_clocks[] = {
    "tsc",      "tsc-early",         "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter",
    "timebase", "riscv_clocksource", "tod"};

void doctor_look_clock(struct doctor *doctor, struct ht_doctor_finding *finding) {
  char *name =
      doctor_read(doctor, "sys/devices/system/clocksource/clocksource0/current_clocksource", finding);
  if (!name) return;
  bool quick = false;
  for (size_t i = 0; i < sizeof vdso_clocks / sizeof *vdso_clocks; i++)
    quick |= strcmp(name, vdso_clocks[i]) == 0;
  if (!*name || strpbrk(name, " \t\n"))
    doctor_unknown(finding, "\"%.40s\" is no clock", name);
  else
    doctor_judge(finding, quick, "%.40s", name);
  free(name);
}

// Linux, admin-guide/pm/cpufreq.rst.
static const char governors[] = "performance powersave ondemand conservative schedutil userspace";

void doctor_look_governor(struct doctor *doctor, struct ht_doctor_finding *finding) {
  struct doctor_cpus cpus;
  size_t others = 0;
  char other[16] = "";
  if (!doctor_cpus_online(doctor, finding, &cpus)) return;
  for (size_t i = 0; i < DOCTOR_CPUS_MAX; i++) {
    char path[128];
    if (!cpus.in[i]) continue;
    snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%zu/cpufreq/scaling_governor", i);
    char *governor = doctor_read(doctor, path, finding);
    if (!governor) return;
    bool known = doctor_has_word(governors, strlen(governors), governor);
    if (!known) doctor_unknown(finding, "\"%.40s\" is no governor", governor);
    if (known && strcmp(governor, "performance") != 0 && others++ == 0)
      snprintf(other, sizeof other, "%.15s", governor);
    free(governor);
    if (!known) return;
  }
  if (others)
    doctor_spoils(finding, "%s on %zu of %zu CPUs", other, others, cpus.count);
  else
    doctor_fine(finding, "performance");
}

void doctor_look_boost(struct doctor *doctor, struct ht_doctor_finding *finding) {
  // Intel's driver says the opposite of what everybody else does.
  static const char intel[] = "sys/devices/system/cpu/intel_pstate/no_turbo";
  bool turned = doctor_exists(doctor, intel);
  long long value;
  if (!doctor_read_number(doctor, turned ? intel : "sys/devices/system/cpu/cpufreq/boost", 0, 1, finding,
                          &value))
    return;
  bool on = turned ? value == 0 : value == 1;
  doctor_judge(finding, !on, on ? "on" : "off");
}

void doctor_look_smt(struct doctor *doctor, struct ht_doctor_finding *finding) {
  long long active;
  static const char path[] = "sys/devices/system/cpu/smt/active";
  if (doctor_exists(doctor, path)) {
    if (doctor_read_number(doctor, path, 0, 1, finding, &active))
      doctor_judge(finding, !active, active ? "on" : "off");
    return;
  }
  // Kernels before 4.19.
  struct doctor_cpus siblings;
  char *text = doctor_read(doctor, "sys/devices/system/cpu/cpu0/topology/thread_siblings_list", finding);
  if (!text) return;
  if (!doctor_cpus(text, strlen(text), &siblings) || siblings.count == 0)
    doctor_unknown(finding, "\"%.40s\" is no list of CPUs", text);
  else
    doctor_judge(finding, siblings.count == 1, "%zu thread%s a core", siblings.count,
                 siblings.count == 1 ? "" : "s");
  free(text);
}

static int is_shown(const struct dirent *entry) {
  return *entry->d_name != '.';
}

void doctor_look_mitigations(struct doctor *doctor, struct ht_doctor_finding *finding) {
  static const char path[] = "sys/devices/system/cpu/vulnerabilities";
  char active[HT_DOCTOR_TEXT] = "";
  size_t looked_at = 0;
  struct dirent **entries = NULL;
  snprintf(finding->file, sizeof finding->file, "/%s", path);
  int folder = doctor_open(doctor, doctor->root, path, O_RDONLY | O_DIRECTORY);
  int count = folder < 0 ? -1 : scandirat(folder, ".", &entries, is_shown, alphasort);
  if (count < 0) doctor_unknown(finding, "%s", errno == ENOENT ? "no such folder" : strerror(errno));
  if (folder >= 0) close(folder);
  if (count < 0) return;
  for (int i = 0; i < count; i++) {
    static const char mitigated[] = "Mitigation:";
    char file[512];
    struct ht_doctor_finding one;
    snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
    char *state = doctor_read(doctor, file, &one);
    looked_at += state != NULL;
    if (state && strncmp(state, mitigated, strlen(mitigated)) == 0)
      doctor_append(active, sizeof active, "%s%s", *active ? ", " : "", entries[i]->d_name);
    free(state);
    free(entries[i]);
  }
  free(entries);
  if (looked_at == 0)
    doctor_unknown(finding, "no file that can be read");
  else
    doctor_fine(finding, "%s", *active ? active : "none is active");
}

// What the kernel says of a counter that was asked for.
static void open_counter(struct ht_doctor_finding *finding, long long paranoid) {
  struct perf_event_attr attributes = {
      .type = PERF_TYPE_HARDWARE,
      .size = sizeof attributes,
      .config = PERF_COUNT_HW_INSTRUCTIONS,
      .exclude_kernel = 1,
      .exclude_hv = 1,
  };
  long counter = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (counter >= 0) {
    close((int)counter);
    doctor_fine(finding, "instructions can be counted (perf_event_paranoid %lld)", paranoid);
  } else if (errno == ENOENT || errno == ENODEV || errno == EOPNOTSUPP) {
    doctor_missing(finding, "the processor shows no counter of instructions");
  } else {
    doctor_missing(finding, "perf_event_open: %s (perf_event_paranoid %lld)", strerror(errno), paranoid);
  }
}

// Where the processor's counters are called: x86 and others, Intel's hybrids, ARM.
static const char *const counter_devices[] = {"cpu", "cpu_core", "armv8_pmuv3", "armv8_pmuv3_0"};

void doctor_look_counters(struct doctor *doctor, struct ht_doctor_finding *finding) {
  long long paranoid;
  enum { PARANOID_LEAST = -1, PARANOID_MOST = 4, PARANOID_USER = 2 }; // Ubuntu's kernel knows 4
  if (!doctor_read_number(doctor, "proc/sys/kernel/perf_event_paranoid", PARANOID_LEAST, PARANOID_MOST,
                          finding, &paranoid))
    return;
  if (doctor->here) {
    open_counter(finding, paranoid);
    return;
  }
  bool there = false;
  for (size_t i = 0; i < sizeof counter_devices / sizeof *counter_devices; i++) {
    char path[128];
    snprintf(path, sizeof path, "sys/bus/event_source/devices/%s/type", counter_devices[i]);
    there |= doctor_exists(doctor, path);
  }
  if (!doctor_exists(doctor, "sys/bus/event_source/devices"))
    doctor_unknown(finding, "no folder sys/bus/event_source/devices");
  else if (!there)
    doctor_missing(finding, "the processor shows no counters");
  else if (paranoid > PARANOID_USER)
    doctor_missing(finding, "perf_event_paranoid %lld", paranoid);
  else
    doctor_fine(finding, "perf_event_paranoid %lld", paranoid);
}
