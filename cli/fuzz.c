#include "cli/keep.h"
#include "fuzz/campaign/campaign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  struct ht_campaign_options campaign;
  const char *database;
};

enum {
  OPTION_CORPUS = 256,
  OPTION_FINDINGS,
  OPTION_SANITIZER,
  OPTION_SIMULATED,
  OPTION_FIRST,
  OPTION_ONLY,
  OPTION_EXECUTIONS,
  OPTION_BYTES,
  OPTION_CHECK,
  OPTION_DATABASE
};
enum { JOBS_MAX = 256, SECONDS_MAX = 30 * 24 * 3600, DEFAULT_SECONDS = 60 };

static const struct argp_option options[] = {
    {"engine", 'e', "ENGINE", 0, "libfuzzer, aflpp, or blind: random programs without feedback (libfuzzer)",
     0},
    {"heap", 'H', "HEAP", 0, "The heap: a name (see heaptrial list) or the path of a library", 0},
    {"time", 'T', "TIME", 0, "How long to fuzz (60s)", 0},
    {"executions", OPTION_EXECUTIONS, "N", 0, "End after that many programs of each job", 0},
    {"jobs", 'j', "N", 0, "Engines at once (1)", 0},
    {"seed", 's', "N", 0, "Of the engines (1)", 0},
    {"corpus", OPTION_CORPUS, "DIR", 0, "Programs to start from, only read; \"\" is none (the project's own)",
     0},
    {"findings", OPTION_FINDINGS, "DIR", 0,
     "Where corpus, findings and logs go; replaced (findings/ENGINE-HEAP)", 0},
    {"sanitizer", OPTION_SANITIZER, NULL, 0, "With AddressSanitizer and UndefinedBehaviorSanitizer", 0},
    {"simulated", OPTION_SIMULATED, NULL, 0,
     "Programs with schedules: mutators beside each other, in the simulated world", 0},
    {"first", OPTION_FIRST, NULL, 0, "End at the first finding", 0},
    {"only", OPTION_ONLY, "NAMES", 0, "Check only these invariants: GEN-3,REF-1", 0},
    {"check", OPTION_CHECK, "every", 0, "Compare everything after every operation", 0},
    {"bytes", OPTION_BYTES, NULL, 0, "Mutate bytes and not operations", 0},
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  struct ht_campaign_options *campaign = &arguments->campaign;
  switch (key) {
  case 'e':
    campaign->engine = ht_engine_named(value);
    if (campaign->engine == HT_ENGINES)
      argp_error(state, "there is no engine \"%s\"; there are libfuzzer, aflpp and blind", value);
    return 0;
  case 'H':
    if (campaign->heap) argp_error(state, "one --heap at a time");
    campaign->heap = value;
    return 0;
  case 'T':
    campaign->seconds = (unsigned)fmin(SECONDS_MAX, ceil(cli_seconds(state, "--time", value)));
    return 0;
  case OPTION_EXECUTIONS:
    campaign->executions = cli_number(state, "--executions", value, 1, INT64_MAX);
    return 0;
  case 'j':
    campaign->jobs = (unsigned)cli_number(state, "--jobs", value, 1, JOBS_MAX);
    return 0;
  case 's':
    campaign->seed = cli_number(state, "--seed", value, 0, INT64_MAX);
    return 0;
  case OPTION_CORPUS:
    campaign->corpus = value;
    return 0;
  case OPTION_FINDINGS:
    campaign->output = value;
    return 0;
  case OPTION_SANITIZER:
    campaign->sanitizer = true;
    return 0;
  case OPTION_SIMULATED:
    campaign->simulated = true;
    return 0;
  case OPTION_FIRST:
    campaign->until_first = true;
    return 0;
  case OPTION_ONLY:
    campaign->only = value;
    return 0;
  case OPTION_CHECK:
    if (strcmp(value, "every") != 0) argp_error(state, "--check takes \"every\", not \"%s\"", value);
    campaign->every = true;
    return 0;
  case OPTION_BYTES:
    campaign->mutate_bytes = true;
    return 0;
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case ARGP_KEY_END:
    if (!campaign->heap) argp_error(state, "which heap? Give --heap");
    if (campaign->sanitizer && campaign->simulated) argp_error(state, "--sanitizer or --simulated, not both");
    if (!campaign->seconds && !campaign->executions) campaign->seconds = DEFAULT_SECONDS;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Looks for heap programs that break an invariant of a heap. Each finding is shrunk and left as a file "
    "that "
    "heaptrial replay shows and reproduces.\v"
    "Exit codes: 0 nothing found, 1 findings, 2 usage, 3 no verdict.",
    NULL,
    NULL,
    NULL,
};

static void print_findings(const struct ht_campaign_result *result, const char *heap, bool simulated) {
  for (size_t i = 0; i < result->finding_count; i++) {
    const struct ht_finding *finding = &result->findings[i];
    printf("%s: %s (%zu inputs%s)\n", finding->key, finding->message, finding->inputs,
           finding->confirmed ? "" : "; not confirmed: it did not fail alike in every replay");
    if (finding->path)
      printf(simulated ? "  heaptrial explore --from-program --heap %s --program %s\n"
                       : "  heaptrial replay --heap %s %s\n",
             heap, finding->path);
  }
}

int cli_fuzz(int argc, char **argv) {
  struct arguments arguments = {.campaign = {.jobs = 1, .seed = 1, .progress = stderr},
                                .database = "results.db"};
  cli_parse(&argp, argc, argv, &arguments);
  struct cli_words names = {0};
  struct cli_heaps heaps;
  cli_words_add(&names, arguments.campaign.heap);
  bool is_heap = cli_heaps_open(&names, &heaps);
  free(names.words);
  if (!is_heap) return CLI_USAGE;
  // Campaigns replace what they find in their folder: each kind has its own.
  char output[4096];
  snprintf(output, sizeof output, "findings/%s-%s%s", ht_engine_name(arguments.campaign.engine),
           heaps.heaps[0].choice.name, arguments.campaign.simulated ? "-simulated" : "");
  if (!arguments.campaign.output) arguments.campaign.output = output;
  cli_heaps_close(&heaps);
  struct keep keep;
  if (!keep_open(&keep, arguments.database)) return CLI_USAGE;
  ht_process_interruptible();

  struct ht_campaign_result result;
  int code = ht_campaign_run(&arguments.campaign, &result);
  if (code != CLI_USAGE) {
    struct ht_line *line = ht_campaign_line(&arguments.campaign, &result, code);
    keep_line(&keep, line);
    ht_line_free(line);
  }
  print_findings(&result, arguments.campaign.heap, arguments.campaign.simulated);
  if (code == CLI_USAGE || code == CLI_NO_VERDICT)
    cli_say("%s", result.message);
  else
    printf("%s\n", result.message);
  if (result.interrupted && code == CLI_FINE) code = CLI_NO_VERDICT;
  ht_campaign_result_free(&result);
  if (!keep_close(&keep) && code == CLI_FINE) code = CLI_NO_VERDICT;
  return code;
}
