/* SARIF 2.1.0 (OASIS): what campaigns and trials found, a result a finding. A campaign that found nothing
 * says so with an empty list, by which whoever keeps alerts closes old ones; one without a verdict is a
 * notification. */
#include "results/export/export_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sarif {
  struct export *export;
  json_t *rules, *results, *notifications;
  json_t *rule_ids;
  size_t verdicts;
};

/* "GEN-3" of "GEN-3 store"; a trap or a sanitizer's report is its own rule: "signal-11". */
static char *rule_of(const char *key) {
  size_t letters = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  size_t digits = letters && key[letters] == '-' ? strspn(key + letters + 1, "0123456789") : 0;
  size_t length = digits ? letters + 1 + digits : strlen(key);
  char *rule = strndup(key, length);
  for (char *at = rule; at && *at; at++)
    if (isspace((unsigned char)*at)) *at = '-';
  return rule;
}

/* A path as a URI: below this folder relative to it, which is what a repository's page can show. */
static char *uri_of(const char *path) {
  char here[4096], *uri = NULL;
  size_t size;
  if (*path == '/' && getcwd(here, sizeof here) && strncmp(path, here, strlen(here)) == 0 &&
      path[strlen(here)] == '/')
    path += strlen(here) + 1;
  while (strncmp(path, "./", 2) == 0) path += 2;
  FILE *out = open_memstream(&uri, &size);
  if (!out) return NULL;
  if (*path == '/') fputs("file://", out);
  for (; *path; path++)
    if (isalnum((unsigned char)*path) || strchr("/-._~+,=@", *path))
      fputc(*path, out);
    else
      fprintf(out, "%%%02X", (unsigned char)*path);
  if (fclose(out) == 0) return uri;
  free(uri);
  return NULL;
}

static json_t *location(const char *path) {
  char *uri = uri_of(path);
  /* The file holds a heap program, not lines; a page that shows it wants one all the same. */
  json_t *json = uri ? json_pack("{s:{s:{s:s}, s:{s:i}}}", "physicalLocation", "artifactLocation", "uri", uri,
                                 "region", "startLine", 1)
                     : NULL;
  free(uri);
  return json;
}

static void add(struct sarif *sarif, json_t *list, json_t *item) {
  if (json_array_append_new(list, item) != 0) sarif->export->no_memory = true;
}

static void add_rule(struct sarif *sarif, const char *rule) {
  if (json_object_get(sarif->rule_ids, rule)) return;
  if (json_object_set_new(sarif->rule_ids, rule, json_true()) != 0) sarif->export->no_memory = true;
  add(sarif, sarif->rules,
      json_pack("{s:s, s:{s:s+}, s:{s:s}}", "id", rule, "shortDescription", "text", rule, " does not hold",
                "defaultConfiguration", "level", "error"));
}

/* `path` may be NULL. */
static void add_result(struct sarif *sarif, const struct ht_line *line, const char *key, const char *message,
                       const char *path) {
  char *rule = rule_of(key), *bucket = NULL, *text = NULL;
  if (asprintf(&bucket, "%s%s%s/%s", line->heap, *line->variant ? "+" : "", line->variant, key) < 0)
    bucket = NULL;
  if (asprintf(&text, "heap %s%s%s: %s", line->heap, *line->variant ? " with " : "", line->variant, message) <
      0)
    text = NULL;
  if (!rule || !bucket || !text) {
    sarif->export->no_memory = true;
  } else {
    const char *engine = ht_line_find_param(line, "engine");
    json_t *result = json_pack(
        "{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}}", "ruleId", rule,
        "level", "error", "message", "text", text, "partialFingerprints", "heaptrialBucket/v1", bucket,
        "properties", "heap", line->heap, "variant", line->variant, "benchmark", line->benchmark, "engine",
        engine ? engine : "", "machine", line->environment.machine, "compiler", line->environment.compiler,
        "flags", line->environment.flags, "commit", line->commit.sha, "started", line->started);
    if (result && path && json_object_set_new(result, "locations", json_pack("[o]", location(path))) != 0)
      sarif->export->no_memory = true;
    add(sarif, sarif->results, result);
    add_rule(sarif, rule);
  }
  free(rule);
  free(bucket);
  free(text);
}

static void add_findings(struct sarif *sarif, const struct ht_line *line) {
  size_t found = 0;
  for (size_t i = 0; i < line->param_count; i++) {
    const char *name = line->params[i].name;
    if (strncmp(name, HT_LINE_FINDING, strlen(HT_LINE_FINDING)) != 0) continue;
    const char *key = name + strlen(HT_LINE_FINDING);
    char *program = NULL;
    if (asprintf(&program, "%s%s", HT_LINE_PROGRAM, key) < 0) {
      sarif->export->no_memory = true;
      return;
    }
    add_result(sarif, line, key, line->params[i].value, ht_line_find_param(line, program));
    free(program);
    found++;
  }
  /* Whatever it is that failed, it is not passed over because nobody gave it a name. */
  if (found == 0) add_result(sarif, line, ht_line_status_name(line->status), line->reason, NULL);
}

static void add_line(struct sarif *sarif, const struct ht_line *line) {
  if (line->status == HT_LINE_NO_VERDICT) {
    char *text = NULL;
    if (asprintf(&text, "no verdict on heap %s%s%s: %s", line->heap, *line->variant ? "+" : "", line->variant,
                 line->reason) < 0)
      text = NULL;
    add(sarif, sarif->notifications,
        text ? json_pack("{s:s, s:{s:s}}", "level", "warning", "message", "text", text) : NULL);
    free(text);
    return;
  }
  sarif->verdicts++;
  if (line->status != HT_LINE_OK) add_findings(sarif, line);
}

size_t put_sarif(struct export *export) {
  struct sarif sarif = {export, json_array(), json_array(), json_array(), json_object(), 0};
  bool complete = true;
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++)
    for (size_t i = 0; i < export->kinds[kind].line_count; i++) {
      if (kind != HT_LINE_FUZZ && kind != HT_LINE_TRIAL) continue;
      add_line(&sarif, export->kinds[kind].lines[i]);
      complete &= export->kinds[kind].lines[i]->status != HT_LINE_NO_VERDICT;
    }
  json_t *log =
      json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:o}}, s:[{s:b, s:o}], s:o, s:s}]}", "$schema",
                "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
                "version", "2.1.0", "runs", "tool", "driver", "name", "heaptrial", "rules", sarif.rules,
                "invocations", "executionSuccessful", (int)complete, "toolExecutionNotifications",
                sarif.notifications, "results", sarif.results, "columnKind", "unicodeCodePoints");
  if (!log || json_dumpf(log, export->out, JSON_INDENT(1)) != 0) export->no_memory = true;
  fputc('\n', export->out);
  json_decref(log);
  json_decref(sarif.rule_ids);
  return sarif.verdicts;
}
