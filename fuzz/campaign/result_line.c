// A campaign as a line of results.

#include "fuzz/campaign/campaign.h"
#include "plugin/plugin.h"

#include <string.h>

// Which bugs, and where their programs are: what names them elsewhere reads it from here. One that did not
// fail again is not named.
static void name_findings(struct ht_line *line, const struct ht_campaign_result *result) {
  for (size_t i = 0; i < result->finding_count; i++) {
    const struct ht_finding *finding = &result->findings[i];
    char name[sizeof HT_LINE_FINDING + HT_KEY_BYTES];
    if (!finding->confirmed) continue;
    snprintf(name, sizeof name, "%s%s", HT_LINE_FINDING, finding->key);
    ht_line_param(line, name, finding->message);
    snprintf(name, sizeof name, "%s%s", HT_LINE_PROGRAM, finding->key);
    if (finding->path != NULL) ht_line_param(line, name, finding->path);
  }
}

struct ht_line *ht_campaign_line(const struct ht_campaign_options *options,
                                 const struct ht_campaign_result *result, int code) {
  struct ht_plugin_choice choice;
  char message[256];
  // A heap that nobody knows gives no verdict, and its line still says what was asked for.
  bool known = ht_plugin_choose(options->heap, &choice, message, sizeof message);
  struct ht_line *line = ht_line_new(HT_LINE_FUZZ, known ? choice.heap : options->heap, "campaign");
  if (line != NULL && known) ht_line_variant(line, choice.variant, NULL);
  if (known) ht_plugin_choice_free(&choice);
  if (line == NULL) return NULL;
  ht_line_param(line, "engine", ht_engine_name(options->engine));
  ht_line_param_number(line, "jobs", options->jobs != 0 ? options->jobs : 1);
  ht_line_param(line, "sanitizer", options->sanitizer ? "address,undefined" : "none");
  if (options->simulated) ht_line_param(line, "world", "simulated");
  ht_line_param(line, "mutator", options->mutate_bytes ? "bytes" : "structure");
  ht_line_param_number(line, "seed", (int64_t)options->seed);
  const char *settings = strchr(options->heap, ':');
  if (settings != NULL) ht_line_param(line, "settings", settings + 1);
  if (options->only != NULL) ht_line_param(line, "only", options->only);
  name_findings(line, result);
  ht_line_seed(line, options->seed);
  ht_line_sample(line, "executions", "count", HT_LINE_NONE, (double)result->executions);
  ht_line_sample(line, "operations", "count", HT_LINE_NONE, (double)result->operations);
  ht_line_sample(line, "edges", "count", HT_LINE_HIGHER, (double)result->edges);
  ht_line_sample(line, "features", "count", HT_LINE_HIGHER, (double)result->features);
  ht_line_sample(line, "corpus_files", "count", HT_LINE_NONE, (double)result->corpus_files);
  ht_line_sample(line, "findings", "count", HT_LINE_LOWER,
                 (double)(result->finding_count - result->unconfirmed_count));
  ht_line_sample(line, "seconds", "s", HT_LINE_NONE, result->seconds);
  ht_line_sample(line, "cpu_seconds", "s", HT_LINE_NONE, result->cpu_seconds);
  if (result->seconds > 0) {
    double per_second = (double)result->executions / result->seconds;
    ht_line_sample(line, "executions_per_second", "1/s", HT_LINE_HIGHER, per_second);
    ht_line_sample(line, "operations_per_second", "1/s", HT_LINE_HIGHER,
                   (double)result->operations / result->seconds);
  }
  if (code == 1)
    ht_line_fail(line, HT_LINE_FAILED, "%s", result->message);
  else if (code != 0)
    ht_line_fail(line, HT_LINE_NO_VERDICT, "%s", result->message);
  ht_line_environment(line);
  return line;
}
