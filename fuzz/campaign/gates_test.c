// Every gate, shown to fire: a campaign against a heap with a planted fault must not end green, and must say
// what it found. `gates_test NAME FOLDER` runs one of the gates below; FOLDER holds the faulty heaps.

#include "fuzz/campaign/campaign.h"
#include "fuzz/campaign/files.h"
#include "fuzz/program/program.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 0, FOUND = 1, NO_VERDICT = 3, SECONDS = 10, SHORT = 3, HANG = 2 };

struct gate {
  const char *name;
  enum ht_engine engine;
  const char *fault;    // HEAPTRIAL_FAULT
  bool sanitizer, seed; // seed: the program that fails is in the corpus from the start
  int code;
  const char *key; // what the key of the finding begins with; NULL: no finding
};

static const struct gate gates[] = {
    // Controls: the same heap without a fault is green, or the gates below prove nothing.
    {"libfuzzer-sound", HT_ENGINE_LIBFUZZER, "none", false, false, KEPT, NULL},
    {"aflpp-sound", HT_ENGINE_AFLPP, "none", false, false, KEPT, NULL},
    {"libfuzzer-asan", HT_ENGINE_LIBFUZZER, "overrun", true, false, FOUND, "AddressSanitizer"},
    {"aflpp-asan", HT_ENGINE_AFLPP, "overrun", true, false, FOUND, "AddressSanitizer"},
    {"libfuzzer-ubsan", HT_ENGINE_LIBFUZZER, "overflow", true, false, FOUND, "UndefinedBehaviorSanitizer"},
    {"aflpp-ubsan", HT_ENGINE_AFLPP, "overflow", true, false, FOUND, "UndefinedBehaviorSanitizer"},
    {"libfuzzer-trap", HT_ENGINE_LIBFUZZER, "trap", false, false, FOUND, "signal 11"},
    {"aflpp-trap", HT_ENGINE_AFLPP, "trap", false, false, FOUND, "signal 11"}, // afl-fuzz itself exits 0
    {"blind-trap", HT_ENGINE_BLIND, "trap", false, false, FOUND, "signal 11"},
    {"libfuzzer-abort", HT_ENGINE_LIBFUZZER, "free-twice", false, false, FOUND, "signal 6"},
    {"aflpp-abort", HT_ENGINE_AFLPP, "free-twice", false, false, FOUND, "signal 6"},
    {"libfuzzer-hang", HT_ENGINE_LIBFUZZER, "wait", false, false, FOUND, "hang"},
    {"aflpp-hang", HT_ENGINE_AFLPP, "wait", false, false, FOUND, "hang"},
    {"blind-hang", HT_ENGINE_BLIND, "wait", false, false, FOUND, "hang"},
    {"libfuzzer-seed", HT_ENGINE_LIBFUZZER, "trap", false, true, FOUND, "signal 11"},
    {"aflpp-seed", HT_ENGINE_AFLPP, "trap", false, true, FOUND, "signal 11"}, // afl-fuzz skips such a seed
    // Passes while the engine looks for more, and fails when the corpus is minimised.
    {"libfuzzer-merge", HT_ENGINE_LIBFUZZER, "trap-later", false, false, FOUND, "signal 11"},
    {"no-heap", HT_ENGINE_LIBFUZZER, NULL, false, false, NO_VERDICT, NULL},
};

// An allocation of 3000 bytes, as text that the program's parser reads.
static bool write_seed(const char *folder) {
  static struct ht_program program;
  uint8_t bytes[256];
  program.header = (struct ht_program_header){
      .mutators = 1, .carriers = 1, .size_limit = HT_SIZE_LOG_MAX, .switch_period = 1};
  program.operation_count = 1;
  program.operations[0] = (struct ht_operation){.code = HT_OP_ALLOC, .c = ht_code_of_size(3000)};
  size_t size = ht_program_encode(&program, bytes, sizeof bytes);
  char *path = ht_text("%s/alloc", folder);
  bool written = size != 0 && ht_folder_make(folder) && ht_file_write(path, bytes, size);
  free(path);
  return written;
}

static bool check(const struct gate *gate, int code, const struct ht_campaign_result *result) {
  printf("%s: exit code %d after %.1f s and %llu programs: %s\n", gate->name, code, result->seconds,
         (unsigned long long)result->executions, result->message);
  for (size_t i = 0; i < result->finding_count; i++)
    printf("  %s, %s, %zu bytes\n", result->findings[i].key,
           result->findings[i].confirmed ? "confirmed" : "not confirmed", result->findings[i].bytes);
  if (code != gate->code) {
    printf("expected exit code %d\n", gate->code);
    return false;
  }
  if (gate->key == NULL) return result->finding_count == 0;
  bool named = strncmp(result->findings[0].key, gate->key, strlen(gate->key)) == 0;
  if (!named) printf("expected a finding that is called %s\n", gate->key);
  return named;
}

static bool run_gate(const struct gate *gate, const char *folder) {
  char *heap = ht_text("%s/libheaptrial-faulty%s.so", folder, gate->sanitizer ? "-asan" : "");
  char *output = ht_text("%s/gate-%s", folder, gate->name);
  char *corpus = ht_text("%s/gate-%s-corpus", folder, gate->name);
  struct ht_campaign_options options = {.engine = gate->engine,
                                        .heap = gate->fault != NULL ? heap : "no-such-heap",
                                        .output = output,
                                        .corpus = gate->seed ? corpus : "",
                                        .sanitizer = gate->sanitizer,
                                        .seconds = gate->code == KEPT ? SHORT : SECONDS,
                                        .until_first = true,
                                        .keep_corpus = true,
                                        .seed = 1,
                                        .hang_seconds = HANG};
  if (gate->fault != NULL && strcmp(gate->fault, "trap-later") == 0) {
    options.keep_corpus = false;
    options.seconds = SHORT;
  }
  setenv("HEAPTRIAL_FAULT", gate->fault != NULL ? gate->fault : "", 1);
  bool held = false;
  if (gate->seed && !write_seed(corpus))
    printf("%s: cannot be written\n", corpus);
  else {
    struct ht_campaign_result result;
    int code = ht_campaign_run(&options, &result);
    held = check(gate, code, &result);
    ht_campaign_result_free(&result);
  }
  if (held) ht_folder_remove(output);
  ht_folder_remove(corpus);
  free(heap);
  free(output);
  free(corpus);
  return held;
}

int main(int argc, char **argv) {
  size_t count = sizeof gates / sizeof gates[0];
  for (size_t i = 0; argc == 3 && i < count; i++)
    if (strcmp(argv[1], gates[i].name) == 0) return run_gate(&gates[i], argv[2]) ? 0 : 1;
  fprintf(stderr, "usage: %s GATE FOLDER; the gates are:", argv[0]);
  for (size_t i = 0; i < count; i++) fprintf(stderr, " %s", gates[i].name);
  fprintf(stderr, "\n");
  return 2;
}
