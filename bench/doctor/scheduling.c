// Who runs when, and where: CPUs, quotas, policies.
#include "bench/doctor/doctor_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool doctor_cpus_online(const struct doctor *doctor, struct ht_doctor_finding *finding,
                        struct doctor_cpus *cpus) {
  char *text = doctor_read(doctor, "sys/devices/system/cpu/online", finding);
  if (!text) return false;
  bool good = doctor_cpus(text, strlen(text), cpus) && cpus->count;
  if (!good) doctor_unknown(finding, "\"%.40s\" is no list of CPUs", text);
  free(text);
  return good;
}

// The list of a process may have CPUs that are not there.
bool doctor_cpus_allowed(const struct doctor *doctor, struct ht_doctor_finding *finding,
                         struct doctor_cpus *cpus) {
  struct doctor_cpus online;
  size_t length;
  if (!doctor_cpus_online(doctor, finding, &online)) return false;
  char *text = doctor_read(doctor, "proc/self/status", finding);
  if (!text) return false;
  const char *list = doctor_line(text, "Cpus_allowed_list:", &length);
  bool good = list && doctor_cpus(list, length, cpus);
  if (good) {
    cpus->count = 0;
    for (size_t i = 0; i < DOCTOR_CPUS_MAX; i++) cpus->count += cpus->in[i] &= online.in[i];
    good = cpus->count > 0;
  }
  if (!good) doctor_unknown(finding, "no line \"Cpus_allowed_list\" with CPUs that are online");
  free(text);
  return good;
}

void doctor_look_cpus(struct doctor *doctor, struct ht_doctor_finding *finding) {
  struct doctor_cpus online, allowed;
  if (!doctor_cpus_online(doctor, finding, &online) || !doctor_cpus_allowed(doctor, finding, &allowed))
    return;
  doctor_judge(finding, (double)allowed.count >= finding->rule->limit, "%zu of %zu", allowed.count,
               online.count);
}

// A group's quota in CPUs, if it has one.
static bool take_quota(const struct doctor *doctor, const char *folder, bool unified,
                       struct ht_doctor_finding *finding, double *least) {
  char path[HT_DOCTOR_TEXT * 2];
  long long quota, period;
  if (unified) {
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (!doctor_exists(doctor, path)) return true;
    char *text = doctor_read(doctor, path, finding), rest;
    if (!text) return false;
    bool limited = strncmp(text, "max ", 4) != 0;
    bool good =
        !limited || (sscanf(text, "%lld %lld%c", &quota, &period, &rest) == 2 && quota > 0 && period > 0);
    if (!good) doctor_unknown(finding, "\"%.40s\" is no quota", text);
    free(text);
    if (!good || !limited) return good;
  } else {
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!doctor_exists(doctor, path)) return true;
    if (!doctor_read_number(doctor, path, -1, INT64_MAX, finding, &quota)) return false;
    if (quota == -1) return true;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!doctor_read_number(doctor, path, 1, INT64_MAX, finding, &period)) return false;
  }
  double cpus = (double)quota / (double)period;
  if (cpus < *least) *least = cpus;
  return true;
}

void doctor_look_quota(struct doctor *doctor, struct ht_doctor_finding *finding) {
  struct doctor_cpus cpus;
  double quota = DOCTOR_CPUS_MAX;
  if (!doctor_cpus_allowed(doctor, finding, &cpus) ||
      !doctor_groups(doctor, "cpu", finding, take_quota, &quota))
    return;
  if (quota < DOCTOR_CPUS_MAX)
    doctor_judge(finding, quota >= (double)cpus.count, "%.2f of %zu CPUs", quota, cpus.count);
  else
    doctor_fine(finding, "none");
}

void doctor_look_autogroup(struct doctor *doctor, struct ht_doctor_finding *finding) {
  long long on;
  if (doctor_read_number(doctor, "proc/sys/kernel/sched_autogroup_enabled", 0, 1, finding, &on))
    doctor_judge(finding, !on, on ? "on" : "off");
}

// The policy of this process: field 41 of /proc/self/stat, which counts from the name in brackets.
static bool read_policy(const struct doctor *doctor, struct ht_doctor_finding *finding, long long *policy) {
  enum { POLICY = 41, AFTER_NAME = 3, POLICY_MAX = 7 };
  char *text = doctor_read(doctor, "proc/self/stat", finding);
  if (!text) return false;
  char *field = strrchr(text, ')'), *rest;
  bool good = field != NULL;
  field = field ? strtok_r(field + 1, " ", &rest) : NULL;
  for (int i = AFTER_NAME; field && i < POLICY; i++) field = strtok_r(NULL, " ", &rest);
  good = good && field && doctor_number(field, 0, POLICY_MAX, policy);
  if (!good) doctor_unknown(finding, "no scheduling policy in field %d", POLICY);
  free(text);
  return good;
}

void doctor_look_realtime(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum { FIFO = 1, ROUND_ROBIN = 2 }; // <linux/sched.h>
  long long runtime, period, policy;
  if (!read_policy(doctor, finding, &policy) ||
      !doctor_read_number(doctor, "proc/sys/kernel/sched_rt_period_us", 1, INT32_MAX, finding, &period) ||
      !doctor_read_number(doctor, "proc/sys/kernel/sched_rt_runtime_us", -1, INT32_MAX, finding, &runtime))
    return;
  bool realtime = policy == FIFO || policy == ROUND_ROBIN;
  if (runtime == -1)
    doctor_fine(finding, "no bound");
  else
    doctor_judge(finding, !realtime || runtime >= period, "%lld of %lld us; this process is %sreal-time",
                 runtime, period, realtime ? "" : "not ");
}

// The list of a kernel parameter that ends in CPUs: "isolcpus=managed_irq,domain,2-3".
static bool find_parameter(const char *line, const char *name, const char **list, size_t *length) {
  size_t name_length = strlen(name);
  for (const char *word = line; *word; word += strcspn(word, " "), word += strspn(word, " ")) {
    if (strncmp(word, name, name_length) != 0) continue;
    word += name_length;
    size_t end = strcspn(word, " ");
    *length = end;
    *list = word;
    while (*length && (**list < '0' || **list > '9')) {
      size_t flag = strcspn(*list, ", ");
      if (flag >= *length) return true;
      *list += flag + 1;
      *length -= flag + 1;
    }
    return true;
  }
  *length = 0;
  *list = "";
  return false;
}

void doctor_look_isolation(struct doctor *doctor, struct ht_doctor_finding *finding) {
  struct doctor_cpus allowed, isolated;
  const char *list, *tickless;
  size_t length, tickless_length, both = 0;
  if (!doctor_cpus_allowed(doctor, finding, &allowed)) return;
  char *text = doctor_read(doctor, "proc/cmdline", finding);
  if (!text) return;
  bool isolates = find_parameter(text, "isolcpus=", &list, &length);
  find_parameter(text, "nohz_full=", &tickless, &tickless_length);
  if (!doctor_cpus(list, length, &isolated) || (isolates && isolated.count == 0)) {
    doctor_unknown(finding, "isolcpus=%.*s is no list of CPUs", (int)(length < 40 ? length : 40), list);
  } else {
    for (size_t i = 0; i < DOCTOR_CPUS_MAX; i++) both += allowed.in[i] && isolated.in[i];
    if (!isolates)
      doctor_fine(finding, "none is isolated");
    else
      doctor_judge(finding, (double)both <= finding->rule->limit,
                   "isolcpus=%.*s, nohz_full=%.*s: this process may use %zu of them", (int)length, list,
                   (int)tickless_length, tickless, both);
  }
  free(text);
}
