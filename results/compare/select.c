/* From the words of a question to lines. */
#include <stdlib.h>
#include <string.h>

#include "results/compare/compare_internal.h"

enum { COMMIT_LEAST = 4 }; /* characters that name one */

/* HEAP[/VARIANT][:SETTINGS][@REFERENCE] */
static bool take_apart(const char *text, struct side *side) {
  static char empty[] = "";
  *side = (struct side){.heap = empty, .variant = empty, .settings = empty, .reference = empty};
  side->text = strdup(text);
  if (!side->text) return false;
  char **const parts[] = {&side->reference, &side->settings, &side->variant};
  static const char marks[] = "@:/";
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    char *mark = strchr(side->text, marks[i]);
    if (!mark) continue;
    *mark = '\0';
    *parts[i] = mark + 1;
  }
  side->heap = side->text;
  return true;
}

void side_free(struct side *side) {
  free(side->text);
}

/* The entry of "a=1,b=2" for a name; *length is that of its value. */
static const char *setting_of(const struct side *side, const char *name, size_t *length) {
  size_t name_length = strlen(name);
  for (const char *at = side->settings; *at;) {
    size_t entry = strcspn(at, ",");
    if (entry > name_length && strncmp(at, name, name_length) == 0 && at[name_length] == '=') {
      *length = entry - name_length - 1;
      return at + name_length + 1;
    }
    at += entry + (at[entry] == ',');
  }
  return NULL;
}

bool side_names(const struct side *side, const char *setting) {
  size_t length;
  return setting_of(side, setting, &length) != NULL;
}

static bool has_settings(const struct side *side, const struct ht_line *line) {
  size_t wanted = 0, found = 0, length;
  for (const char *at = side->settings; *at; wanted++) {
    at += strcspn(at, ",");
    at += *at == ',';
  }
  for (size_t i = 0; i < line->param_count; i++) {
    const char *value = setting_of(side, line->params[i].name, &length);
    found += value && strlen(line->params[i].value) == length &&
             strncmp(line->params[i].value, value, length) == 0;
  }
  return found == wanted;
}

/* Drops the lines with other settings. */
static void keep_settings(const struct side *side, struct ht_line_file *lines) {
  size_t kept = 0;
  for (size_t i = 0; i < lines->line_count; i++) {
    if (has_settings(side, lines->lines[i]))
      lines->lines[kept++] = lines->lines[i];
    else
      ht_line_free(lines->lines[i]);
  }
  lines->line_count = kept;
}

static int ask(struct ht_store *store, const struct side *side, const char *run, const char *commit,
               char *error) {
  struct ht_store_filter filter = {
      .run = run, .commit = commit, .heap = side->heap, .variant = side->variant, .newest = !*run};
  ht_line_file_free(side->lines);
  if (ht_store_select(store, HT_LINE_BENCH, &filter, side->lines, error) != 0) return -1;
  keep_settings(side, side->lines);
  return 0;
}

/* What the side names, of the run that `run` names if that is not "". */
static int find(struct ht_store *store, struct side *side, const char *run, char *error) {
  static char empty[] = "";
  if (*side->reference) {
    if (ask(store, side, side->reference, "", error) != 0) return -1;
    if (side->lines->line_count > 0) return 0;
    if (strlen(side->reference) >= COMMIT_LEAST)
      if (ask(store, side, run, side->reference, error) != 0) return -1;
    return 0;
  }
  if (ask(store, side, run, "", error) != 0) return -1;
  if (side->lines->line_count > 0) return 0;
  /* No heap of that name: a reference alone? */
  if (*run || *side->variant || *side->settings) return 0;
  side->reference = side->heap;
  side->heap = empty;
  return find(store, side, run, error);
}

static int nothing(const struct side *side, const char *text, const char *run, char *error) {
  if (*side->reference && *side->heap)
    snprintf(error, HT_ERROR_SIZE, "there are no benchmarks of %s in a run or commit \"%s\"", side->heap,
             side->reference);
  else if (*run)
    snprintf(error, HT_ERROR_SIZE, "there are no benchmarks of %s in the run \"%s\"", text, run);
  else
    snprintf(error, HT_ERROR_SIZE, "nothing measured is called \"%s\": no heap, no run and no commit", text);
  return -1;
}

/* Without a word about it, both sides come from one run if there is one. */
static int join(struct ht_store *store, struct side sides[2], char *error) {
  for (size_t i = 0; i < 2; i++) {
    struct side *kept = &sides[i], *moved = &sides[1 - i];
    const char *run = kept->lines->lines[0]->run;
    if (!*run || strcmp(run, moved->lines->lines[0]->run) == 0) return 0;
    struct ht_line_file found = {0}, *before = moved->lines;
    moved->lines = &found;
    int failed = ask(store, moved, run, "", error);
    moved->lines = before;
    if (failed) return -1;
    if (found.line_count > 0) {
      ht_line_file_free(before);
      *before = found;
      return 0;
    }
    ht_line_file_free(&found);
  }
  return 0;
}

int select_sides(struct ht_store *store, const struct ht_compare_question *question, struct side sides[2],
                 char *error) {
  const char *const texts[] = {question->a, question->b}, *run = question->run ? question->run : "";
  for (size_t i = 0; i < 2; i++) {
    struct ht_line_file *lines = sides[i].lines;
    if (!take_apart(texts[i], &sides[i])) {
      snprintf(error, HT_ERROR_SIZE, "no memory");
      return -1;
    }
    sides[i].lines = lines;
    if (find(store, &sides[i], run, error) != 0) return -1;
    if (lines->line_count == 0) return nothing(&sides[i], texts[i], run, error);
  }
  if (!*sides[0].heap != !*sides[1].heap) {
    snprintf(error, HT_ERROR_SIZE,
             "\"%s\" and \"%s\": one is a heap and the other a run or commit; say HEAP@REFERENCE", texts[0],
             texts[1]);
    return -1;
  }
  return *run || *sides[0].reference || *sides[1].reference ? 0 : join(store, sides, error);
}

void side_describe(const struct side *side, char *text, size_t size) {
  const struct ht_line *line = side->lines->lines[0];
  snprintf(text, size, "%s%s%s%s%s%s%.40s%s%.12s", *side->heap ? line->heap : "all heaps",
           *side->heap && *line->variant ? "/" : "", *side->heap ? line->variant : "",
           *side->settings ? ":" : "", side->settings, *line->run ? " of run " : "", line->run,
           *line->commit.sha ? ", commit " : "", line->commit.sha);
}
