// From inputs that may fail to findings: each is replayed in a fresh process, put into a bucket by its key,
// the first of each bucket confirmed, shrunk and written down.

#include "fuzz/campaign/campaign_internal.h"
#include "fuzz/program/program.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// The line of a log that says what is broken.
static void find_line(const char *text, const char *otherwise, char *line, size_t line_size) {
  static const char *const marks[] = {"INVARIANT ", "TEXT ", "ERROR: ", "runtime error: "};
  snprintf(line, line_size, "%s", otherwise);
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    const char *found = strstr(text, marks[i]);
    if (found == NULL) continue;
    snprintf(line, line_size, "%.*s", (int)strcspn(found, "\n"), found);
    return;
  }
}

bool place_replay(const struct place *place, const char *input, const char *log, unsigned seconds,
                  char key[HT_KEY_BYTES], char *line, size_t line_size, int *exit_code) {
  const char *argv[] = {place->binary, input, NULL};
  struct ht_process_result result;
  struct ht_process_options options = {.argv = argv,
                                       .environment = place->environment,
                                       .preload = place->choice.preload,
                                       .out.kind = HT_PROCESS_DISCARD,
                                       .err.kind = HT_PROCESS_CAPTURE,
                                       .wall_ns = seconds * HT_PROCESS_SECOND};
  ht_process_run(&options, &result);
  bool hung = result.outcome == HT_PROCESS_TIMED_OUT;
  bool ran = hung || result.outcome == HT_PROCESS_EXITED || result.outcome == HT_PROCESS_SIGNALED;
  const char *text = result.err != NULL ? result.err : "";
  *exit_code = result.outcome == HT_PROCESS_EXITED ? result.exit_code : -1;
  // As wait would say it.
  int status = result.outcome == HT_PROCESS_SIGNALED ? result.signal : *exit_code << 8;
  key[0] = 0;
  if (ran) ht_failure_key(text, hung ? 0 : status, hung, key);
  find_line(text, hung ? "it does not end" : key[0] != 0 ? key : result.reason, line, line_size);
  if (log != NULL && key[0] != 0) ht_file_write(log, text, strlen(text));
  ht_process_result_free(&result);
  return ran && *exit_code != HT_TARGET_NO_VERDICT;
}

static struct ht_finding *find_bucket(struct campaign *campaign, const char *key) {
  for (size_t i = 0; i < campaign->result->finding_count; i++)
    if (strcmp(campaign->result->findings[i].key, key) == 0) return &campaign->result->findings[i];
  return NULL;
}

static struct ht_finding *add_finding(struct campaign *campaign, const char *key, const char *message) {
  struct ht_campaign_result *result = campaign->result;
  struct ht_finding *findings = realloc(result->findings, (result->finding_count + 1) * sizeof *findings);
  if (findings == NULL) {
    campaign_fail(campaign, "no memory");
    return NULL;
  }
  result->findings = findings;
  struct ht_finding *finding = &findings[result->finding_count++];
  *finding = (struct ht_finding){.inputs = 1};
  snprintf(finding->key, sizeof finding->key, "%s", key);
  snprintf(finding->message, sizeof finding->message, "%s", message);
  return finding;
}

static bool confirm(struct campaign *campaign, const char *input, const char *key) {
  for (unsigned i = 1; i < HT_CAMPAIGN_REPLAYS; i++) { // the replay that gave the key was the first
    char again[HT_KEY_BYTES], line[512];
    int exit_code;
    if (!place_replay(&campaign->replay, input, NULL, campaign_hang_seconds(campaign), again, line,
                      sizeof line, &exit_code) ||
        strcmp(again, key) != 0)
      return false;
  }
  return true;
}

// The smallest input of a bucket is the best to start from, but the shrinker makes any of them small: the
// first will do. A shrunk program that does not fail alike in a fresh process is not used.
static void shrink(struct campaign *campaign, const char *input, const char *key, const char *output) {
  char *log = ht_text("%s/shrink.log", campaign->log);
  const char *argv[] = {campaign->replay.binary, "--shrink", input, output, NULL};
  // A sanitizer takes a tenth of a second to name the functions of a stack: too long for each of some hundred
  // attempts, which compare addresses as well.
  const char *environment[ENVIRONMENT_MAX + 2];
  size_t count = campaign->replay.environment_count;
  memcpy(environment, campaign->replay.environment, count * sizeof environment[0]);
  environment[count] = "ASAN_OPTIONS=symbolize=0";
  environment[count + 1] = "UBSAN_OPTIONS=symbolize=0:halt_on_error=1";
  environment[count + 2] = NULL;
  struct ht_process_result result;
  struct ht_process_options options = {.argv = argv,
                                       .environment = environment,
                                       .preload = campaign->replay.choice.preload,
                                       .out.kind = HT_PROCESS_DISCARD,
                                       .err = {.kind = HT_PROCESS_FILE, .path = log},
                                       .wall_ns = SHRINK_SECONDS * HT_PROCESS_SECOND};
  char again[HT_KEY_BYTES] = "", line[512];
  int exit_code;
  bool shrunk = ht_process_run(&options, &result) &&
                place_replay(&campaign->replay, output, NULL, campaign_hang_seconds(campaign), again, line,
                             sizeof line, &exit_code) &&
                strcmp(again, key) == 0;
  if (!shrunk) {
    campaign_say(campaign, "%s: not shrunk: %s", key, again[0] ? again : result.reason);
    if (!ht_file_copy(input, output)) campaign_fail(campaign, "%s: cannot be written", output);
  }
  ht_process_result_free(&result);
  free(log);
}

// The program as text, with what is known of it in front.
static void write_text(struct campaign *campaign, struct ht_finding *finding) {
  static struct ht_program program;
  size_t size;
  char *data = ht_file_read(finding->path, HT_FLIGHT_BYTES, &size);
  char *path = ht_text("%.*s.txt", (int)(strlen(finding->path) - strlen(".bin")), finding->path);
  FILE *out = data != NULL ? fopen(path, "we") : NULL;
  if (out != NULL) {
    finding->bytes = size;
    ht_program_decode((const uint8_t *)data, size, &program);
    fprintf(out, "# %s\n# heap %s%s, found by %s\n# heaptrial %s %s%s%s\n", finding->message,
            campaign->options->heap,
            campaign->options->simulated   ? " in the simulated world"
            : campaign->options->sanitizer ? " with sanitizers"
                                           : "",
            ht_engine_name(campaign->options->engine),
            campaign->options->simulated ? "explore --from-program --heap" : "replay --heap",
            campaign->options->heap, campaign->options->simulated ? " --program " : " ", finding->path);
    ht_program_print(&program, out);
  }
  if (out == NULL || fclose(out) != 0) campaign_fail(campaign, "%s: cannot be written", path);
  free(path);
  free(data);
}

static char *finding_path(const char *folder, const char *key, const char *input) {
  char slug[HT_KEY_BYTES];
  size_t length = 0;
  for (; key[length] != 0; length++)
    slug[length] = isalnum((unsigned char)key[length]) || key[length] == '-' ? key[length] : '_';
  slug[length] = 0;
  // The input's own name is its hash: two campaigns that find the same do not collide.
  return ht_text("%s/%.60s-%.8s.bin", folder, slug, strrchr(input, '/') + 1);
}

static void keep(struct campaign *campaign, const char *input, const char *key, const char *message,
                 bool confirmed) {
  struct ht_finding *finding = add_finding(campaign, key, message);
  if (finding == NULL) return;
  finding->confirmed = confirmed;
  finding->path = finding_path(confirmed ? campaign->findings : campaign->unconfirmed, key, input);
  if (confirmed)
    shrink(campaign, input, key, finding->path);
  else if (!ht_file_copy(input, finding->path))
    campaign_fail(campaign, "%s: cannot be written", finding->path);
  write_text(campaign, finding);
  if (!confirmed) campaign->result->unconfirmed_count++;
  campaign_say(campaign, "%s %s: %s", confirmed ? "finding" : "does not fail again", finding->path, message);
}

static void triage(struct campaign *campaign, const char *input) {
  char key[HT_KEY_BYTES], line[512];
  int exit_code;
  char *log = ht_text("%s/last-failure.log", campaign->log);
  bool ran = place_replay(&campaign->replay, input, log, campaign_hang_seconds(campaign), key, line,
                          sizeof line, &exit_code);
  free(log);
  if (!ran) return campaign_fail(campaign, "an input cannot be replayed: %s", line);
  if (key[0] == 0) {
    // It may need what only the engine's own binary has: its instrumentation, its allocator's state.
    if (find_bucket(campaign, "unconfirmed") == NULL)
      keep(campaign, input, "unconfirmed", "an engine saved this input, but it passes when it is replayed",
           false);
    return;
  }
  struct ht_finding *bucket = find_bucket(campaign, key);
  if (bucket != NULL)
    bucket->inputs++;
  else
    keep(campaign, input, key, line, confirm(campaign, input, key));
}

static int confirmed_first(const void *one, const void *other) {
  const struct ht_finding *a = one, *b = other;
  return (int)b->confirmed - (int)a->confirmed;
}

void campaign_triage(struct campaign *campaign) {
  for (size_t i = 0; i < campaign->candidate_count && !ht_process_interrupted(); i++)
    triage(campaign, campaign->candidates[i]);
  struct ht_campaign_result *result = campaign->result;
  if (result->finding_count != 0)
    qsort(result->findings, result->finding_count, sizeof *result->findings, confirmed_first);
}

bool ht_campaign_replay(const struct ht_campaign_replay *replay, const char *path, char key[HT_KEY_BYTES],
                        char *line, size_t line_size) {
  struct place place;
  int exit_code;
  const char *targets = replay->targets != NULL ? replay->targets : ht_campaign_targets();
  key[0] = 0;
  if (!place_open(&place, replay->heap, targets, "replay",
                  target_flavour(replay->sanitizer, replay->simulated), line, line_size))
    return false;
  place_set(&place, "HEAPTRIAL_ONLY", replay->only);
  if (replay->every) place_set(&place, "HEAPTRIAL_EVERY", "1");
  bool ran = place_replay(&place, path, NULL, HT_CAMPAIGN_HANG, key, line, line_size, &exit_code);
  place_close(&place);
  return ran;
}
