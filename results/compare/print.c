/* A table for people's words and for programs. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "results/compare/compare_internal.h"

const char *ht_compare_verdict_text(const struct ht_compare_row *row, char text[64]) {
  bool cost = ht_line_is_cost(row->unit);
  switch (row->verdict) {
  case HT_COMPARE_FASTER:
    return cost ? "faster" : "better";
  case HT_COMPARE_SLOWER:
    return cost ? "slower" : "worse";
  case HT_COMPARE_SAME:
    snprintf(text, 64, "no difference above %.2g %%", 100 * ht_compare_above(&row->samples));
    return text;
  case HT_COMPARE_FAILED:
    return "failed";
  case HT_COMPARE_INCOMPARABLE:
    return "not comparable";
  default:
    return "undecided";
  }
}

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_object(const struct ht_compare_row *row) {
  static const char *const verdicts[] = {
      [HT_COMPARE_FASTER] = "faster", [HT_COMPARE_SLOWER] = "slower",
      [HT_COMPARE_SAME] = "same",     [HT_COMPARE_UNDECIDED] = "undecided",
      [HT_COMPARE_FAILED] = "failed", [HT_COMPARE_INCOMPARABLE] = "not-comparable",
  };
  const struct ht_compare_samples *s = &row->samples;
  json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "heap", row->heap, "variant",
                             row->variant, "benchmark", row->benchmark, "settings", row->settings, "metric",
                             row->metric, "unit", row->unit, "verdict", verdicts[row->verdict]);
  if (!object) return NULL;
  if (*row->reason) {
    json_object_set_new(object, "reason", json_string(row->reason));
    return object;
  }
  json_object_set_new(object, "test", json_string(ht_compare_test_name(s->test)));
  json_object_set_new(object, "paired", json_boolean(s->paired));
  json_object_set_new(object, "a_count", json_integer((json_int_t)s->a_count));
  json_object_set_new(object, "b_count", json_integer((json_int_t)s->b_count));
  json_object_set_new(object, "a", number(s->a_median));
  json_object_set_new(object, "b", number(s->b_median));
  json_object_set_new(object, "ratio", number(s->ratio));
  json_object_set_new(object, "low", number(s->interval.low));
  json_object_set_new(object, "high", number(s->interval.high));
  json_object_set_new(object, "p", number(s->p));
  json_object_set_new(object, "q", number(row->q));
  json_object_set_new(object, "detectable", number(s->detectable));
  return object;
}

char *ht_compare_json(const struct ht_compare_table *table) {
  json_t *rows = json_array();
  for (size_t i = 0; i < table->row_count; i++)
    if (json_array_append_new(rows, row_object(&table->rows[i])) != 0) {
      json_decref(rows);
      return NULL;
    }
  json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:o}", "a", table->a, "b", table->b, "only_a",
                             (json_int_t)table->only_a, "only_b", (json_int_t)table->only_b, "rows", rows);
  char *text = object ? json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
  json_decref(object);
  return text;
}
