// Inputs that may fail: what engines saved, what was running when they died.

#include "fuzz/campaign/campaign_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void candidate_add(struct campaign *campaign, const void *data, size_t size) {
  if (campaign->candidate_count == CANDIDATES_MAX) return;
  char *path = ht_text("%s/work/candidates/%016" PRIx64, campaign->options->output, ht_hash(data, size));
  for (size_t i = 0; i < campaign->candidate_count; i++) {
    if (strcmp(campaign->candidates[i], path) != 0) continue;
    free(path); // the same input again
    return;
  }
  if (ht_file_write(path, data, size)) {
    campaign->candidates[campaign->candidate_count++] = path;
    return;
  }
  // A finding must not be lost in silence.
  campaign_fail(campaign, "%s: a failing input cannot be saved: is the disk full?", path);
  free(path);
}

// libFuzzer saves, beside what fails, what took it ten seconds and passed: on a busy machine that is
// anything.
static const char slow[] = "slow-unit-";

static void add_files(struct campaign *campaign, const char *folder, const char *mark) {
  struct ht_files files;
  if (!ht_files_list(folder, true, &files)) return;
  for (size_t i = 0; i < files.count; i++) {
    const char *name = strrchr(files.paths[i], '/');
    if (strstr(mark[0] == '/' ? files.paths[i] : name, mark) == NULL || strstr(name, "README") != NULL ||
        strstr(name, slow) != NULL)
      continue;
    size_t size;
    char *data = ht_file_read(files.paths[i], HT_FLIGHT_BYTES, &size);
    if (data != NULL) candidate_add(campaign, data, size);
    free(data);
  }
  ht_files_free(&files);
}

void candidates_collect(struct campaign *campaign) {
  // libFuzzer: job0-crash-..., job0-timeout-..., job0-oom-...
  add_files(campaign, campaign->artifacts, "job");
  add_files(campaign, campaign->artifacts, MERGE_MARK);
  // AFL++: job0/crashes/id:..., job0/hangs/id:...; its exit code says nothing of them.
  add_files(campaign, campaign->afl, "/crashes/");
  add_files(campaign, campaign->afl, "/hangs/");
}
