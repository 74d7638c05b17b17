// A look at a machine: opens its root, lets every rule look, counts.
#include "bench/doctor/doctor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const ht_doctor_verdict_names[HT_DOCTOR_VERDICTS] = {"unknown", "fine", "spoils", "missing"};
const char *const ht_doctor_target_names[HT_DOCTOR_TARGETS] = {
    "wall time", "CPU time", "instruction counts", "space", "fuzzing", "peers", "results"};

static const double look_seconds = 1, warning_seconds = 0.25;

void doctor_say(struct ht_doctor_finding *finding, enum ht_doctor_verdict verdict, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(finding->value, sizeof finding->value, format, arguments);
  va_end(arguments);
  for (char *c = finding->value; *c; c++)
    if (*c < ' ' || *c > '~') *c = '?';
  finding->verdict = verdict;
}

void doctor_append(char *text, size_t text_size, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, text_size - length, format, arguments);
  va_end(arguments);
}

void ht_doctor_targets(unsigned spoils, char *text, size_t text_size) {
  *text = '\0';
  for (unsigned i = 0, left = spoils; left; i++) {
    if (!(left >> i & 1)) continue;
    left &= ~(1u << i);
    doctor_append(text, text_size, "%s%s", !*text ? "" : left ? ", " : " and ", ht_doctor_target_names[i]);
  }
}

static int open_root(const char *path, char *error, size_t error_size) {
  int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) snprintf(error, error_size, "%s: %s", path, strerror(errno));
  return root;
}

static int look(const struct ht_doctor_plan *plan, bool warnings_only, struct ht_doctor_report *report,
                char *error, size_t error_size) {
  const char *root = plan->root ? plan->root : "/";
  struct doctor doctor = {.plan = plan, .here = strcmp(root, "/") == 0, .later = -1};
  memset(report, 0, sizeof *report);
  doctor.root = open_root(root, error, error_size);
  if (doctor.root < 0) return 2;
  if (plan->later) {
    doctor.later = open_root(plan->later, error, error_size);
    if (doctor.later < 0) {
      close(doctor.root);
      return 2;
    }
  }
  doctor_sample(&doctor);
  for (const struct ht_doctor_rule *rule = ht_doctor_rules; rule->name; rule++) {
    if (warnings_only && !rule->warns) continue;
    struct ht_doctor_finding *finding = &report->findings[report->count++];
    finding->rule = rule;
    rule->look(&doctor, finding);
    report->counts[finding->verdict]++;
  }
  if (doctor.later >= 0) close(doctor.later);
  close(doctor.root);
  if (report->counts[HT_DOCTOR_UNKNOWN] == report->count) {
    snprintf(error, error_size,
             "nothing can be told of %s: none of the files that are looked at is there, whole and readable",
             root);
    return 3;
  }
  return report->counts[HT_DOCTOR_SPOILS] + report->counts[HT_DOCTOR_MISSING] ? 1 : 0;
}

int ht_doctor_look(const struct ht_doctor_plan *plan, struct ht_doctor_report *report, char *error,
                   size_t error_size) {
  struct ht_doctor_plan whole = *plan;
  if (!(whole.seconds > 0)) whole.seconds = look_seconds;
  return look(&whole, false, report, error, error_size);
}

bool ht_doctor_warning(const struct ht_doctor_plan *plan, char *text, size_t text_size) {
  struct ht_doctor_plan quick = plan ? *plan : (struct ht_doctor_plan){0};
  struct ht_doctor_report report;
  char targets[HT_DOCTOR_TEXT], error[HT_DOCTOR_TEXT], found[3 * HT_DOCTOR_TEXT] = "";
  if (!(quick.seconds > 0)) quick.seconds = warning_seconds;
  if (look(&quick, true, &report, error, sizeof error) != 1) return false;
  unsigned spoils = 0;
  for (size_t i = 0; i < report.count; i++) {
    const struct ht_doctor_finding *finding = &report.findings[i];
    if (finding->verdict != HT_DOCTOR_SPOILS) continue;
    spoils |= finding->rule->spoils;
    doctor_append(found, sizeof found, "%s%s %s", *found ? ", " : "", finding->rule->name, finding->value);
  }
  ht_doctor_targets(spoils, targets, sizeof targets);
  snprintf(text, text_size, "this machine disturbs %s: %s; see heaptrial doctor", targets, found);
  return true;
}
