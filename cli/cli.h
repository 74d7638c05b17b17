#ifndef CLI_CLI_H
#define CLI_CLI_H

// The `heaptrial` command: one file a subcommand. Each parses its arguments, calls what does the work,
// prints, and answers with one of four exit codes; nothing here knows how a heap is tried or a result is
// kept.
//
// What people asked for goes to standard output, progress and errors to standard error, one line each.

#include "plugin/plugin.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_exit {
  CLI_FINE = 0,
  CLI_FINDING = 1,    // a broken invariant, a surviving mutant, a run that failed
  CLI_USAGE = 2,      // what was asked for cannot be done: an option, a file, a heap that is none
  CLI_NO_VERDICT = 3, // nothing was measured, or not all of it
};

struct cli_command {
  const char *name, *summary; // summary NULL: for this program's own use, not listed
  int (*run)(int argc, char **argv);
};

// argv[0] of each is "heaptrial NAME", as messages show it.
int cli_list(int argc, char **argv);
int cli_trial(int argc, char **argv);
int cli_fuzz(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_shrink(int argc, char **argv);
int cli_explore(int argc, char **argv);
int cli_mutants(int argc, char **argv);
int cli_bench(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_calibrate(int argc, char **argv); // heaptrial doctor --calibrate
int cli_report(int argc, char **argv);
int cli_attempt(int argc, char **argv);

// "heaptrial trial: ..." on standard error.
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// The same as an error; returns CLI_USAGE.
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Parses with argp and this project's exit codes: --help and --version end the process with 0, a wrong
// argument with CLI_USAGE and a hint.
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

// Values of options; a wrong one ends the process with CLI_USAGE. Durations: "90", "90s", "1.5m", "2h".
uint64_t cli_number(struct argp_state *state, const char *option, const char *text, uint64_t least,
                    uint64_t most);
double cli_seconds(struct argp_state *state, const char *option, const char *text);

// A list of words that grows. Zero is an empty one.
struct cli_words {
  size_t count;
  const char **words; // ends with NULL if there is any
};
void cli_words_add(struct cli_words *list, const char *word);

// Heaps that --heap named, chosen and loaded.
struct cli_heap {
  struct ht_plugin_choice choice;
  enum ht_plugin_status status;
  const struct ht_heap_table *table; // NULL unless loaded
  char message[1024];                // why it is not
};
struct cli_heaps {
  size_t count;
  struct cli_heap *heaps;
};

// Chooses and loads what `names` says, all heaps if it is empty. False, after an error message, if one of
// them is no heap. A heap that crashes or hangs while it is loaded is a heap: it stays, without a table.
bool cli_heaps_open(const struct cli_words *names, struct cli_heaps *heaps);
void cli_heaps_close(struct cli_heaps *heaps);

// Starts this program again, with the same arguments, under the preload of a choice, unless that was done.
void cli_preload(const struct ht_plugin_choice *choice, char **argv);

// One line on standard error if this machine disturbs what is about to be measured.
void cli_doctor_warning(void);

// The last CPU this process may run on, as interrupts tend to arrive on the first; -1: not known.
int cli_last_cpu(void);

// The path of this program, to start it again.
const char *cli_self(void);

// Monotonic, in seconds.
double cli_now(void);

#endif
