// What the kernel does with pages and addresses.
#include "bench/doctor/doctor_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double megabyte = 1 << 20;

// The word in brackets of "always [madvise] never".
static bool read_choice(const struct doctor *doctor, const char *path, struct ht_doctor_finding *finding,
                        char choice[32]) {
  char *text = doctor_read(doctor, path, finding);
  if (!text) return false;
  const char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
  bool good = close && close - open > 1 && close - open <= 31;
  if (good)
    snprintf(choice, 32, "%.*s", (int)(close - open - 1), open + 1);
  else
    doctor_unknown(finding, "\"%.40s\" has no choice in brackets", text);
  free(text);
  return good;
}

// A choice among words that are known, of which one spoils.
static void look_choice(struct doctor *doctor, struct ht_doctor_finding *finding, const char *path,
                        const char *known, const char *bad) {
  char choice[32];
  if (!read_choice(doctor, path, finding, choice)) return;
  if (doctor_has_word(known, strlen(known), choice))
    doctor_judge(finding, strcmp(choice, bad) != 0, "%s", choice);
  else
    doctor_unknown(finding, "\"%s\" is none of: %s", choice, known);
}

void doctor_look_huge_pages(struct doctor *doctor, struct ht_doctor_finding *finding) {
  look_choice(doctor, finding, "sys/kernel/mm/transparent_hugepage/enabled", "always madvise never",
              "always");
}

void doctor_look_huge_page_defrag(struct doctor *doctor, struct ht_doctor_finding *finding) {
  look_choice(doctor, finding, "sys/kernel/mm/transparent_hugepage/defrag",
              "always defer defer+madvise madvise never", "always");
}

void doctor_look_numa(struct doctor *doctor, struct ht_doctor_finding *finding) {
  // Nodes are listed as CPUs are.
  struct doctor_cpus nodes;
  long long mode;
  enum { MODE_MAX = 3 }; // two bits: balancing, tiering
  char *text = doctor_read(doctor, "sys/devices/system/node/online", finding);
  if (!text) return;
  bool good = doctor_cpus(text, strlen(text), &nodes) && nodes.count;
  if (!good) doctor_unknown(finding, "\"%.40s\" is no list of nodes", text);
  free(text);
  if (good && doctor_read_number(doctor, "proc/sys/kernel/numa_balancing", 0, MODE_MAX, finding, &mode))
    doctor_judge(finding, !mode || nodes.count == 1, "%s, %zu node%s", mode ? "on" : "off", nodes.count,
                 nodes.count == 1 ? "" : "s");
}

void doctor_look_ksm(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum { RUNS = 1, RUN_MAX = 2 }; // 0: stopped, with what it merged; 2: stopped, without
  long long run;
  if (doctor_read_number(doctor, "sys/kernel/mm/ksm/run", 0, RUN_MAX, finding, &run))
    doctor_judge(finding, run != RUNS, run == RUNS ? "on" : "off");
}

// A line of /proc/meminfo, in megabytes.
static bool find_memory(const char *text, const char *key, double *megabytes) {
  size_t length;
  long long kilobytes;
  char unit[3], rest;
  const char *line = doctor_line(text, key, &length);
  char copy[64];
  if (!line || length >= sizeof copy) return false;
  snprintf(copy, sizeof copy, "%.*s", (int)length, line);
  if (sscanf(copy, "%lld %2s%c", &kilobytes, unit, &rest) != 2 || strcmp(unit, "kB") != 0 || kilobytes < 0)
    return false;
  *megabytes = (double)kilobytes * 1024 / megabyte;
  return true;
}

static bool read_swap(const struct doctor *doctor, struct ht_doctor_finding *finding, double *total,
                      double *used) {
  double unused;
  char *text = doctor_read(doctor, "proc/meminfo", finding);
  if (!text) return false;
  bool good =
      find_memory(text, "SwapTotal:", total) && find_memory(text, "SwapFree:", &unused) && unused <= *total;
  if (good)
    *used = *total - unused;
  else
    doctor_unknown(finding, "no lines \"SwapTotal\" and \"SwapFree\" that fit");
  free(text);
  return good;
}

void doctor_look_swap(struct doctor *doctor, struct ht_doctor_finding *finding) {
  double total, used;
  if (!read_swap(doctor, finding, &total, &used)) return;
  if (total == 0)
    doctor_fine(finding, "none");
  else
    doctor_judge(finding, used == 0, "%.1f of %.0f MB used", used, total);
}

void doctor_look_swappiness(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum { SWAPPINESS_MAX = 200 };
  double total, used;
  long long swappiness;
  if (!read_swap(doctor, finding, &total, &used) ||
      !doctor_read_number(doctor, "proc/sys/vm/swappiness", 0, SWAPPINESS_MAX, finding, &swappiness))
    return;
  doctor_judge(finding, total == 0 || (double)swappiness <= finding->rule->limit, "%lld, %s swap", swappiness,
               total == 0 ? "no" : "with");
}

void doctor_look_memory(struct doctor *doctor, struct ht_doctor_finding *finding) {
  double available;
  char *text = doctor_read(doctor, "proc/meminfo", finding);
  if (!text) return;
  if (find_memory(text, "MemAvailable:", &available))
    doctor_judge(finding, available >= finding->rule->limit, "%.0f MB available", available);
  else
    doctor_unknown(finding, "no line \"MemAvailable\" with a number");
  free(text);
}

// "No limit" of version 1 is the largest number of whole pages.
static const double unlimited_bytes = 0x1p62;

static bool take_limit(const struct doctor *doctor, const char *folder, bool unified,
                       struct ht_doctor_finding *finding, double *least) {
  char path[HT_DOCTOR_TEXT * 2];
  long long bytes;
  snprintf(path, sizeof path, "%s/%s", folder, unified ? "memory.max" : "memory.limit_in_bytes");
  if (!doctor_exists(doctor, path)) return true;
  char *text = doctor_read(doctor, path, finding);
  if (!text) return false;
  bool none = unified && strcmp(text, "max") == 0;
  bool good = none || doctor_number(text, 0, INT64_MAX, &bytes);
  if (!good) doctor_unknown(finding, "\"%.40s\" is no limit", text);
  if (good && !none && (double)bytes < *least) *least = (double)bytes;
  free(text);
  return good;
}

void doctor_look_memory_limit(struct doctor *doctor, struct ht_doctor_finding *finding) {
  double bytes = unlimited_bytes;
  if (!doctor_groups(doctor, "memory", finding, take_limit, &bytes)) return;
  if (bytes < unlimited_bytes)
    doctor_judge(finding, bytes / megabyte >= finding->rule->limit, "%.0f MB", bytes / megabyte);
  else
    doctor_fine(finding, "none");
}

void doctor_look_address_space(struct doctor *doctor, struct ht_doctor_finding *finding) {
  size_t length;
  char *text = doctor_read(doctor, "proc/self/limits", finding);
  if (!text) return;
  const char *line = doctor_line(text, "Max address space", &length);
  size_t word = line ? strcspn(line, " \n") : 0;
  char soft[32];
  long long bytes;
  snprintf(soft, sizeof soft, "%.*s", (int)(word < sizeof soft ? word : 0), line ? line : "");
  if (strcmp(soft, "unlimited") == 0)
    doctor_fine(finding, "none");
  else if (doctor_number(soft, 0, INT64_MAX, &bytes))
    doctor_spoils(finding, "%.0f MB", (double)bytes / megabyte);
  else
    doctor_unknown(finding, "no line \"Max address space\" with a limit");
  free(text);
}

void doctor_look_overcommit(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum { MODE_MAX = 2 };
  long long mode;
  if (doctor_read_number(doctor, "proc/sys/vm/overcommit_memory", 0, MODE_MAX, finding, &mode))
    doctor_judge(finding, (double)mode <= finding->rule->limit, "%lld", mode);
}

void doctor_look_aslr(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum { MODE_MAX = 2 };
  long long mode;
  if (doctor_read_number(doctor, "proc/sys/kernel/randomize_va_space", 0, MODE_MAX, finding, &mode))
    doctor_judge(finding, (double)mode >= finding->rule->limit, "%lld", mode);
}

void doctor_look_mmap_bits(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum { BITS_MAX = 64 };
  long long bits;
  struct ht_doctor_finding compiler = {0};
  if (!doctor_read_number(doctor, "proc/sys/vm/mmap_rnd_bits", 0, BITS_MAX, finding, &bits)) return;
  if ((double)bits <= finding->rule->limit)
    doctor_fine(finding, "%lld", bits);
  else if (doctor_program(doctor, "clang-19", &compiler) == DOCTOR_FOUND)
    doctor_fine(finding, "%lld, which clang-19 can do with", bits);
  else
    doctor_spoils(finding, "%lld, and no clang-19", bits);
}
