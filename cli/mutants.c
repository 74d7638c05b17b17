#include "cli/document.h"
#include "cli/keep.h"
#include "fuzz/mutants/mutants.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct arguments {
  struct ht_mutants_options run;
  struct cli_words ids;
  const char *database, *document;
  bool list, replay, gate;
};

enum {
  OPTION_REPLAY = 256,
  OPTION_GATE,
  OPTION_DOCUMENT,
  OPTION_LIST,
  OPTION_SEEDS,
  OPTION_EXECUTIONS,
  OPTION_CORPUS,
  OPTION_BROKEN,
  OPTION_BYTES,
  OPTION_SAVE,
  OPTION_SCRATCH,
  OPTION_DATABASE
};
enum {
  SEEDS_MAX = 1000,
  SECONDS_MAX = 24 * 3600,
  DEFAULT_SECONDS = 60,
  GATE_SECONDS = 10,
  GATE_SPARE_SEEDS = 2
};
#define FINDINGS "findings"
#define SCRATCH FINDINGS "/mutants"

static const struct argp_option options[] = {
    {"list", OPTION_LIST, NULL, 0, "Only list the mutants, with what each breaks and retells", 0},
    {"replay", OPTION_REPLAY, NULL, 0, "Only replay the program kept for each mutant, without an engine", 0},
    {"gate", OPTION_GATE, NULL, 0,
     "What a change has to pass: libfuzzer, one seed, 10s of CPU for each mutant; for one that survives two "
     "seeds more, and it is red if it survives them all",
     0},
    {"document", OPTION_DOCUMENT, "FILE", 0,
     "Only write the table of invariants, with what the database knows of mutants (docs/invariants.md)", 0},
    {"engine", 'e', "ENGINE", 0, "libfuzzer, aflpp or blind; may be repeated (libfuzzer and aflpp)", 0},
    {"seeds", OPTION_SEEDS, "N", 0, "Campaigns for each mutant and engine (1)", 0},
    {"seed", 's', "N", 0, "The first seed (1)", 0},
    {"time", 'T', "TIME", 0, "CPU time of a campaign (60s)", 0},
    {"executions", OPTION_EXECUTIONS, "N", 0, "End a campaign after that many programs", 0},
    {"corpus", OPTION_CORPUS, "DIR", 0, "Programs to start from; \"\" is none (the project's own)", 0},
    {"only-broken", OPTION_BROKEN, NULL, 0, "Check only the invariant that a mutant says it breaks", 0},
    {"bytes", OPTION_BYTES, NULL, 0, "Mutate bytes and not operations", 0},
    {"save", OPTION_SAVE, NULL, 0, "Keep the program that catches each mutant, for --replay", 0},
    {"scratch", OPTION_SCRATCH, "DIR", 0, "Where mutants are built and fuzzed (" SCRATCH ")", 0},
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  struct ht_mutants_options *run = &arguments->run;
  switch (key) {
  case OPTION_LIST:
    arguments->list = true;
    return 0;
  case OPTION_REPLAY:
    arguments->replay = true;
    return 0;
  case OPTION_DOCUMENT:
    arguments->document = value;
    return 0;
  case OPTION_GATE:
    arguments->gate = true;
    return 0;
  case 'e':
    if (ht_engine_named(value) == HT_ENGINES)
      argp_error(state, "there is no engine \"%s\"; there are libfuzzer, aflpp and blind", value);
    run->engines |= 1u << ht_engine_named(value);
    return 0;
  case OPTION_SEEDS:
    run->seeds = (unsigned)cli_number(state, "--seeds", value, 1, SEEDS_MAX);
    return 0;
  case 's':
    run->first_seed = cli_number(state, "--seed", value, 0, INT64_MAX);
    return 0;
  case 'T':
    run->seconds = (unsigned)fmin(SECONDS_MAX, ceil(cli_seconds(state, "--time", value)));
    return 0;
  case OPTION_EXECUTIONS:
    run->executions = cli_number(state, "--executions", value, 1, INT64_MAX);
    return 0;
  case OPTION_CORPUS:
    run->corpus = value;
    return 0;
  case OPTION_BROKEN:
    run->only_broken = true;
    return 0;
  case OPTION_BYTES:
    run->mutate_bytes = true;
    return 0;
  case OPTION_SAVE:
    run->save_killers = true;
    return 0;
  case OPTION_SCRATCH:
    run->scratch = value;
    return 0;
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case ARGP_KEY_ARG:
    cli_words_add(&arguments->ids, value);
    return 0;
  case ARGP_KEY_END:
    if (arguments->replay && run->engines) argp_error(state, "--replay needs no --engine");
    if (arguments->document && arguments->ids.count) argp_error(state, "--document is of all mutants");
    if (arguments->gate && (arguments->replay || run->engines || run->seconds || run->seeds > 1))
      argp_error(state, "--gate says itself which engine, how many seeds and how long");
    if (arguments->gate) {
      run->engines = 1u << HT_ENGINE_LIBFUZZER;
      run->seconds = GATE_SECONDS;
      run->spare_seeds = GATE_SPARE_SEEDS;
    }
    if (!arguments->replay && !run->engines) run->engines = 1u << HT_ENGINE_LIBFUZZER | 1u << HT_ENGINE_AFLPP;
    if (!run->seconds && !run->executions) run->seconds = DEFAULT_SECONDS;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "[ID...]",
    "Plants known bugs in heaps, one at a time, and looks whether the checks catch them and how soon.\v"
    "Exit codes: 0 all caught, 1 one survived or a sound heap failed, 2 usage, 3 one could not be tried.",
    NULL,
    NULL,
    NULL,
};

// Those that were named, in the order of the catalogue; all if none was. They stay the catalogue's.
static bool select_mutants(const struct ht_mutants *all, const struct cli_words *ids,
                           struct ht_mutants *chosen) {
  *chosen = (struct ht_mutants){.mutants = calloc(all->count + 1, sizeof *chosen->mutants)};
  if (!chosen->mutants) {
    cli_say("no memory");
    return false;
  }
  size_t named = 0;
  for (size_t i = 0; i < all->count; i++) {
    bool wanted = ids->count == 0;
    for (size_t k = 0; k < ids->count; k++) wanted |= strcmp(ids->words[k], all->mutants[i].id) == 0;
    if (wanted) chosen->mutants[chosen->count++] = all->mutants[i];
  }
  for (size_t k = 0; k < ids->count; k++) {
    bool known = false;
    for (size_t i = 0; i < all->count; i++) known |= strcmp(ids->words[k], all->mutants[i].id) == 0;
    if (!known) cli_say("there is no mutant \"%s\"; heaptrial mutants --list shows them", ids->words[k]);
    named += known;
  }
  return named == ids->count;
}

static void list_mutants(const struct ht_mutants *mutants) {
  for (size_t i = 0; i < mutants->count; i++) {
    const struct ht_mutant *mutant = &mutants->mutants[i];
    printf("%s\n  %-9s%s\n  %-9s%s\n  %-9s%s\n", mutant->id, "heap", mutant->heap, "breaks", mutant->breaks,
           "retells", mutant->retells);
    if (mutant->settings) printf("  %-9s%s\n", "settings", mutant->settings);
    if (mutant->only) printf("  %-9s%s\n", "checked", "nothing else");
  }
}

struct run {
  const struct ht_mutants_options *options;
  struct keep keep;
};

static void trial_is_done(void *context, const struct ht_mutant_trial *trial) {
  struct run *run = context;
  struct ht_line *line = ht_mutant_line(run->options, trial);
  keep_line(&run->keep, line);
  ht_line_free(line);
}

static int run_mutants(struct arguments *arguments) {
  struct run run = {.options = &arguments->run};
  struct ht_mutants_result result;
  if (!keep_open(&run.keep, arguments->database)) return CLI_USAGE;
  // The default one has a parent that may not be there yet.
  if (strcmp(arguments->run.scratch, SCRATCH) == 0) mkdir(FINDINGS, 0777);
  arguments->run.done = trial_is_done;
  arguments->run.context = &run;
  ht_process_interruptible();
  int code = ht_mutants_run(&arguments->run, &result);
  ht_mutants_table(&result, stdout);
  for (size_t i = 0; i < result.trial_count; i++)
    if (result.trials[i].outcome == HT_MUTANT_ERROR)
      cli_say("%s: %s", result.trials[i].mutant->id, result.trials[i].message);
  if (result.interrupted) cli_say("interrupted: the table is partial");
  if (result.interrupted && code == CLI_FINE) code = CLI_NO_VERDICT;
  ht_mutants_result_free(&result);
  if (!keep_close(&run.keep) && code == CLI_FINE) code = CLI_NO_VERDICT;
  return code;
}

int cli_mutants(int argc, char **argv) {
  struct arguments arguments = {
      .run = {.scratch = SCRATCH, .seeds = 1, .first_seed = 1, .progress = stderr},
      .database = "results.db",
  };
  cli_parse(&argp, argc, argv, &arguments);
  char message[512];
  struct ht_mutants all, chosen = {0};
  int code = CLI_USAGE;
  if (!ht_mutants_read(NULL, &all, message, sizeof message)) return cli_usage("%s", message);
  if (select_mutants(&all, &arguments.ids, &chosen)) {
    arguments.run.mutants = &chosen;
    code = CLI_FINE;
    if (arguments.document)
      code = cli_document(&all, arguments.database, arguments.document);
    else if (arguments.list)
      list_mutants(&chosen);
    else
      code = run_mutants(&arguments);
  }
  free(chosen.mutants);
  ht_mutants_free(&all);
  free(arguments.ids.words);
  return code;
}
