// A file that is empty, cut, binary, absurd or no file makes the verdicts that stand on it unknown, and no
// other.
#include "bench/test/made_up.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Each file in each way in which it can be no such file at all.
static void try_garbage(void) {
  static const char binary[] = "\x01\x02\xff\x00\x7f\x1b[31m\n", absurd[] = "99999999999999999999999999 x\n";
  for (const struct made_up_file *file = made_up_files; file->path; file++) {
    char name[512], what[600], whole[1024];
    made_up_name(file->path, name);
    snprintf(whole, sizeof whole, "%s", file->text);
    // A device of counters need only be there, and no kernel command line is absurd.
    bool any_text =
        strcmp(file->path, "proc/cmdline") == 0 || strcmp(file->path, "proc/sys/kernel/core_pattern") == 0;
    const struct {
      const char *what;
      const void *bytes;
      size_t count;
    } kinds[] = {
        {"empty", "", 0},
        {"cut", whole, strlen(whole) / 2},
        {"without an end", whole, strlen(whole) - 1},
        {"binary", binary, sizeof binary - 1},
        {"absurd", absurd, any_text ? 0 : sizeof absurd - 1},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      snprintf(what, sizeof what, "%s is %s", file->path, kinds[k].what);
      made_up_write_bytes(file->path, kinds[k].bytes, kinds[k].count, 0644);
      // A vulnerability in words nobody expects is one without a mitigation.
      bool odd = strcmp(file->rules, "mitigations") == 0 && k == 4;
      made_up_expect(odd ? "" : file->rules, HT_DOCTOR_UNKNOWN, what);
    }
    made_up_remove(file->path);
    snprintf(what, sizeof what, "%s is a pipe", file->path);
    CHECK(mkfifo(name, 0644) == 0, "%s", name);
    made_up_expect(file->rules, HT_DOCTOR_UNKNOWN, what);
    // The reason is the file's, but for a rule that goes through a folder.
    struct ht_doctor_report report;
    made_up_look(&report);
    for (size_t i = 0; i < report.count; i++) {
      const char *value = report.findings[i].value;
      CHECK(report.findings[i].verdict == HT_DOCTOR_FINE || strstr(value, "not a regular file") ||
                strstr(value, "no file that can be read"),
            "%s: %s", what, value);
    }
    made_up_remove(file->path);
    snprintf(what, sizeof what, "%s is a folder", file->path);
    CHECK(mkdir(name, 0755) == 0, "%s", name);
    made_up_expect(file->rules, HT_DOCTOR_UNKNOWN, what);
    made_up_remove(file->path);
    snprintf(what, sizeof what, "%s is a link to itself", file->path);
    CHECK(symlink(strrchr(name, '/') + 1, name) == 0, "%s", name);
    made_up_expect(file->rules, HT_DOCTOR_UNKNOWN, what);
    made_up_remove(file->path);
    if (geteuid() != 0) {
      made_up_write_bytes(file->path, file->text, strlen(file->text), 0);
      snprintf(what, sizeof what, "%s may not be read", file->path);
      made_up_expect(file->rules, HT_DOCTOR_UNKNOWN, what);
    }
    made_up_remove(file->path);
    made_up_heal();
  }
}

// Bytes turned at random: whatever comes of it, a verdict with words and no crash.
static void try_noise(void) {
  enum { ROUNDS = 300, TURNED = 4 };
  uint64_t random = 88172645463325252u;
  for (int round = 0; round < ROUNDS; round++) {
    struct ht_doctor_report report;
    for (const struct made_up_file *file = made_up_files; file->path; file++) {
      char bytes[1024];
      size_t length = strlen(file->text);
      memcpy(bytes, file->text, length);
      for (int k = 0; k < TURNED; k++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        bytes[random % (length - 1)] = (char)(' ' + (random >> 32) % 95);
      }
      made_up_write_bytes(file->path, bytes, length, 0644);
    }
    made_up_look(&report);
  }
  made_up_heal();
}

int main(void) {
  made_up_begin();
  made_up_expect("", HT_DOCTOR_FINE, "a healthy system");
  try_garbage();
  try_noise();
  return 0;
}
