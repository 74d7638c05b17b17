// The command line of a bench program.
#include "bench/run/run.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_WORKLOAD = 'w',
  KEY_PARAM = 'p',
  KEY_SETTING = 's',
  KEY_OUTPUT = 'o',
  KEY_HEAP = 'h',
  KEY_SEED = 256,
  KEY_PROVIDER,
  KEY_VARIANT,
  KEY_CALLS,
  KEY_EVENTS,
  KEY_COUNTING,
  KEY_OVER_TIME,
  KEY_FIT,
  KEY_LIST,
};

static const struct argp_option options[] = {
    {"workload", KEY_WORKLOAD, "NAME", 0, "What to run: see --list", 0},
    {"param", KEY_PARAM, "NAME=NUMBER", 0, "A parameter of the workload; several with commas or again", 0},
    {"seed", KEY_SEED, "NUMBER", 0, "What the written words follow from (1)", 0},
    {"heap", KEY_HEAP, "NAME|PATH", 0, "The heap to load (only bench-plugin)", 0},
    {"setting", KEY_SETTING, "NAME=VALUE", 0, "A setting of the heap", 0},
    {"calls", KEY_CALLS, "WAY", 0, "How the workload calls: direct, table or hand", 0},
    {"expect-provider", KEY_PROVIDER, "TEXT", 0,
     "No verdict unless the library that serves has this in its path", 0},
    {"variant", KEY_VARIANT, "NAME", 0, "What to call this heap in the result line", 0},
    {"output", KEY_OUTPUT, "FILE", 0, "Append the line to FILE instead of writing it to standard output", 0},
    {"events", KEY_EVENTS, "FILE", 0, "Write what the heap told while it ran", 0},
    {"fit", KEY_FIT, NULL, 0, "Take a shorter run if the heap never frees", 0},
    {"counting", KEY_COUNTING, NULL, 0, "Report no times: the process runs under a tool that counts", 0},
    {"over-time", KEY_OVER_TIME, NULL, 0,
     "Report resident memory over time, seen by a second process, and no times", 0},
    {"list", KEY_LIST, NULL, 0, "List the workloads and their parameters", 0},
    {0},
};

struct parsing {
  struct ht_bench_arguments a;
  // In the order given; they need the workload to be known.
  const char **params;
  size_t param_count;
  bool fit;
};

static void list(void) {
  for (const struct ht_workload *w = ht_workloads; w->name; w++) {
    printf("%-14s %s\n%-14s", w->name, w->help, "");
    for (const char *const *name = ht_workload_param_names; *name; name++)
      if (ht_workload_param_uses(w, *name))
        printf(" %s=%llu", *name, (unsigned long long)ht_workload_param_get(&w->initial, *name));
    putchar('\n');
  }
}

static void add_setting(struct parsing *p, char *text, struct argp_state *state) {
  char *equals = strchr(text, '=');
  if (!equals) argp_error(state, "--setting takes NAME=VALUE, not \"%s\"", text);
  if (p->a.setting_count == HT_BENCH_SETTINGS) argp_error(state, "more than %d settings", HT_BENCH_SETTINGS);
  *equals = 0;
  p->a.settings[p->a.setting_count++] = (struct ht_setting){text, equals + 1};
}

// A seed of its own is kept apart from the parameters, which are set when the workload is known.
static uint64_t parse_seed(const char *text, struct argp_state *state) {
  char *end;
  uint64_t seed = strtoull(text, &end, 0);
  if (end == text || *end || *text == '-') argp_error(state, "--seed takes a number, not \"%s\"", text);
  return seed;
}

static void finish(struct parsing *p, struct argp_state *state) {
  char message[256];
  if (!p->a.workload) argp_error(state, "no --workload given");
  uint64_t seed = p->a.params.seed;
  p->a.params = p->a.workload->initial;
  p->a.params.seed = seed;
  for (size_t i = 0; i < p->param_count; i++)
    if (!ht_workload_params_read(p->a.workload, p->params[i], &p->a.params, message, sizeof message))
      argp_error(state, "%s", message);
  if (!ht_bench_binding.heap && !p->a.heap) argp_error(state, "no --heap given");
  if (ht_bench_binding.heap && p->a.heap)
    argp_error(state, "this program is built for %s: --heap is bench-plugin's", ht_bench_binding.heap);
  const struct ht_workload_set *const *set = ht_bench_binding.sets;
  while (p->a.calls && *set && strcmp((*set)->calls, p->a.calls) != 0) set++;
  if (!*set) argp_error(state, "no workloads here that call \"%s\"", p->a.calls);
  p->a.set = *set;
}

static error_t parse(int key, char *text, struct argp_state *state) {
  struct parsing *p = state->input;
  switch (key) {
  case KEY_WORKLOAD:
    p->a.workload = ht_workload_find(text);
    if (!p->a.workload) argp_error(state, "no workload \"%s\": see --list", text);
    break;
  case KEY_PARAM:
    p->params[p->param_count++] = text;
    break;
  case KEY_SETTING:
    add_setting(p, text, state);
    break;
  case KEY_OUTPUT:
    p->a.line_path = text;
    break;
  case KEY_HEAP:
    p->a.heap = text;
    break;
  case KEY_SEED:
    p->a.params.seed = parse_seed(text, state);
    break;
  case KEY_PROVIDER:
    p->a.provider = text;
    break;
  case KEY_VARIANT:
    p->a.variant = text;
    break;
  case KEY_CALLS:
    p->a.calls = text;
    break;
  case KEY_EVENTS:
    p->a.events_path = text;
    break;
  case KEY_COUNTING:
    p->a.counting = true;
    break;
  case KEY_OVER_TIME:
    p->a.over_time = true;
    break;
  case KEY_FIT:
    p->fit = true;
    break;
  case KEY_LIST:
    list();
    exit(0);
  case ARGP_KEY_END:
    finish(p, state);
    break;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp argp = {options, parse, NULL, "Runs one workload once and writes one result line.",
                                 NULL,    NULL,  NULL};

int main(int argc, char **argv) {
  char message[512] = "", error[HT_ERROR_SIZE];
  struct parsing p = {.a = {.params = {.seed = 1}}};
  argp_err_exit_status = 2;
  p.params = calloc((size_t)argc, sizeof *p.params);
  if (!p.params) {
    fprintf(stderr, "%s: no memory\n", argv[0]);
    return 3;
  }
  argp_parse(&argp, argc, argv, 0, NULL, &p);
  free(p.params);

  const struct ht_heap_table *table = ht_bench_binding.table(p.a.heap, p.a.settings, &p.a.setting_count,
                                                             HT_BENCH_SETTINGS, message, sizeof message);
  if (!table) {
    fprintf(stderr, "%s: %s\n", argv[0], message);
    return 3;
  }
  if (p.fit) ht_workload_fit(p.a.workload, table->capabilities, &p.a.params);
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, table->name, p.a.workload->name);
  if (!line) {
    fprintf(stderr, "%s: no memory\n", argv[0]);
    return 3;
  }
  int status = ht_bench_binding.measure(&p.a, table, line);
  ht_line_environment(line);
  if (line->status != HT_LINE_OK) fprintf(stderr, "%s: %s\n", argv[0], line->reason);
  if (p.a.line_path ? ht_line_append(line, p.a.line_path, error) : ht_line_write(line, stdout, error)) {
    fprintf(stderr, "%s: %s\n", argv[0], error);
    status = 3;
  }
  ht_line_free(line);
  return status;
}
