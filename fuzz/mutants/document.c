// The table of invariants for people: what must hold, where it is looked at, how often that was done, and
// which planted bugs it catches how soon.

#include "fuzz/mutants/mutants_internal.h"
#include "fuzz/oracle/invariants.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_MAX = 4 << 20, NAME_BYTES = HT_INVARIANT_NAME_BYTES + 8 };

// "PY-28" is PY_28 in the heap's sources, "GEN-1" is HT_GEN_1 in the oracle's.
static void symbol_of(const char *prefix, const char *name, char symbol[NAME_BYTES]) {
  snprintf(symbol, NAME_BYTES, "%s%s", prefix, name);
  for (char *at = symbol; *at != 0; at++)
    if (*at == '-') *at = '_';
}

static bool has_word(const char *text, const char *word) {
  size_t length = strlen(word);
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += length) {
    bool starts = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
    if (starts && !isalnum((unsigned char)at[length]) && at[length] != '_') return true;
  }
  return false;
}

// Code, and not a list of invariants or a test of them.
static bool is_check_file(const char *path) {
  static const char *const others[] = {"_test.c", "invariants.c", "invariants.h"};
  const char *end = strrchr(path, '.');
  if (end == NULL || (strcmp(end, ".c") != 0 && strcmp(end, ".h") != 0)) return false;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    size_t length = strlen(others[i]);
    if (strlen(path) >= length && strcmp(path + strlen(path) - length, others[i]) == 0) return false;
  }
  return true;
}

// The files of a folder of the tree that name a check; what looks after it if none does.
static void write_checks(const char *folder, const char *symbol, const char *otherwise, FILE *out) {
  char *path = ht_text("%s/%s", HEAPTRIAL_TREE, folder);
  struct ht_files files;
  size_t named = 0;
  bool listed = ht_files_list(path, true, &files);
  for (size_t i = 0; listed && i < files.count; i++) {
    size_t size;
    char *text = is_check_file(files.paths[i]) ? ht_file_read(files.paths[i], SOURCE_MAX, &size) : NULL;
    if (text != NULL && has_word(text, symbol))
      fprintf(out, "%s`%s`", named++ ? ", " : "", files.paths[i] + strlen(HEAPTRIAL_TREE) + 1);
    free(text);
  }
  if (named == 0) fprintf(out, "%s", otherwise);
  if (listed) ht_files_free(&files);
  free(path);
}

// Lines that say how soon engines caught a mutant as it is usually tried. Of several runs the last counts.
static bool is_about(const struct ht_line *line, const char *id, const char *engine) {
  const char *of = ht_line_find_param(line, "engine"), *corpus = ht_line_find_param(line, "corpus");
  return strcmp(line->benchmark, id) == 0 && of != NULL && strcmp(of, engine) == 0 && corpus != NULL &&
         strcmp(corpus, HT_MUTANT_PROJECT_CORPUS) == 0;
}

static const char *last_run(const struct ht_mutants_document *document, const char *id, const char *engine) {
  const struct ht_line *last = NULL;
  for (size_t i = 0; i < document->line_count; i++) {
    const struct ht_line *line = document->lines[i];
    if (is_about(line, id, engine) && (last == NULL || strcmp(line->started, last->started) > 0)) last = line;
  }
  return last != NULL ? last->run : NULL;
}

static void write_executions(const struct ht_mutants_document *document, const char *id, enum ht_engine of,
                             FILE *out) {
  const char *engine = ht_engine_name(of), *run = last_run(document, id, engine);
  double *executions = calloc(document->line_count + 1, sizeof *executions);
  size_t count = 0, catches = 0;
  if (executions == NULL) abort(); // some hundred bytes
  for (size_t i = 0; run != NULL && i < document->line_count; i++) {
    const struct ht_line *line = document->lines[i];
    const struct ht_line_measure *caught = ht_line_find(line, "caught"),
                                 *done = ht_line_find(line, "executions");
    if (!is_about(line, id, engine) || strcmp(line->run, run) != 0 || caught == NULL || done == NULL)
      continue;
    catches += caught->samples[0] > 0;
    executions[count++] = caught->samples[0] > 0 ? done->samples[0] : INFINITY;
  }
  double middle = count != 0 ? median(executions, count) : NAN;
  if (isnan(middle))
    fprintf(out, "-");
  else if (isinf(middle) && catches != 0)
    fprintf(out, "%zu of %zu seeds", catches, count);
  else if (isinf(middle))
    fprintf(out, "survives");
  else
    fprintf(out, "%.0f", middle);
  free(executions);
}

// The last two columns: a mutant a line.
static void write_mutants(const struct ht_mutants_document *document, const char *name, FILE *out) {
  size_t written = 0;
  for (size_t i = 0; i < document->mutants->count; i++) {
    const struct ht_mutant *mutant = &document->mutants->mutants[i];
    if (strcmp(mutant->breaks, name) == 0) fprintf(out, "%s%s", written++ ? "<br>" : "", mutant->id);
  }
  if (written == 0) fprintf(out, "**none**");
  fprintf(out, " | ");
  written = 0;
  for (size_t i = 0; i < document->mutants->count; i++) {
    const struct ht_mutant *mutant = &document->mutants->mutants[i];
    if (strcmp(mutant->breaks, name) != 0) continue;
    fprintf(out, "%s", written++ ? "<br>" : "");
    write_executions(document, mutant->id, HT_ENGINE_LIBFUZZER, out);
    fprintf(out, " / ");
    write_executions(document, mutant->id, HT_ENGINE_AFLPP, out);
  }
  fprintf(out, " |\n");
}

static void write_evaluations(uint64_t evaluations, FILE *out) {
  if (evaluations == 0)
    fprintf(out, "**0**");
  else
    fprintf(out, "%" PRIu64, evaluations);
}

static void write_head(const char *title, FILE *out) {
  fprintf(out,
          "\n## %s\n\n| invariant | holds | what | check | evaluations | mutants | executions |\n"
          "|---|---|---|---|--:|---|---|\n",
          title);
}

static void write_oracle(const struct ht_mutants_document *document, FILE *out) {
  write_head("Of every heap, as far as it claims it", out);
  for (enum ht_invariant i = 0; i < HT_INVARIANTS; i++) {
    char symbol[NAME_BYTES];
    uint64_t evaluations = 0;
    for (size_t k = 0; k < document->tried_count; k++) evaluations += document->tried[k].evaluations[i];
    symbol_of("HT_", ht_invariants[i].name, symbol);
    fprintf(out, "| %s | %s | %s | ", ht_invariants[i].name, ht_invariants[i].phase,
            ht_invariants[i].sentence);
    write_checks("fuzz/runner", symbol, "the oracle", out);
    fprintf(out, " | ");
    write_evaluations(evaluations, out);
    fprintf(out, " | ");
    write_mutants(document, ht_invariants[i].name, out);
  }
}

static void write_own(const struct ht_mutants_document *document, const struct ht_heap_table *table,
                      FILE *out) {
  char *title = ht_text("Of the heap %s, which looks after them itself", table->name);
  char *folder = ht_text("allocators/%s", table->name), *otherwise = ht_text("heap %s", table->name);
  write_head(title, out);
  for (size_t i = HT_INVARIANTS; i < ht_invariant_count(table) && i < HT_INVARIANTS_MAX; i++) {
    const struct ht_heap_invariant *own = ht_invariant_entry(table, i);
    char symbol[NAME_BYTES];
    uint64_t evaluations = 0;
    for (size_t k = 0; k < document->tried_count; k++)
      if (document->tried[k].table == table) evaluations += document->tried[k].evaluations[i];
    symbol_of("", own->name, symbol);
    fprintf(out, "| %s | %s | %s | ", own->name, own->phase, own->sentence);
    write_checks(folder, symbol, otherwise, out);
    fprintf(out, " | ");
    write_evaluations(evaluations, out);
    fprintf(out, " | ");
    write_mutants(document, own->name, out);
  }
  free(title);
  free(folder);
  free(otherwise);
}

void ht_mutants_document(const struct ht_mutants_document *document, FILE *out) {
  fprintf(
      out,
      "# Invariants\n\n"
      "Made by `heaptrial mutants --document FILE`; not written by hand.\n\n"
      "What must hold, by name; when; where that is looked at; how often in one run of the kept programs "
      "(`fuzz/corpus`) on each\nunmodified heap, and once more with each set of options that a mutant "
      "needs; which planted bugs are made for it\n(`fuzz/mutants/patches`); and after how many programs it "
      "is caught: the median over the seeds of the last run that is kept,\nwith libFuzzer / with AFL++, from "
      "the project's corpus. \"-\" was not measured. An invariant that was evaluated **0** times here\nor "
      "has no mutant proves nothing yet.\n\n"
      "Tried:");
  for (size_t k = 0; k < document->tried_count; k++)
    fprintf(out, "%s %s", k ? "," : "", document->tried[k].heap);
  fprintf(out, ".\n");
  write_oracle(document, out);
  for (size_t k = 0; k < document->tried_count; k++) {
    const struct ht_heap_table *table = document->tried[k].table;
    bool before = table->invariants == NULL || table->invariants[0].name == NULL;
    for (size_t i = 0; i < k && !before; i++) before = document->tried[i].table == table;
    if (!before) write_own(document, table, out);
  }
}
