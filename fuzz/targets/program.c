// The target of heap programs: decodes the bytes, runs the program on the heap beside the oracle, and stops
// at a broken invariant.

#include "fuzz/targets/flight.h"
#include "fuzz/targets/run.h"
#include "fuzz/targets/settings.h"
#include "fuzz/targets/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct ht_heap_table *table;
static const struct ht_setting *heap_settings;
static size_t heap_setting_count;
static struct ht_flight *flight;
static bool opened;
static uint64_t operations; // done before
static struct ht_program program;

// _exit: libFuzzer takes an exit of its target for a crash.
static _Noreturn void no_verdict(const char *message) {
  fprintf(stderr, "no verdict: %s: %s\n", table != NULL ? table->name : "heap", message);
  fflush(stderr);
  if (flight != NULL) flight->refused = 1;
  _exit(HT_TARGET_NO_VERDICT);
}

// The library is loaded here, before AFL++'s driver makes its fork server, so that the heap's coverage is
// known to it.
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  flight = ht_flight_open();
  if (flight == NULL) no_verdict("cannot map the flight recorder");
  table = ht_target_heap(&heap_settings, &heap_setting_count);
  return 0;
}

// The run is opened at the first program, in the process that runs it: a heap with threads of its own would
// not live through the fork that AFL++ does after LLVMFuzzerInitialize.
static void open_run(void) {
  char message[512];
  struct ht_runner_options options = {
      .table = table, .settings = heap_settings, .setting_count = heap_setting_count};
  if (!ht_target_settings(&options, message, sizeof message)) no_verdict(message);
  if (!ht_target_run_open(&options, message, sizeof message)) no_verdict(message);
  opened = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > HT_PROGRAM_BYTES_MAX) size = HT_PROGRAM_BYTES_MAX;
  if (!opened) open_run();
  ht_flight_start(flight, data, size);
  ht_program_decode(data, size, &program);
  struct ht_verdict verdict;
  if (!ht_target_run(&program, &verdict, stderr)) {
    fflush(stderr);
    abort();
  }
  if (verdict.kind == HT_NO_VERDICT) no_verdict(verdict.message);
  const struct ht_runner_counts *counts = ht_target_run_counts();
  ht_target_feedback(counts->evaluations);
  ht_flight_finish(flight, counts->operations - operations);
  operations = counts->operations;
  return 0;
}
