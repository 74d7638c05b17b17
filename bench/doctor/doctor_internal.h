#ifndef BENCH_DOCTOR_DOCTOR_INTERNAL_H
#define BENCH_DOCTOR_DOCTOR_INTERNAL_H

#include "bench/doctor/doctor.h"

enum { DOCTOR_CPUS_MAX = 8192 };

// A set of CPUs, as the kernel writes it: "0-3,8".
struct doctor_cpus {
  size_t count;
  bool in[DOCTOR_CPUS_MAX];
};

struct doctor {
  const struct ht_doctor_plan *plan;
  bool here;       // the root is this machine's
  int root, later; // folders; later: -1 if there is none
  // Between two looks at /proc/stat: shares of the time of the CPUs that this process may use, unless
  // `sampled` says why there are none.
  struct ht_doctor_finding sampled;
  struct doctor_cpus sampled_cpus;
  double busy, steal;
};

void doctor_sample(struct doctor *doctor);

// Verdicts. The value is what a format makes, on one line, with a question mark for what cannot be printed.
void doctor_say(struct ht_doctor_finding *finding, enum ht_doctor_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define doctor_fine(finding, ...) doctor_say(finding, HT_DOCTOR_FINE, __VA_ARGS__)
#define doctor_spoils(finding, ...) doctor_say(finding, HT_DOCTOR_SPOILS, __VA_ARGS__)
#define doctor_missing(finding, ...) doctor_say(finding, HT_DOCTOR_MISSING, __VA_ARGS__)
#define doctor_unknown(finding, ...) doctor_say(finding, HT_DOCTOR_UNKNOWN, __VA_ARGS__)
// More text behind a text; what does not fit is cut.
void doctor_append(char *text, size_t text_size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// By a condition.
#define doctor_judge(finding, good, ...) \
  doctor_say(finding, (good) ? HT_DOCTOR_FINE : HT_DOCTOR_SPOILS, __VA_ARGS__)

// Reading. Paths are below the root and begin without a slash. What fails makes the finding UNKNOWN with the
// reason; what succeeds leaves only the file's name in it.

// A file or folder below one of the two roots; -1 with errno.
int doctor_open(const struct doctor *doctor, int root, const char *path, int flags);
bool doctor_exists(const struct doctor *doctor, const char *path);
// The text of a file without space at its end, to be freed; NULL: it could not be read, or is no text.
char *doctor_read_from(const struct doctor *doctor, int root, const char *path,
                       struct ht_doctor_finding *finding);
char *doctor_read(const struct doctor *doctor, const char *path, struct ht_doctor_finding *finding);
// A file that holds one number and nothing else.
bool doctor_read_number(const struct doctor *doctor, const char *path, long long least, long long most,
                        struct ht_doctor_finding *finding, long long *number);

// Parsing. False: this is not what it should be.
bool doctor_number(const char *text, long long least, long long most, long long *number);
// The rest of the line that begins with `key`, without space in front, in a text; the line's length.
const char *doctor_line(const char *text, const char *key, size_t *length);
bool doctor_has_word(const char *line, size_t length, const char *word);

// A set of CPUs.
bool doctor_cpus(const char *text, size_t length, struct doctor_cpus *cpus);
// Those that are online; those of them that this process may use.
bool doctor_cpus_online(const struct doctor *doctor, struct ht_doctor_finding *finding,
                        struct doctor_cpus *cpus);
bool doctor_cpus_allowed(const struct doctor *doctor, struct ht_doctor_finding *finding,
                         struct doctor_cpus *cpus);

// Whether a program is in a folder of the path: its name below the root goes into the finding.
enum doctor_found { DOCTOR_FOUND, DOCTOR_ABSENT, DOCTOR_NOWHERE }; // NOWHERE: there is not even a folder
enum doctor_found doctor_program(const struct doctor *doctor, const char *name,
                                 struct ht_doctor_finding *finding);

// The control group of this process: `take` sees each folder of a controller, from the group's up to the top
// one. `unified`: version 2. False: unknown, and the finding says why.
bool doctor_groups(const struct doctor *doctor, const char *controller, struct ht_doctor_finding *finding,
                   bool (*take)(const struct doctor *doctor, const char *folder, bool unified,
                                struct ht_doctor_finding *finding, double *least),
                   double *least);

// What the rules call. load.c: who else uses the machine.
void doctor_look_load(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_others(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_steal(struct doctor *doctor, struct ht_doctor_finding *finding);
// processor.c: what the processor does by itself.
void doctor_look_virtual(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_clock(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_governor(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_boost(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_smt(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_mitigations(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_counters(struct doctor *doctor, struct ht_doctor_finding *finding);
// scheduling.c: who runs when, and where.
void doctor_look_cpus(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_quota(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_autogroup(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_realtime(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_isolation(struct doctor *doctor, struct ht_doctor_finding *finding);
// memory.c: what the kernel does with pages and addresses.
void doctor_look_huge_pages(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_huge_page_defrag(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_numa(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_ksm(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_swap(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_swappiness(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_memory(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_memory_limit(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_address_space(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_overcommit(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_aslr(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_mmap_bits(struct doctor *doctor, struct ht_doctor_finding *finding);
// programs.c: what is installed, and room for what comes out.
void doctor_look_core_pattern(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_program(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_optional(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_symbolizer(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_library(struct doctor *doctor, struct ht_doctor_finding *finding);
void doctor_look_disk(struct doctor *doctor, struct ht_doctor_finding *finding);

#endif
