#ifndef BENCH_DOCTOR_DOCTOR_H
#define BENCH_DOCTOR_DOCTOR_H

// What on a machine disturbs measurements, what is missing there, and how to mend it.
//
// The one idea: a table of rules (rules.c), each with what has to hold, the limit, where that limit comes
// from and what to do. A rule looks at one thing and makes one finding: the value as found and the file it
// came from. All files are read below a root, so that a machine's /proc and /sys that were brought from
// elsewhere, or made up, are judged as this machine is.
//
//   root "/"            this machine: rates are looked at twice, and hardware counters are really opened
//   root DIR            DIR/proc/..., DIR/sys/..., programs in DIR/usr/bin; links do not lead out of DIR
//   root DIR, later     the same root a moment later: what the rates come from
//
// A file that is not there, not readable, cut short, binary or absurd makes its finding UNKNOWN, with the
// reason as its value: never a guess, and never fine.
//
// Threads: two looks at once are two structs; nothing is shared. A look at this machine takes `seconds`.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ht_doctor_verdict {
  HT_DOCTOR_UNKNOWN,
  HT_DOCTOR_FINE,
  HT_DOCTOR_SPOILS,  // what the rule names is disturbed
  HT_DOCTOR_MISSING, // what the rule names cannot be done
  HT_DOCTOR_VERDICTS,
};
extern const char *const ht_doctor_verdict_names[HT_DOCTOR_VERDICTS];

// What is spoiled: a set of bits, and their names in the order of the bits.
enum {
  HT_DOCTOR_WALL_TIME = 1 << 0,
  HT_DOCTOR_CPU_TIME = 1 << 1,
  HT_DOCTOR_INSTRUCTIONS = 1 << 2,
  HT_DOCTOR_SPACE = 1 << 3,
  HT_DOCTOR_FUZZING = 1 << 4,
  HT_DOCTOR_PEERS = 1 << 5,   // the heaps and runtimes that ours are compared with
  HT_DOCTOR_RESULTS = 1 << 6, // keeping them
};
enum { HT_DOCTOR_TARGETS = 7 };
extern const char *const ht_doctor_target_names[HT_DOCTOR_TARGETS];

enum { HT_DOCTOR_TEXT = 256, HT_DOCTOR_RULES_MAX = 64 };

struct doctor;
struct ht_doctor_finding;

struct ht_doctor_rule {
  const char *name;
  unsigned spoils;    // HT_DOCTOR_WALL_TIME, ...
  const char *holds;  // what is fine; the limit belongs behind it
  double limit;       // NAN: none
  const char *source; // of rule and limit
  const char *mend;   // one command or one sentence
  void (*look)(struct doctor *doctor, struct ht_doctor_finding *finding);
  bool warns; // part of ht_doctor_warning
};

// The rules, in the order of the findings. Ends with a name of NULL.
extern const struct ht_doctor_rule ht_doctor_rules[];

struct ht_doctor_finding {
  const struct ht_doctor_rule *rule;
  enum ht_doctor_verdict verdict;
  char value[HT_DOCTOR_TEXT]; // one line, printable
  char file[HT_DOCTOR_TEXT];  // below the root, with a slash in front; "": none was looked at
};

struct ht_doctor_plan {
  const char *root;       // NULL: "/"
  const char *later;      // NULL: for "/" a second look, else none
  double seconds;         // between the two looks at "/"; 0: 1
  const char *path;       // folders of programs, below the root; NULL: PATH of the environment
  const char *results;    // the folder where results go, not below the root; NULL: not looked at
  uint64_t results_bytes; // that have to be free there; 0: the limit of the rule
};

struct ht_doctor_report {
  size_t count;
  struct ht_doctor_finding findings[HT_DOCTOR_RULES_MAX];
  size_t counts[HT_DOCTOR_VERDICTS];
};

// 0: nothing spoils and nothing is missing; 1: something does or is; 2: a root is no folder that can be
// opened; 3: nothing could be told. With 2 and 3 `error` says why, in one line.
int ht_doctor_look(const struct ht_doctor_plan *plan, struct ht_doctor_report *report, char *error,
                   size_t error_size);

// What a measured run should say of its machine: "this machine disturbs wall time: others take 0.84 of 2
// CPUs; see heaptrial doctor". Rules marked `warns` only, and a quarter of a second unless the plan says
// otherwise; the load average is not among them, as it still tells of the build that ended a minute ago.
// False: nothing to say.
bool ht_doctor_warning(const struct ht_doctor_plan *plan, char *text, size_t text_size);

// "wall time and CPU time", of a set of bits.
void ht_doctor_targets(unsigned spoils, char *text, size_t text_size);

#endif
