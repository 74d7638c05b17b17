// What disturbed a run, as far as it can be seen from outside.
#include "bench/plan/plan_internal.h"
#include "process/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

// The first line of /proc/stat: ticks of all CPUs. Guests are in user and nice already.
static bool read_ticks(uint64_t *busy, uint64_t *stolen) {
  unsigned long long user, nice, system, idle, io, interrupt, soft, steal;
  FILE *file = fopen("/proc/stat", "re");
  if (!file) return false;
  int read = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &io,
                    &interrupt, &soft, &steal);
  fclose(file);
  if (read != 8) return false;
  *busy = user + nice + system + interrupt + soft;
  *stolen = steal;
  return true;
}

void bench_look_around(struct bench_surroundings *s) {
  uint64_t busy = 0, stolen = 0, tick_ns = HT_PROCESS_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
  struct rusage own;
  getrusage(RUSAGE_SELF, &own);
  s->known = read_ticks(&busy, &stolen) && getloadavg(&s->load_average, 1) == 1;
  s->busy_ns = busy * tick_ns;
  s->stolen_ns = stolen * tick_ns;
  s->own_ns = (uint64_t)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) * HT_PROCESS_SECOND +
              (uint64_t)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) * 1000;
}

void bench_disturbances(struct ht_line *line, const struct bench_surroundings *before,
                        const struct ht_process_result *result, uint64_t known_ns) {
  struct bench_surroundings after;
  ht_line_sample(line, "voluntary_switches", "count", HT_LINE_NONE, (double)result->voluntary_switches);
  ht_line_sample(line, "involuntary_switches", "count", HT_LINE_NONE, (double)result->involuntary_switches);
  bench_look_around(&after);
  if (!before->known || !after.known || result->wall_ns == 0) return;
  double wall = (double)result->wall_ns;
  double busy = (double)(after.busy_ns - before->busy_ns);
  double ours = (double)(result->user_ns + result->system_ns + known_ns + after.own_ns - before->own_ns);
  ht_line_sample(line, "foreign_cpu", "cpus", HT_LINE_NONE, busy > ours ? (busy - ours) / wall : 0);
  ht_line_sample(line, "stolen_cpu", "cpus", HT_LINE_NONE,
                 (double)(after.stolen_ns - before->stolen_ns) / wall);
  ht_line_sample(line, "load_average", "count", HT_LINE_NONE, before->load_average);
}
