// Writes the table of invariants: tries the kept programs on unmodified heaps for what they evaluate, and
// takes from the database how soon mutants were caught.
#include "cli/document.h"
#include "cli/keep.h"
#include "cli/safety.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 120, JOBS = 2, HEAP_TEXT = 512 }; // a heap; at once; its name

static void say(void *context, const struct safety *safety) {
  (void)context;
  cli_say("%s: %llu programs", safety->heap->choice.text, (unsigned long long)safety->counts.programs);
}

// A heap with the options that a mutant of it needs, as --heap takes it.
static void say_heap(const struct ht_mutant *mutant, char *text, size_t size) {
  snprintf(text, size, "%s:%s", mutant->heap, mutant->settings);
}

// Every heap that is built here, and once more with each set of options that a mutant needs.
static bool open_heaps(const struct ht_mutants *mutants, struct cli_heaps *heaps) {
  struct cli_words names = {0};
  char **built = ht_plugin_names();
  for (size_t i = 0; built && built[i]; i++) cli_words_add(&names, built[i]);
  size_t own = names.count;
  for (size_t i = 0; i < mutants->count; i++) {
    const struct ht_mutant *mutant = &mutants->mutants[i];
    char name[HEAP_TEXT];
    bool known = false;
    if (!mutant->settings) continue;
    say_heap(mutant, name, sizeof name);
    for (size_t k = own; k < names.count && !known; k++) known = strcmp(names.words[k], name) == 0;
    char *copy = known ? NULL : strdup(name);
    if (copy) cli_words_add(&names, copy);
  }
  bool opened = built && cli_heaps_open(&names, heaps);
  for (size_t k = own; k < names.count; k++) free((char *)names.words[k]);
  free(names.words);
  if (built) ht_plugin_names_free(built);
  return opened;
}

// With options for mutants that are tried with one invariant alone, a heap does not keep all of the others:
// what was evaluated until one broke counts.
static bool breaks_others(const struct ht_mutants *mutants, const struct cli_heap *heap) {
  for (size_t i = 0; i < mutants->count; i++) {
    const struct ht_mutant *mutant = &mutants->mutants[i];
    char name[HEAP_TEXT];
    if (!mutant->only || !mutant->settings) continue;
    say_heap(mutant, name, sizeof name);
    if (strcmp(heap->choice.text, name) == 0) return true;
  }
  return false;
}

// What broke is a finding, and a table of it would say what is not so.
static bool is_sound(const struct ht_mutants *mutants, const struct safety *safety) {
  enum attempt_kind kind = safety->result.kind;
  if (kind == ATTEMPT_BROKEN && breaks_others(mutants, safety->heap)) return true;
  if (kind != ATTEMPT_BROKEN && kind != ATTEMPT_CRASHED && kind != ATTEMPT_HUNG) return true;
  cli_say("%s: %s", safety->heap->choice.text, safety->result.message);
  return false;
}

static bool write(const struct ht_mutants_document *document, const char *path) {
  FILE *out = fopen(path, "we");
  if (out) ht_mutants_document(document, out);
  if (out && fclose(out) == 0) return true;
  cli_say("%s: cannot be written", path);
  return false;
}

int cli_document(const struct ht_mutants *mutants, const char *database, const char *path) {
  struct cli_heaps heaps = {0};
  struct keep keep;
  char error[HT_ERROR_SIZE];
  struct ht_line_file lines = {0};
  if (!open_heaps(mutants, &heaps)) return CLI_USAGE;
  if (!keep_open(&keep, database)) return cli_heaps_close(&heaps), CLI_USAGE;
  struct safety *safeties = calloc(heaps.count, sizeof *safeties);
  struct ht_mutants_tried *tried = calloc(heaps.count, sizeof *tried);
  struct ht_mutants_document document = {.mutants = mutants, .tried = tried};
  int code = CLI_NO_VERDICT;
  if (!safeties || !tried) {
    cli_say("no memory");
  } else if (ht_store_latest(keep.store, HT_LINE_MUTANT, &lines, error) != 0) {
    cli_say("%s", error);
  } else {
    struct safety_plan plan = {.seconds = SECONDS, .jobs = JOBS, .findings = "findings"};
    ht_process_interruptible();
    safety_try(&heaps, &plan, safeties, say, NULL);
    code = ht_process_interrupted() ? CLI_NO_VERDICT : CLI_FINE;
    for (size_t i = 0; i < heaps.count; i++) {
      if (!is_sound(mutants, &safeties[i])) code = CLI_FINDING;
      if (!heaps.heaps[i].table || safeties[i].counts.programs == 0) continue;
      tried[document.tried_count++] =
          (struct ht_mutants_tried){.heap = heaps.heaps[i].choice.text,
                                    .table = heaps.heaps[i].table,
                                    .evaluations = safeties[i].counts.evaluations};
    }
    document.lines = lines.lines;
    document.line_count = lines.line_count;
    if (code == CLI_FINE && !write(&document, path)) code = CLI_USAGE;
  }
  ht_line_file_free(&lines);
  free(tried);
  free(safeties);
  if (!keep_close(&keep) && code == CLI_FINE) code = CLI_NO_VERDICT;
  cli_heaps_close(&heaps);
  return code;
}
