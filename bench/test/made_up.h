// A made-up system: a root below /tmp on which all is fine, to be changed file by file, and the same root a
// moment later.
#ifndef BENCH_TEST_MADE_UP_H
#define BENCH_TEST_MADE_UP_H

#include "bench/doctor/doctor.h"
#include "bench/test/check.h"

#include <sys/types.h>

// Which rules stand on a file.
struct made_up_file {
  const char *path, *text, *rules;
};
extern const struct made_up_file made_up_files[]; // ends with a path of NULL

enum { MADE_UP_LIBRARIES = 3 }; // that heaps want preloaded

// The plan that looks at it. Its `root` and `later` are the folders.
extern const struct ht_doctor_plan made_up_plan;

void made_up_begin(void); // what it makes goes away when the process ends
// All files as they were; what was added stays.
void made_up_heal(void);
void made_up_write(const char *path, const char *text);
void made_up_write_later(const char *path, const char *text);
void made_up_write_bytes(const char *path, const void *bytes, size_t count, mode_t mode);
void made_up_remove(const char *path); // with all that is in it
void made_up_name(const char *path, char name[512]);

// A look that says something of everything; the exit code.
int made_up_look(struct ht_doctor_report *report);
const struct ht_doctor_finding *made_up_find(const struct ht_doctor_report *report, const char *rule);
// The rules named, with spaces between, have the verdict, all others are fine, and the exit code follows.
void made_up_expect(const char *rules, enum ht_doctor_verdict verdict, const char *what);

#endif
