// What the subcommands share: messages, values of options, heaps.
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void say(const char *format, va_list arguments) {
  fflush(stdout);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
}

void cli_say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
}

int cli_usage(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
  return CLI_USAGE;
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input) {
  error_t error = argp_parse(argp, argc, argv, 0, NULL, input);
  if (error) {
    cli_say("%s", strerror(error));
    exit(CLI_USAGE);
  }
}

uint64_t cli_number(struct argp_state *state, const char *option, const char *text, uint64_t least,
                    uint64_t most) {
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 0);
  if (errno || end == text || *end || strchr(text, '-') || number < least || number > most)
    argp_error(state, "%s takes a number from %llu to %llu, not \"%s\"", option, (unsigned long long)least,
               (unsigned long long)most, text);
  return number;
}

double cli_seconds(struct argp_state *state, const char *option, const char *text) {
  static const struct {
    const char *suffix;
    double seconds;
  } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};
  char *end;
  double number = strtod(text, &end);
  if (end != text && isfinite(number) && number > 0)
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
      if (strcmp(end, units[i].suffix) == 0) return number * units[i].seconds;
  argp_error(state, "%s takes a duration such as 90s, 5m or 2h, not \"%s\"", option, text);
  return 0;
}

void cli_words_add(struct cli_words *list, const char *word) {
  const char **words = realloc(list->words, (list->count + 2) * sizeof *words);
  if (!words) {
    cli_say("no memory");
    exit(CLI_NO_VERDICT);
  }
  list->words = words;
  list->words[list->count++] = word;
  list->words[list->count] = NULL;
}

// A library that dies or hangs while it is loaded may be a heap all the same: that is an answer about it.
static bool is_heap(enum ht_plugin_status status) {
  return status == HT_PLUGIN_LOADED || status == HT_PLUGIN_CRASHES || status == HT_PLUGIN_HANGS ||
         status == HT_PLUGIN_UNTRIED;
}

bool cli_heaps_open(const struct cli_words *names, struct cli_heaps *heaps) {
  *heaps = (struct cli_heaps){0};
  char **all = names->count ? NULL : ht_plugin_names();
  const char *const *list = names->count ? names->words : (const char *const *)all;
  size_t count = 0;
  while (list && list[count]) count++;
  if (count == 0) {
    cli_say("no heap is built here");
    ht_plugin_names_free(all);
    return false;
  }
  heaps->heaps = calloc(count, sizeof *heaps->heaps);
  bool good = heaps->heaps != NULL;
  if (!good) cli_say("no memory");
  for (size_t i = 0; good && i < count; i++) {
    struct cli_heap *heap = &heaps->heaps[i];
    good = ht_plugin_choose(list[i], &heap->choice, heap->message, sizeof heap->message);
    if (good) {
      heaps->count++;
      heap->status = ht_plugin_load(&heap->choice, 0, &heap->table, heap->message, sizeof heap->message);
      good = is_heap(heap->status);
    }
    if (!good) cli_say("%s", heap->message);
  }
  ht_plugin_names_free(all);
  if (!good) cli_heaps_close(heaps);
  return good;
}

void cli_heaps_close(struct cli_heaps *heaps) {
  for (size_t i = 0; i < heaps->count; i++) ht_plugin_choice_free(&heaps->heaps[i].choice);
  free(heaps->heaps);
  *heaps = (struct cli_heaps){0};
}

#define PRELOADED "HEAPTRIAL_PRELOADED"

void cli_preload(const struct ht_plugin_choice *choice, char **argv) {
  const char *done = getenv(PRELOADED), *others = getenv("LD_PRELOAD");
  if (!choice->preload || (done && strcmp(done, choice->preload) == 0)) return;
  char *preload;
  if (asprintf(&preload, "%s%s%s", choice->preload, others && *others ? ":" : "", others ? others : "") < 0 ||
      setenv("LD_PRELOAD", preload, 1) != 0 || setenv(PRELOADED, choice->preload, 1) != 0) {
    cli_say("no memory");
    exit(CLI_NO_VERDICT);
  }
  // argv[0] is "heaptrial NAME" here; the program itself wants both as words.
  const char *space = strchr(argv[0], ' ');
  size_t count = 0;
  while (argv[count]) count++;
  char **again = calloc(count + 2, sizeof *again);
  if (again && space) {
    again[0] = (char *)cli_self();
    again[1] = (char *)space + 1;
    for (size_t i = 1; i <= count; i++) again[i + 1] = argv[i];
    execv(cli_self(), again);
  }
  cli_say("cannot start again with %s preloaded: %m", choice->preload);
  exit(CLI_NO_VERDICT);
}

const char *cli_self(void) {
  static char path[4096];
  if (!*path) {
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) {
      cli_say("cannot find this program: /proc/self/exe: %m");
      exit(CLI_NO_VERDICT);
    }
  }
  return path;
}

double cli_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int cli_last_cpu(void) {
  cpu_set_t allowed;
  int last = -1;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &allowed)) last = i;
  return last;
}
