// What is installed, and room for what comes out.
#include "bench/doctor/doctor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

// Where a shell looks if it is told nothing.
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// Where the dynamic linker of Debian looks: ld.so(8), and the files of /etc/ld.so.conf.d on this
// architecture.
static const char library_path[] =
#ifdef __x86_64__
    "/usr/local/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:"
#elif defined __aarch64__
    "/usr/local/lib/aarch64-linux-gnu:/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:"
#endif
    "/usr/local/lib:/lib64:/usr/lib64:/lib:/usr/lib";

enum kind { PROGRAM, LIBRARY };

// A regular file of that name in one of the folders; a program must be executable.
static enum doctor_found find_in(const struct doctor *doctor, const char *folders, enum kind kind,
                                 const char *name, struct ht_doctor_finding *finding) {
  bool anywhere = false;
  for (const char *folder = folders;; folder++) {
    size_t length = strcspn(folder, ":");
    char path[4096];
    struct stat status;
    // Below the root all paths are without the slash; an empty or relative folder is not the system's.
    if (length > 1 && *folder == '/' && length < sizeof path) {
      snprintf(path, sizeof path, "%.*s", (int)length - 1, folder + 1);
      anywhere |= doctor_exists(doctor, path);
      snprintf(path, sizeof path, "%.*s/%s", (int)length - 1, folder + 1, name);
      int file = doctor_open(doctor, doctor->root, path, O_PATH);
      bool good = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                  (kind == LIBRARY || status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
      if (file >= 0) close(file);
      if (good) {
        snprintf(finding->file, sizeof finding->file, "/%.*s", HT_DOCTOR_TEXT - 2, path);
        return DOCTOR_FOUND;
      }
    }
    folder += length;
    if (!*folder) return anywhere ? DOCTOR_ABSENT : DOCTOR_NOWHERE;
  }
}

enum doctor_found doctor_program(const struct doctor *doctor, const char *name,
                                 struct ht_doctor_finding *finding) {
  const char *path = doctor->plan->path ? doctor->plan->path : getenv("PATH");
  return find_in(doctor, path && *path ? path : default_path, PROGRAM, name, finding);
}

static void judge_found(enum doctor_found found, struct ht_doctor_finding *finding) {
  if (found == DOCTOR_FOUND)
    doctor_fine(finding, "%s", finding->file);
  else if (found == DOCTOR_ABSENT)
    doctor_missing(finding, "not installed");
  else
    doctor_unknown(finding, "none of the folders where it would be is there");
}

void doctor_look_program(struct doctor *doctor, struct ht_doctor_finding *finding) {
  judge_found(doctor_program(doctor, finding->rule->name, finding), finding);
}

void doctor_look_optional(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum doctor_found found = doctor_program(doctor, finding->rule->name, finding);
  if (found == DOCTOR_ABSENT)
    doctor_fine(finding, "not installed");
  else
    judge_found(found, finding);
}

void doctor_look_symbolizer(struct doctor *doctor, struct ht_doctor_finding *finding) {
  enum doctor_found found = doctor_program(doctor, finding->rule->name, finding);
  // The second name is compiled into Debian's clang 19, with its folder.
  if (found != DOCTOR_FOUND &&
      find_in(doctor, "/usr/bin", PROGRAM, "llvm-symbolizer-19", finding) == DOCTOR_FOUND)
    found = DOCTOR_FOUND;
  judge_found(found, finding);
}

void doctor_look_library(struct doctor *doctor, struct ht_doctor_finding *finding) {
  judge_found(find_in(doctor, library_path, LIBRARY, finding->rule->name, finding), finding);
}

void doctor_look_core_pattern(struct doctor *doctor, struct ht_doctor_finding *finding) {
  char *pattern = doctor_read(doctor, "proc/sys/kernel/core_pattern", finding);
  if (pattern) doctor_judge(finding, *pattern != '|', "\"%.100s\"", pattern);
  free(pattern);
}

// Free space is asked of the system and is no file: the folder is named as it is, not below the root.
void doctor_look_disk(struct doctor *doctor, struct ht_doctor_finding *finding) {
  const char *folder = doctor->plan->results;
  struct statvfs space;
  if (!folder) {
    doctor_unknown(finding, "no folder for results was named");
    return;
  }
  if (statvfs(folder, &space) != 0) {
    doctor_unknown(finding, "%.100s: %s", folder, strerror(errno));
    return;
  }
  double megabytes = (double)space.f_bavail * (double)space.f_frsize / (1 << 20);
  double wanted =
      doctor->plan->results_bytes ? (double)doctor->plan->results_bytes / (1 << 20) : finding->rule->limit;
  bool writable = access(folder, W_OK) == 0;
  doctor_say(finding, writable && megabytes >= wanted ? HT_DOCTOR_FINE : HT_DOCTOR_MISSING,
             "%.0f MB free in %.100s%s", megabytes, folder, writable ? "" : ", which cannot be written");
}
