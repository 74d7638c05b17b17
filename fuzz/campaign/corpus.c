// The corpus after a campaign: minimised by libFuzzer's merge, which keeps for each feature the smallest
// input that shows it, and counted by what the engine said of it.

#include "fuzz/campaign/campaign_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// The number after the last `mark` in a text; 0 if there is none.
static uint64_t number_after_last(const char *text, const char *mark) {
  uint64_t number = 0;
  for (const char *at = strstr(text, mark); at != NULL; at = strstr(at + 1, mark))
    number = strtoull(at + strlen(mark), NULL, 10);
  return number;
}

static void read_counts(struct campaign *campaign, const char *path, const char *edges,
                        const char *features) {
  size_t size;
  char *text = ht_file_read(path, LOG_MAX, &size);
  if (text == NULL) return;
  uint64_t count = number_after_last(text, edges);
  if (count > campaign->result->edges) campaign->result->edges = count;
  count = features != NULL ? number_after_last(text, features) : 0;
  if (count > campaign->result->features) campaign->result->features = count;
  free(text);
}

// What each job found is in a folder of its own; the queues of all become the corpus.
static void gather_queues(struct campaign *campaign) {
  struct ht_files files;
  if (!ht_files_list(campaign->afl, true, &files)) return;
  for (size_t i = 0; i < files.count; i++) {
    if (strstr(files.paths[i], "/queue/id") == NULL) continue;
    char *to = ht_text("%s/queue-%06zu", campaign->corpus, i);
    if (!ht_file_copy(files.paths[i], to)) campaign_fail(campaign, "%s: %s", to, strerror(errno));
    free(to);
  }
  ht_files_free(&files);
}

// In a folder beside, then in its place: an interrupted merge leaves the corpus as it was.
static void merge(struct campaign *campaign, const struct place *place) {
  char *merged = ht_text("%s/work/merged", campaign->options->output);
  char *log = ht_text("%s/merge.log", campaign->log);
  char *max_len = ht_text("-max_len=%d", INPUT_MAX);
  // It passes over what fails and says nothing: whatever it saves is a candidate like an engine's.
  char *artifacts = ht_text("-artifact_prefix=%s/" MERGE_MARK, campaign->artifacts);
  char *timeout = ht_text("-timeout=%u", campaign_hang_seconds(campaign));
  const char *argv[] = {place->binary,        "-merge=1", max_len, "-detect_leaks=0", timeout,
                        "-max_total_time=60", artifacts,  merged,  campaign->corpus,  NULL};
  struct ht_process_result result;
  struct ht_process_options options = {.argv = argv,
                                       .environment = place->environment,
                                       .preload = place->choice.preload,
                                       .out = {.kind = HT_PROCESS_FILE, .path = log},
                                       .err.kind = HT_PROCESS_JOIN,
                                       .wall_ns = MERGE_SECONDS * HT_PROCESS_SECOND};
  bool done = ht_folder_remove(merged) && ht_folder_make(merged) && ht_process_run(&options, &result);
  struct ht_files files = {0};
  if (done && ht_files_list(merged, false, &files) && files.count != 0) {
    char *old = ht_text("%s/work/unmerged", campaign->options->output);
    if (ht_folder_remove(old) && rename(campaign->corpus, old) == 0 && rename(merged, campaign->corpus) == 0)
      campaign_say(campaign, "corpus minimised to %zu files", files.count);
    free(old);
  } else {
    campaign_say(campaign, "the corpus is kept as it is: the merge ended with %s", result.reason);
  }
  read_counts(campaign, log, " cov: ", " ft: ");
  ht_files_free(&files);
  ht_process_result_free(&result);
  free(merged);
  free(log);
  free(max_len);
  free(artifacts);
  free(timeout);
}

void campaign_minimise(struct campaign *campaign) {
  const struct ht_campaign_options *options = campaign->options;
  for (unsigned i = 0; i < campaign->job_count; i++) {
    char *statistics = ht_text("%s/job%u/fuzzer_stats", campaign->afl, i);
    read_counts(campaign, statistics, "edges_found       : ", NULL);
    free(statistics);
    read_counts(campaign, campaign->jobs[i].log_path, " cov: ", " ft: ");
  }
  if (options->engine == HT_ENGINE_AFLPP) gather_queues(campaign);
  struct place place;
  char message[512];
  // The blind driver keeps nothing; and without libFuzzer's target a corpus stays as its engine left it.
  if (!options->keep_corpus && options->engine != HT_ENGINE_BLIND && !campaign->result->interrupted &&
      place_open(&place, options->heap, campaign->targets, "libfuzzer",
                 target_flavour(false, options->simulated), message, sizeof message)) {
    merge(campaign, &place);
    place_close(&place);
  }
  struct ht_files files;
  if (ht_files_list(campaign->corpus, false, &files)) campaign->result->corpus_files = files.count;
  ht_files_free(&files);
}
