// A campaign from start to end, and its verdict.

#include "fuzz/campaign/campaign_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_FINE, EXIT_FINDING, EXIT_USAGE, EXIT_NO_VERDICT };

uint64_t campaign_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * HT_PROCESS_SECOND + (uint64_t)now.tv_nsec;
}

unsigned campaign_hang_seconds(const struct campaign *campaign) {
  unsigned seconds = campaign->options->hang_seconds;
  return seconds != 0 ? seconds : HT_CAMPAIGN_HANG;
}

void campaign_say(const struct campaign *campaign, const char *format, ...) {
  FILE *out = campaign->options->progress;
  if (out == NULL) return;
  va_list arguments;
  va_start(arguments, format);
  fprintf(out, "%s %s: ", campaign->options->heap, ht_engine_name(campaign->options->engine));
  vfprintf(out, format, arguments);
  fprintf(out, "\n");
  fflush(out);
  va_end(arguments);
}

void campaign_fail(struct campaign *campaign, const char *format, ...) {
  if (campaign->failed) return;
  campaign->failed = true;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(campaign->result->message, sizeof campaign->result->message, format, arguments);
  va_end(arguments);
}

static bool check_options(const struct ht_campaign_options *options, struct ht_campaign_result *result) {
  const char *wrong = NULL;
  if (options->heap == NULL || options->output == NULL)
    wrong = "a campaign needs a heap and an output folder";
  else if (options->engine >= HT_ENGINES)
    wrong = "there is no such engine";
  else if (options->seconds == 0 && options->executions == 0)
    wrong = "a campaign needs a bound: seconds or executions";
  else if (options->jobs > HT_PROCESS_AT_ONCE)
    wrong = "too many jobs";
  if (wrong != NULL) snprintf(result->message, sizeof result->message, "%s", wrong);
  return wrong == NULL;
}

// Findings count before whatever else went wrong; and what executed nothing says nothing.
static int verdict(struct campaign *campaign) {
  struct ht_campaign_result *result = campaign->result;
  size_t confirmed = result->finding_count - result->unconfirmed_count;
  if (confirmed != 0) {
    snprintf(result->message, sizeof result->message, "%s", result->findings[0].message);
    return EXIT_FINDING;
  }
  if (result->unconfirmed_count != 0)
    campaign_fail(campaign, "%zu inputs failed once and not again: see %s", result->unconfirmed_count,
                  campaign->unconfirmed);
  if (result->interrupted) campaign_fail(campaign, "interrupted");
  if (result->executions == 0) campaign_fail(campaign, "nothing was executed");
  if (campaign->failed) return EXIT_NO_VERDICT;
  snprintf(result->message, sizeof result->message, "no finding in %" PRIu64 " programs", result->executions);
  return EXIT_FINE;
}

// Engines do not start where every seed fails, and there is no need for one then.
static bool engine_is_needed(const struct campaign *campaign) {
  struct ht_files seeds;
  if (campaign->options->until_first && campaign->candidate_count != 0) return false;
  bool some = ht_files_list(campaign->corpus, false, &seeds) && seeds.count != 0;
  ht_files_free(&seeds);
  return some && campaign->candidate_count < BAD_SEEDS_MAX;
}

static void close_campaign(struct campaign *campaign) {
  for (unsigned i = 0; campaign->jobs != NULL && i < campaign->job_count; i++) {
    ht_flight_close(campaign->jobs[i].flight);
    free(campaign->jobs[i].flight_path);
    free(campaign->jobs[i].log_path);
  }
  free(campaign->jobs);
  for (size_t i = 0; i < campaign->candidate_count; i++) free(campaign->candidates[i]);
  char *folders[] = {campaign->corpus, campaign->findings,  campaign->unconfirmed,
                     campaign->log,    campaign->artifacts, campaign->afl};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) free(folders[i]);
  place_close(&campaign->engine);
  place_close(&campaign->replay);
}

int ht_campaign_run(const struct ht_campaign_options *options, struct ht_campaign_result *result) {
  *result = (struct ht_campaign_result){0};
  if (!check_options(options, result)) return EXIT_USAGE;
  struct campaign campaign = {
      .options = options, .result = result, .job_count = options->jobs != 0 ? options->jobs : 1};
  char *work = ht_text("%s/work", options->output), *candidates = ht_text("%s/candidates", work);
  if (!ht_folder_remove(work) || !ht_folder_make(candidates))
    campaign_fail(&campaign, "%s: the output folder cannot be made", options->output);
  else if (campaign_prepare(&campaign)) {
    if (options->engine != HT_ENGINE_BLIND) campaign_replay_seeds(&campaign);
    if (!campaign.failed && engine_is_needed(&campaign)) {
      campaign_watch(&campaign);
      if (campaign.jobs != NULL) campaign_minimise(&campaign);
      candidates_collect(&campaign);
    }
    campaign_triage(&campaign);
  }
  int code = verdict(&campaign);
  close_campaign(&campaign);
  ht_folder_remove(work);
  free(work);
  free(candidates);
  return code;
}

void ht_campaign_result_free(struct ht_campaign_result *result) {
  for (size_t i = 0; i < result->finding_count; i++) free(result->findings[i].path);
  free(result->findings);
  *result = (struct ht_campaign_result){0};
}
