#include "bench/native/native.h"
#include "bench/workloads/workload.h"
#include "cli/cli.h"
#include "fuzz/campaign/campaign.h"
#include "fuzz/oracle/invariants.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  struct cli_words heaps;
  const char *what; // NULL: everything
};

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0, "Only this heap: a name or the path of a library; may be repeated", 0},
    {0},
};

static void list_heaps(const struct cli_heaps *heaps);
static void list_twins(const struct cli_heaps *heaps);
static void list_limits(const struct cli_heaps *heaps);
static void list_workloads(const struct cli_heaps *heaps);
static void list_targets(const struct cli_heaps *heaps);
static void list_invariants(const struct cli_heaps *heaps);

static const struct {
  const char *name;
  void (*list)(const struct cli_heaps *heaps);
} sections[] = {
    {"heaps", list_heaps},         {"twins", list_twins},     {"limits", list_limits},
    {"workloads", list_workloads}, {"targets", list_targets}, {"invariants", list_invariants},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    cli_words_add(&arguments->heaps, value);
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->what) argp_error(state, "one kind of thing at a time");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
      if (strcmp(sections[i].name, value) == 0) arguments->what = sections[i].name;
    if (!arguments->what) argp_error(state, "there is no list of \"%s\"", value);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "[heaps|twins|limits|workloads|targets|invariants]",
    "Lists what there is: heaps with what they claim and their options, the native twins and limits that "
    "`bench` takes beside heaps, workloads of the benchmarks, fuzz targets, and the invariants that heaps "
    "are "
    "held to.",
    NULL,
    NULL,
    NULL,
};

// A comma between words, a new line before the margin is passed; `column` is where the next word would go.
static void print_word(const char *word, int *column) {
  enum { MARGIN = 100, INDENT = 18 };
  int length = (int)strlen(word);
  if (*column + length + 2 > MARGIN) {
    printf(",\n%*s", INDENT, "");
    *column = INDENT;
  } else if (*column > INDENT) {
    fputs(", ", stdout);
    *column += 2;
  }
  fputs(word, stdout);
  *column += length;
}

static void list_heap(const struct cli_heap *heap) {
  printf("  %s\n", heap->choice.name);
  if (!heap->table) {
    printf("    %s\n", heap->message);
    return;
  }
  printf("    %-14s%s\n", "what", heap->table->description);
  printf("    %-14s%s\n", "library", heap->choice.path);
  if (heap->choice.preload) printf("    %-14s%s\n", "preload", heap->choice.preload);
  if (heap->choice.setting_count) {
    printf("    %-14s", "settings");
    for (size_t i = 0; i < heap->choice.setting_count; i++)
      printf("%s%s=%s", i ? ", " : "", heap->choice.settings[i].name, heap->choice.settings[i].value);
    putchar('\n');
  }
  printf("    %-14s", "can");
  int column = 18;
  for (const struct ht_plugin_capability *c = ht_plugin_capabilities; c->name; c++)
    if (heap->table->capabilities & c->bit) print_word(c->name, &column);
  putchar('\n');
  printf("    %-14s", "carriers");
  if (heap->table->carriers)
    printf("%u\n", heap->table->carriers);
  else
    puts("any number");
  for (const struct ht_option *option = heap->table->options; option && option->name; option++)
    printf("    %-14s%s=%s (%s): %s\n", option == heap->table->options ? "options" : "", option->name,
           option->initial, option->values, option->help);
}

static void list_heaps(const struct cli_heaps *heaps) {
  puts("heaps");
  for (size_t i = 0; i < heaps->count; i++) list_heap(&heaps->heaps[i]);
}

static void list_natives(bool limits) {
  for (const struct ht_native *native = ht_natives; native->name; native++)
    if (native->limit == limits) printf("  %-24s%s\n", native->name, native->help);
}

static void list_twins(const struct cli_heaps *heaps) {
  (void)heaps;
  puts("twins");
  list_natives(false);
  printf("  %-24s%s\n", "native:PATH", "the workload as a program of your own does it");
}

static void list_limits(const struct cli_heaps *heaps) {
  (void)heaps;
  puts("limits");
  list_natives(true);
}

static void list_workloads(const struct cli_heaps *heaps) {
  (void)heaps;
  puts("workloads");
  for (const struct ht_workload *workload = ht_workloads; workload->name; workload++) {
    printf("  %s\n    %-14s%s\n    %-14s", workload->name, "what", workload->help, "parameters");
    int column = 18;
    for (const char *const *name = ht_workload_param_names; *name; name++) {
      char word[64];
      if (!ht_workload_param_uses(workload, *name)) continue;
      snprintf(word, sizeof word, "%s=%llu", *name,
               (unsigned long long)ht_workload_param_get(&workload->initial, *name));
      print_word(word, &column);
    }
    putchar('\n');
  }
}

// Targets are files: <targets>/<engine>/<target>. What is not built is not there.
static int is_target(const struct dirent *entry) {
  return entry->d_name[0] != '.' && !strchr(entry->d_name, '.');
}

static void list_targets(const struct cli_heaps *heaps) {
  (void)heaps;
  struct dirent **engines = NULL;
  int engine_count = scandir(ht_campaign_targets(), &engines, is_target, alphasort);
  puts("targets");
  if (engine_count <= 0) printf("  none is built in %s\n", ht_campaign_targets());
  for (int i = 0; i < engine_count; i++) {
    char folder[4096];
    struct dirent **targets = NULL;
    snprintf(folder, sizeof folder, "%s/%s", ht_campaign_targets(), engines[i]->d_name);
    int target_count = scandir(folder, &targets, is_target, alphasort);
    if (target_count > 0) printf("  %-16s", engines[i]->d_name);
    int column = 18;
    for (int k = 0; k < target_count; k++) {
      print_word(targets[k]->d_name, &column);
      free(targets[k]);
    }
    if (target_count > 0) putchar('\n');
    free(targets);
    free(engines[i]);
  }
  free(engines);
}

// What a heap claims decides what it is held to.
static void list_oracle(const struct cli_heaps *heaps) {
  for (enum ht_invariant i = 0; i < HT_INVARIANTS; i++) {
    printf("  %-8s%s\n", ht_invariants[i].name, ht_invariants[i].sentence);
    printf("          %s; asked of", ht_invariants[i].phase);
    size_t asked = 0;
    for (size_t j = 0; j < heaps->count; j++) {
      const struct cli_heap *heap = &heaps->heaps[j];
      if (!heap->table) continue;
      struct ht_invariant_set set = ht_invariants_for(heap->table);
      if (ht_invariant_in(&set, i)) printf("%s %s", asked++ ? "," : "", heap->choice.name);
    }
    puts(asked ? "" : " none of these heaps");
  }
}

// Heaps of one library have one table, and its list once.
static void list_own(const struct cli_heaps *heaps, size_t which) {
  const struct ht_heap_table *table = heaps->heaps[which].table;
  for (size_t i = 0; i < which; i++)
    if (heaps->heaps[i].table == table) return;
  for (const struct ht_heap_invariant *own = table->invariants; own && own->name; own++)
    printf("  %-8s%s\n          %s; looked after by %s\n", own->name, own->sentence, own->phase, table->name);
}

static void list_invariants(const struct cli_heaps *heaps) {
  puts("invariants");
  list_oracle(heaps);
  for (size_t i = 0; i < heaps->count; i++)
    if (heaps->heaps[i].table) list_own(heaps, i);
}

int cli_list(int argc, char **argv) {
  struct arguments arguments = {0};
  cli_parse(&argp, argc, argv, &arguments);
  struct cli_heaps heaps;
  if (!cli_heaps_open(&arguments.heaps, &heaps)) return CLI_USAGE;
  size_t printed = 0;
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
    if (arguments.what && strcmp(arguments.what, sections[i].name) != 0) continue;
    if (printed++) putchar('\n');
    sections[i].list(&heaps);
  }
  cli_heaps_close(&heaps);
  free(arguments.heaps.words);
  return CLI_FINE;
}
