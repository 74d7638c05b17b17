// Who else uses the machine: the average of the last minute, and now.
#include "bench/doctor/doctor_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Numbers that no machine reaches.
static const double load_max = 1e6;

void doctor_look_load(struct doctor *doctor, struct ht_doctor_finding *finding) {
  struct doctor_cpus cpus;
  double load, longer, longest;
  int running, tasks;
  if (!doctor_cpus_allowed(doctor, finding, &cpus)) return;
  char *text = doctor_read(doctor, "proc/loadavg", finding);
  if (!text) return;
  // NaN is no load either.
  if (sscanf(text, "%lf %lf %lf %d/%d", &load, &longer, &longest, &running, &tasks) != 5 ||
      !(load >= 0 && load < load_max))
    doctor_unknown(finding, "\"%.40s\" is no load average", text);
  else
    doctor_judge(finding, load <= finding->rule->limit * (double)cpus.count, "%.2f on %zu CPU%s", load,
                 cpus.count, cpus.count == 1 ? "" : "s");
  free(text);
}

// The lines of /proc/stat of the CPUs that this process may use, in ticks. Time of guests is in `user`
// already.
enum { USER, NICE, SYSTEM, IDLE, IO_WAIT, INTERRUPT, SOFT_INTERRUPT, STEAL, TICKS };

static bool read_ticks(struct doctor *doctor, int root, double ticks[TICKS]) {
  struct doctor_cpus *cpus = &doctor->sampled_cpus;
  char *text = doctor_read_from(doctor, root, "proc/stat", &doctor->sampled);
  if (!text) return false;
  size_t found = 0;
  memset(ticks, 0, TICKS * sizeof *ticks);
  for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
    size_t cpu;
    unsigned long long read[TICKS];
    if (sscanf(line, "cpu%zu %llu %llu %llu %llu %llu %llu %llu %llu", &cpu, &read[USER], &read[NICE],
               &read[SYSTEM], &read[IDLE], &read[IO_WAIT], &read[INTERRUPT], &read[SOFT_INTERRUPT],
               &read[STEAL]) != 1 + TICKS ||
        cpu >= DOCTOR_CPUS_MAX || !cpus->in[cpu])
      continue;
    found++;
    for (int i = 0; i < TICKS; i++) ticks[i] += (double)read[i];
  }
  free(text);
  if (found == cpus->count) return true;
  doctor_unknown(&doctor->sampled, "%zu lines \"cpu\" with eight numbers, for %zu CPUs", found, cpus->count);
  return false;
}

static void wait_for(double seconds) {
  struct timespec time = {.tv_sec = (time_t)seconds};
  time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
  nanosleep(&time, NULL);
}

void doctor_sample(struct doctor *doctor) {
  double before[TICKS], after[TICKS], total = 0, busy = 0;
  struct ht_doctor_finding *sampled = &doctor->sampled;
  if (!doctor_cpus_allowed(doctor, sampled, &doctor->sampled_cpus) ||
      !read_ticks(doctor, doctor->root, before))
    return;
  if (doctor->later < 0 && !doctor->here) {
    doctor_unknown(sampled, "a rate takes a second look at the root, a moment later");
    return;
  }
  if (doctor->later < 0) wait_for(doctor->plan->seconds);
  if (!read_ticks(doctor, doctor->later < 0 ? doctor->root : doctor->later, after)) return;
  for (int i = 0; i < TICKS; i++) {
    // The kernel's idle and waiting time may go back by a tick; no other does.
    double ticks = after[i] - before[i];
    if (ticks < 0 && i != IDLE && i != IO_WAIT) {
      doctor_unknown(sampled, "the second look shows less time than the first");
      return;
    }
    if (ticks < 0) ticks = 0;
    total += ticks;
    if (i != IDLE && i != IO_WAIT && i != STEAL) busy += ticks;
    if (i == STEAL) doctor->steal = ticks;
  }
  if (total == 0) {
    doctor_unknown(sampled, "no time passed between the two looks");
    return;
  }
  doctor->busy = busy / total;
  doctor->steal /= total;
  sampled->verdict = HT_DOCTOR_FINE;
}

static bool take_sample(const struct doctor *doctor, struct ht_doctor_finding *finding) {
  snprintf(finding->file, sizeof finding->file, "%s", doctor->sampled.file);
  if (doctor->sampled.verdict == HT_DOCTOR_FINE) return true;
  doctor_unknown(finding, "%s", doctor->sampled.value);
  return false;
}

void doctor_look_others(struct doctor *doctor, struct ht_doctor_finding *finding) {
  size_t cpus = doctor->sampled_cpus.count;
  if (take_sample(doctor, finding))
    doctor_judge(finding, doctor->busy * 100 <= finding->rule->limit, "take %.2f of %zu CPU%s",
                 doctor->busy * (double)cpus, cpus, cpus == 1 ? "" : "s");
}

void doctor_look_steal(struct doctor *doctor, struct ht_doctor_finding *finding) {
  if (take_sample(doctor, finding))
    doctor_judge(finding, doctor->steal * 100 <= finding->rule->limit, "%.1f %% of CPU time",
                 doctor->steal * 100);
}
