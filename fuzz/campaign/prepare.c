// Before the engine starts: folders, seeds, and whether anything can run here at all.

#include "fuzz/campaign/campaign_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool make_folders(struct campaign *campaign) {
  const char *output = campaign->options->output;
  struct {
    char **path;
    const char *name;
  } folders[] = {{&campaign->corpus, "corpus"},
                 {&campaign->findings, "findings"},
                 {&campaign->unconfirmed, "unconfirmed"},
                 {&campaign->log, "log"},
                 {&campaign->artifacts, "work/artifacts"},
                 {&campaign->afl, "work/afl"}};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    *folders[i].path = ht_text("%s/%s", output, folders[i].name);
    if (!ht_folder_remove(*folders[i].path) || !ht_folder_make(*folders[i].path)) {
      campaign_fail(campaign, "%s: cannot be made: %s", *folders[i].path, strerror(errno));
      return false;
    }
  }
  return true;
}

// A corpus that is empty is no corpus: AFL++ refuses it. One operation that does nothing harms nobody.
static bool copy_seeds(struct campaign *campaign) {
  static const uint8_t nothing[24] = {0};
  const char *seeds = campaign->options->corpus;
  if (seeds == NULL) seeds = ht_campaign_corpus();
  struct ht_files files = {0};
  bool copied = seeds[0] == 0 || ht_files_list(seeds, true, &files);
  for (size_t i = 0; copied && i < files.count; i++) {
    char *to = ht_text("%s/seed-%04zu", campaign->corpus, i);
    copied = ht_file_copy(files.paths[i], to);
    free(to);
  }
  ht_files_free(&files);
  char *first = ht_text("%s/seed-nothing", campaign->corpus);
  copied = copied && ht_file_write(first, nothing, sizeof nothing);
  free(first);
  if (!copied) campaign_fail(campaign, "%s: the seeds cannot be copied: %s", seeds, strerror(errno));
  return copied;
}

static long read_number(const char *path) {
  size_t size;
  char *text = ht_file_read(path, 256, &size);
  long number = text != NULL ? strtol(text, NULL, 10) : 0;
  free(text);
  return number;
}

// Said beside whatever keeps a sanitizer's binary from starting, as it is the usual reason on hosted runners.
static const char *entropy_hint(const struct campaign *campaign) {
  if (campaign->options->sanitizer && read_number("/proc/sys/vm/mmap_rnd_bits") > SAFE_ENTROPY_BITS)
    return " (address layout has more random bits than older sanitizers stand: sysctl -w "
           "vm.mmap_rnd_bits=28)";
  return "";
}

static bool find_engine(struct campaign *campaign) {
  if (campaign->options->engine != HT_ENGINE_AFLPP) return true;
  struct ht_process_result result;
  const char *argv[] = {"afl-fuzz", "-h", NULL};
  struct ht_process_options options = {.argv = argv,
                                       .out.kind = HT_PROCESS_DISCARD,
                                       .err.kind = HT_PROCESS_DISCARD,
                                       .wall_ns = START_SECONDS * HT_PROCESS_SECOND};
  ht_process_run(&options, &result);
  bool found = result.outcome != HT_PROCESS_NOT_STARTED;
  if (!found) campaign_fail(campaign, "afl-fuzz cannot be started (%s): install afl++", result.reason);
  ht_process_result_free(&result);
  char *mutator = ht_text("%s/libheaptrial-afl-mutator.so", campaign->targets);
  if (found && !campaign->options->mutate_bytes && access(mutator, R_OK) != 0) {
    campaign_fail(campaign, "%s is not built: build the target heaptrial_targets", mutator);
    found = false;
  }
  free(mutator);
  return found;
}

static void set_environment(struct campaign *campaign, struct place *place) {
  const struct ht_campaign_options *options = campaign->options;
  place_set(place, "HEAPTRIAL_ONLY", options->only);
  if (options->every) place_set(place, "HEAPTRIAL_EVERY", "1");
  if (options->mutate_bytes) place_set(place, "HEAPTRIAL_MUTATOR", "bytes");
}

bool campaign_prepare(struct campaign *campaign) {
  const struct ht_campaign_options *options = campaign->options;
  char message[512];
  const char *flavour = target_flavour(options->sanitizer, options->simulated);
  campaign->targets = options->targets != NULL ? options->targets : ht_campaign_targets();
  if (!place_open(&campaign->engine, options->heap, campaign->targets, ht_engine_name(options->engine),
                  flavour, message, sizeof message) ||
      !place_open(&campaign->replay, options->replay_heap != NULL ? options->replay_heap : options->heap,
                  campaign->targets, "replay", flavour, message, sizeof message)) {
    campaign_fail(campaign, "%s", message);
    return false;
  }
  set_environment(campaign, &campaign->engine);
  set_environment(campaign, &campaign->replay);
  return find_engine(campaign) && make_folders(campaign) && copy_seeds(campaign);
}

// All seeds in one process; the flight recorder says at which one it ended.
static bool replay_all(struct campaign *campaign, const struct ht_files *files, struct ht_flight *flight,
                       const char *log, struct ht_process_result *result) {
  const char **argv = calloc(files->count + 2, sizeof *argv);
  if (argv == NULL) {
    campaign_fail(campaign, "no memory");
    return false;
  }
  argv[0] = campaign->replay.binary;
  for (size_t i = 0; i < files->count; i++) argv[i + 1] = files->paths[i];
  atomic_store(&flight->started, 0);
  atomic_store(&flight->finished, 0);
  struct ht_process_options options = {.argv = argv,
                                       .environment = campaign->replay.environment,
                                       .preload = campaign->replay.choice.preload,
                                       .out.kind = HT_PROCESS_DISCARD,
                                       .err = {.kind = HT_PROCESS_FILE, .path = log},
                                       .wall_ns = SEED_SECONDS * HT_PROCESS_SECOND};
  bool passed = ht_process_run(&options, result);
  free(argv);
  return passed;
}

static void no_start(struct campaign *campaign, const char *log, const struct ht_process_result *result) {
  size_t size;
  char *text = ht_file_read(log, LOG_MAX, &size);
  char *line = text != NULL ? strstr(text, "no verdict: ") : NULL;
  if (line != NULL) line[strcspn(line, "\n")] = 0;
  campaign_fail(campaign, "%s%s%s",
                line != NULL ? line + strlen("no verdict: ") : "the target does not start: ",
                line != NULL ? "" : result->reason, entropy_hint(campaign));
  free(text);
}

// What one pass over the seeds says. True: there is a seed less, look again.
static bool judge_seeds(struct campaign *campaign, const struct ht_files *files, struct ht_flight *flight,
                        const char *log, bool passed, const struct ht_process_result *result) {
  uint64_t started = atomic_load(&flight->started), finished = atomic_load(&flight->finished);
  if (passed && finished == files->count) return false;
  if (result->outcome == HT_PROCESS_INTERRUPTED) {
    campaign->result->interrupted = true;
    campaign_fail(campaign, "interrupted");
    return false;
  }
  if (flight->refused || started == finished || started > files->count) {
    no_start(campaign, log, result);
    return false;
  }
  // An engine would skip a seed that fails and say nothing; here it is the first candidate.
  campaign_say(campaign, "a seed fails: %s", files->paths[started - 1]);
  candidate_add(campaign, flight->bytes, flight->size);
  unlink(files->paths[started - 1]);
  campaign->result->executions += started;
  return campaign->candidate_count < BAD_SEEDS_MAX;
}

void campaign_replay_seeds(struct campaign *campaign) {
  char *path = ht_text("%s/work/seeds.flight", campaign->options->output);
  char *log = ht_text("%s/seeds.log", campaign->log);
  struct ht_flight *flight = ht_flight_create(path);
  if (flight == NULL) campaign_fail(campaign, "%s: %s", path, strerror(errno));
  place_set(&campaign->replay, HT_FLIGHT_VARIABLE, path);
  bool again = flight != NULL;
  while (again) {
    struct ht_files files;
    struct ht_process_result result = {0};
    if (!ht_files_list(campaign->corpus, false, &files)) {
      campaign_fail(campaign, "%s: %s", campaign->corpus, strerror(errno));
      break;
    }
    if (files.count == 0) break; // even the program that does nothing fails
    bool passed = replay_all(campaign, &files, flight, log, &result);
    again = !campaign->failed && judge_seeds(campaign, &files, flight, log, passed, &result);
    ht_files_free(&files);
    ht_process_result_free(&result);
  }
  ht_flight_close(flight);
  free(path);
  free(log);
}
