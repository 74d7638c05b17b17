/* Which lines belong together, and the table of what they say. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare/compare_internal.h"

static const char *const default_metrics[] = {"cpu_per_op", "cpu_per_op_quartile", "instructions_per_op",
                                              NULL};

/* A line and what it is compared by. */
struct entry {
  const struct ht_line *line;
  char *key;      /* benchmark, settings and, between runs, the heap */
  char *settings; /* for people */
};

struct comparing {
  const struct ht_compare_question *question;
  struct ht_compare_table *table;
  struct side sides[2];
  struct entry *entries[2];
  size_t counts[2];
  char *error;
};

static bool append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool append(char **text, const char *format, ...) {
  char *more, *whole;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&more, format, arguments);
  va_end(arguments);
  if (length < 0) return false;
  int joined = asprintf(&whole, "%s%s", *text ? *text : "", more);
  free(more);
  if (joined < 0) return false;
  free(*text);
  *text = whole;
  return true;
}

static bool make_entry(const struct comparing *c, const struct ht_line *line, struct entry *entry) {
  bool all_heaps = !*c->sides[0].heap;
  *entry = (struct entry){.line = line};
  if (!append(&entry->settings, "%s", "")) return false;
  for (size_t i = 0; i < line->param_count; i++) {
    const struct ht_line_param *param = &line->params[i];
    if (ht_line_is_varying(param->name) || side_names(&c->sides[0], param->name) ||
        side_names(&c->sides[1], param->name))
      continue;
    if (!append(&entry->settings, "%s%s=%s", *entry->settings ? " " : "", param->name, param->value))
      return false;
  }
  /* What was counted has no times, and what was timed no counts: neither is a run of the other that failed.
   */
  return append(&entry->key, "%s\n%s\n%s\n%s", line->benchmark, entry->settings, all_heaps ? line->heap : "",
                all_heaps ? line->variant : "");
}

static int by_key(const void *a, const void *b) {
  return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static bool make_entries(struct comparing *c, size_t side) {
  const struct ht_line_file *lines = c->sides[side].lines;
  c->entries[side] = calloc(lines->line_count + 1, sizeof *c->entries[side]);
  if (!c->entries[side]) return false;
  for (; c->counts[side] < lines->line_count; c->counts[side]++)
    if (!make_entry(c, lines->lines[c->counts[side]], &c->entries[side][c->counts[side]])) return false;
  qsort(c->entries[side], c->counts[side], sizeof *c->entries[side], by_key);
  return true;
}

static void free_entries(struct comparing *c, size_t side) {
  for (size_t i = 0; c->entries[side] && i < c->sides[side].lines->line_count; i++) {
    free(c->entries[side][i].key);
    free(c->entries[side][i].settings);
  }
  free(c->entries[side]);
}

/* Entries of one key on one side. */
struct group {
  const struct entry *entries;
  size_t count;
};

static const struct ht_line *first_ok(const struct group *group, const char *metric) {
  for (size_t i = 0; i < group->count; i++) {
    const struct ht_line *line = group->entries[i].line;
    if (line->status == HT_LINE_OK && (!metric || ht_line_find(line, metric))) return line;
  }
  return NULL;
}

static const struct ht_line *first_failure(const struct group *group) {
  for (size_t i = 0; i < group->count; i++)
    if (group->entries[i].line->status != HT_LINE_OK) return group->entries[i].line;
  return NULL;
}

/* NULL, or the name of what differs. Instructions do not depend on the machine. */
static const char *other_environment(const struct ht_line *a, const struct ht_line *b, bool counted) {
  const struct {
    const char *name, *a, *b;
    bool counts;
  } parts[] = {
      {"machine", a->environment.machine, b->environment.machine, false},
      {"CPU", a->environment.cpu, b->environment.cpu, false},
      {"kernel", a->environment.kernel, b->environment.kernel, false},
      {"C library", a->environment.libc, b->environment.libc, true},
      {"compiler", a->environment.compiler, b->environment.compiler, true},
      {"flags", a->environment.flags, b->environment.flags, true},
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if ((parts[i].counts || !counted) && strcmp(parts[i].a, parts[i].b) != 0) return parts[i].name;
  return NULL;
}

/* Why the two groups cannot be compared; false if they can. */
static bool refuse(struct ht_compare_row *row, const struct group groups[2], bool counted) {
  const struct ht_line *first = first_ok(&groups[0], row->metric);
  for (size_t side = 0; side < 2; side++)
    for (size_t i = 0; i < groups[side].count; i++) {
      const struct ht_line *line = groups[side].entries[i].line;
      if (line->status != HT_LINE_OK || !ht_line_find(line, row->metric)) continue;
      const char *other = other_environment(first, line, counted);
      if (other) {
        snprintf(row->reason, sizeof row->reason, "measured with more than one %s", other);
        return true;
      }
      if (first->has_seed && line->has_seed && first->seed != line->seed) {
        snprintf(row->reason, sizeof row->reason, "measured with different seeds");
        return true;
      }
      if (first->has_checksum && line->has_checksum && first->checksum != line->checksum) {
        snprintf(row->reason, sizeof row->reason, "not the same work: checksums %016llx and %016llx",
                 (unsigned long long)first->checksum, (unsigned long long)line->checksum);
        return true;
      }
      if (strcmp(ht_line_find(line, row->metric)->unit, row->unit) != 0) {
        snprintf(row->reason, sizeof row->reason, "measured in %s and in %s", row->unit,
                 ht_line_find(line, row->metric)->unit);
        return true;
      }
    }
  return false;
}

/* What a process repeated inside is one number. NAN: it has none. */
static double value_of(const struct ht_line *line, const char *metric) {
  const struct ht_line_measure *measure = line->status == HT_LINE_OK ? ht_line_find(line, metric) : NULL;
  return measure ? ht_stats_median(measure->samples, measure->sample_count) : NAN;
}

static const struct ht_line *partner(const struct group *group, const struct ht_line *line) {
  const char *round = ht_line_find_param(line, "round");
  for (size_t i = 0; round && *line->run && i < group->count; i++) {
    const struct ht_line *other = group->entries[i].line;
    const char *its = ht_line_find_param(other, "round");
    if (its && other->status == HT_LINE_OK && strcmp(its, round) == 0 && strcmp(other->run, line->run) == 0)
      return other;
  }
  return NULL;
}

struct values {
  double *values[2];
  size_t counts[2];
};

/* Pairs if there are any, else all of both sides. */
static bool collect(const struct ht_compare_row *row, const struct group groups[2], struct values *v,
                    bool *paired) {
  for (size_t side = 0; side < 2; side++)
    if (!(v->values[side] = calloc(groups[0].count + groups[1].count, sizeof(double)))) return false;
  for (size_t i = 0; i < groups[0].count; i++) {
    const struct ht_line *line = groups[0].entries[i].line, *other = partner(&groups[1], line);
    double a = value_of(line, row->metric), b = other ? value_of(other, row->metric) : NAN;
    if (isnan(a) || isnan(b)) continue;
    v->values[0][v->counts[0]++] = a;
    v->values[1][v->counts[1]++] = b;
  }
  *paired = v->counts[0] > 0;
  for (size_t side = 0; !*paired && side < 2; side++)
    for (size_t i = 0; i < groups[side].count; i++) {
      double value = value_of(groups[side].entries[i].line, row->metric);
      if (!isnan(value)) v->values[side][v->counts[side]++] = value;
    }
  return true;
}

static bool all_positive(const struct values *v) {
  for (size_t side = 0; side < 2; side++)
    for (size_t i = 0; i < v->counts[side]; i++)
      if (!(v->values[side][i] > 0)) return false;
  return true;
}

static void compare_counts(const struct values *v, struct ht_compare_samples *s) {
  *s = (struct ht_compare_samples){.test = HT_COMPARE_COUNT,
                                   .a_count = v->counts[0],
                                   .b_count = v->counts[1],
                                   .a_median = ht_stats_median(v->values[0], v->counts[0]),
                                   .b_median = ht_stats_median(v->values[1], v->counts[1]),
                                   .p = NAN,
                                   .detectable = HT_COMPARE_EXACT};
  s->ratio = s->b_median / s->a_median;
  s->interval = (struct ht_interval){true, s->ratio, s->ratio};
}

static bool fill_row(struct comparing *c, struct ht_compare_row *row, const struct group groups[2]) {
  const struct ht_line *b = first_ok(&groups[1], row->metric), *failure = first_failure(&groups[1]);
  bool counted = strcmp(row->unit, "instructions") == 0, paired = false;
  row->verdict = HT_COMPARE_INCOMPARABLE;
  row->q = NAN;
  if (failure && failure->status != HT_LINE_NO_VERDICT) {
    row->verdict = HT_COMPARE_FAILED;
    snprintf(row->reason, sizeof row->reason, "%s: %.200s", ht_line_status_name(failure->status),
             failure->reason);
    return true;
  }
  if (!b) {
    snprintf(row->reason, sizeof row->reason, "no result of B: %.200s",
             failure ? failure->reason : "it does not measure that");
    return true;
  }
  if (refuse(row, groups, counted)) return true;
  struct values v = {0};
  bool done = collect(row, groups, &v, &paired);
  if (done && !all_positive(&v)) {
    snprintf(row->reason, sizeof row->reason, "a ratio needs values above 0");
  } else if (done) {
    if (counted)
      compare_counts(&v, &row->samples);
    else
      done = paired ? ht_compare_pairs(v.values[0], v.values[1], v.counts[0], &row->samples)
                    : ht_compare_sets(v.values[0], v.counts[0], v.values[1], v.counts[1], &row->samples);
    row->verdict = HT_COMPARE_UNDECIDED;
    c->table->unpaired += !paired && !counted;
  }
  free(v.values[0]);
  free(v.values[1]);
  return done;
}

static bool add_rows(struct comparing *c, const struct group groups[2]) {
  struct ht_compare_table *table = c->table;
  const char *const *metrics = c->question->metrics ? c->question->metrics : default_metrics;
  for (; *metrics; metrics++) {
    const struct ht_line *a = first_ok(&groups[0], *metrics);
    if (!a) continue;
    const struct ht_line *b = groups[1].entries[0].line;
    const struct ht_line_measure *measure = ht_line_find(a, *metrics);
    /* A heap that has no such thing, as a malloc has no pauses, is no failure. */
    if (!first_ok(&groups[1], *metrics) && first_ok(&groups[1], NULL)) continue;
    struct ht_compare_row *rows = reallocarray(table->rows, table->row_count + 1, sizeof *rows);
    if (!rows) return false;
    table->rows = rows;
    struct ht_compare_row *row = &rows[table->row_count];
    *row = (struct ht_compare_row){.heap = b->heap,
                                   .variant = b->variant,
                                   .benchmark = a->benchmark,
                                   .settings = strdup(groups[0].entries[0].settings),
                                   .metric = *metrics,
                                   .unit = measure->unit,
                                   .better = measure->better};
    if (!row->settings) return false;
    table->row_count++;
    if (!fill_row(c, row, groups)) return false;
  }
  return true;
}

/* Both sides are sorted: like with like. */
static bool match(struct comparing *c) {
  size_t at[2] = {0, 0};
  while (at[0] < c->counts[0] || at[1] < c->counts[1]) {
    struct group groups[2];
    for (size_t side = 0; side < 2; side++) {
      groups[side] = (struct group){.entries = c->entries[side] + at[side]};
      while (at[side] + groups[side].count < c->counts[side] &&
             strcmp(groups[side].entries[groups[side].count].key, groups[side].entries[0].key) == 0)
        groups[side].count++;
    }
    int order = groups[0].count == 0   ? 1
                : groups[1].count == 0 ? -1
                                       : strcmp(groups[0].entries[0].key, groups[1].entries[0].key);
    c->table->only_a += order < 0;
    c->table->only_b += order > 0;
    if (order == 0 && !add_rows(c, groups)) return false;
    if (order <= 0) at[0] += groups[0].count;
    if (order >= 0) at[1] += groups[1].count;
  }
  return true;
}

static bool adjust(struct comparing *c) {
  struct ht_compare_table *table = c->table;
  double *p = calloc(table->row_count + 1, sizeof *p);
  size_t count = 0, at = 0;
  if (!p) return false;
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].verdict == HT_COMPARE_UNDECIDED && !isnan(table->rows[i].samples.p))
      p[count++] = table->rows[i].samples.p;
  bool done = c->question->gate ? ht_stats_holm(p, count) : ht_stats_benjamini_hochberg(p, count);
  for (size_t i = 0; done && i < table->row_count; i++) {
    struct ht_compare_row *row = &table->rows[i];
    if (row->verdict == HT_COMPARE_UNDECIDED) {
      if (!isnan(row->samples.p)) row->q = p[at++];
      row->verdict = ht_compare_judge(&row->samples, row->q, c->question->margin, row->better);
    }
    table->counts[row->verdict]++;
  }
  free(p);
  return done;
}

/* 0, or 1 with the reason why there is not one row with a verdict. */
static int conclude(struct comparing *c) {
  const struct ht_compare_table *table = c->table;
  if (table->row_count > table->counts[HT_COMPARE_INCOMPARABLE]) return 0;
  if (table->row_count > 0)
    snprintf(c->error, HT_ERROR_SIZE, "nothing can be compared: %s: %s: %s", table->rows[0].benchmark,
             table->rows[0].metric, table->rows[0].reason);
  else if (table->only_a && table->only_b)
    snprintf(
        c->error, HT_ERROR_SIZE,
        "nothing can be compared: different parameters (%s %s, and %s %s); heaptrial bench A B gives both "
        "the same",
        c->entries[0][0].line->benchmark, c->entries[0][0].settings, c->entries[1][0].line->benchmark,
        c->entries[1][0].settings);
  else
    snprintf(c->error, HT_ERROR_SIZE, "nothing can be compared: A has no result, or not that metric");
  return 1;
}

int ht_compare(struct ht_store *store, const struct ht_compare_question *question,
               struct ht_compare_table *table, char *error) {
  struct comparing c = {.question = question, .table = table, .error = error};
  int result = -1;
  *table = (struct ht_compare_table){0};
  for (size_t side = 0; side < 2; side++) c.sides[side].lines = &table->lines[side];
  if (select_sides(store, question, c.sides, error) != 0) goto out;
  side_describe(&c.sides[0], table->a, sizeof table->a);
  side_describe(&c.sides[1], table->b, sizeof table->b);
  if (make_entries(&c, 0) && make_entries(&c, 1) && match(&c) && adjust(&c))
    result = conclude(&c);
  else
    snprintf(error, HT_ERROR_SIZE, "no memory");
out:
  for (size_t side = 0; side < 2; side++) {
    free_entries(&c, side);
    side_free(&c.sides[side]);
  }
  return result;
}

void ht_compare_free(struct ht_compare_table *table) {
  for (size_t i = 0; i < table->row_count; i++) free(table->rows[i].settings);
  free(table->rows);
  for (size_t side = 0; side < 2; side++) ht_line_file_free(&table->lines[side]);
  *table = (struct ht_compare_table){0};
}
