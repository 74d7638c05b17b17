// The program behind `heaptrial explore`, one a heap: runs a heap program on the heap that is linked in,
// under every schedule up to a bound, or under drawn ones, or under a recorded one.
//
//   explore-HEAP WORD=VALUE...     the words are in the table below; `set` may come more than once
//
// Exit: 0 nothing broke in all schedules, 1 something did, 2 usage, 3 not all were tried.
#include "fuzz/schedule/heap_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern const struct ht_heap_table heaptrial_heap;

enum exit_code { FINE, FINDING, USAGE, NO_VERDICT };
enum { SETTINGS_MAX = 32 };

enum mode { EVERY, DRAWN, BYTES, RECORDED };

struct job {
  const char *program, *trace_in, *trace_out;
  enum mode mode;
  unsigned preemptions, depth;
  uint64_t runs, seed, steps;
  double seconds;
  bool buffers, per_address, reduce, shows, columns;
  struct ht_setting settings[SETTINGS_MAX];
  size_t setting_count;
};

static int complain(const char *what, const char *word) {
  fprintf(stderr, "explore-%s: %s: %s\n", heaptrial_heap.name, what, word);
  return USAGE;
}

static bool number(const char *text, uint64_t most, uint64_t *value) {
  char *end;
  errno = 0;
  *value = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && !*end && !errno && *value <= most;
}

static bool one_of(const char *text, const char *const *words, unsigned *which) {
  for (*which = 0; words[*which]; ++*which)
    if (strcmp(words[*which], text) == 0) return true;
  return false;
}

static bool set(struct job *job, char *text) {
  char *equals = strchr(text, '=');
  if (!equals || job->setting_count == SETTINGS_MAX) return false;
  *equals = 0;
  job->settings[job->setting_count++] = (struct ht_setting){text, equals + 1};
  return true;
}

static bool take(struct job *job, const char *word, char *value) {
  static const char *const modes[] = {"every", "drawn", "bytes", "recorded", NULL};
  static const char *const stores[] = {"none", "total", "partial", NULL};
  static const char *const answers[] = {"no", "yes", NULL};
  uint64_t n = 0;
  unsigned which;
  if (strcmp(word, "program") == 0) return (job->program = value) != NULL;
  if (strcmp(word, "trace") == 0) return (job->trace_in = value) != NULL;
  if (strcmp(word, "save") == 0) return (job->trace_out = value) != NULL;
  if (strcmp(word, "set") == 0) return set(job, value);
  if (strcmp(word, "mode") == 0) return one_of(value, modes, &which) && (job->mode = (enum mode)which, true);
  if (strcmp(word, "buffers") == 0)
    return one_of(value, stores, &which) && (job->buffers = which > 0, job->per_address = which == 2, true);
  if (strcmp(word, "reduce") == 0) return one_of(value, answers, &which) && (job->reduce = which, true);
  if (strcmp(word, "columns") == 0) return one_of(value, answers, &which) && (job->columns = which, true);
  if (strcmp(word, "show") == 0) return one_of(value, answers, &which) && (job->shows = which, true);
  if (!number(value, UINT32_MAX, &n)) return false;
  if (strcmp(word, "preemptions") == 0) return job->preemptions = (unsigned)n, true;
  if (strcmp(word, "depth") == 0) return job->depth = (unsigned)n, n >= 1 && n <= HT_PCT_DEPTH_MAX;
  if (strcmp(word, "runs") == 0) return job->runs = n, true;
  if (strcmp(word, "seed") == 0) return job->seed = n, true;
  if (strcmp(word, "steps") == 0) return job->steps = n, true;
  if (strcmp(word, "seconds") == 0) return job->seconds = (double)n, true;
  return false;
}

static bool read_program_text(const char *path, struct ht_program *program) {
  char message[256];
  FILE *file = fopen(path, "r");
  if (!file) return false;
  bool well = ht_program_parse(file, program, message, sizeof message);
  if (!well) complain(path, message);
  fclose(file);
  return well;
}

// Text has its name's ending; all else is a fuzzer's bytes.
static bool read_program(const char *path, struct ht_program *program) {
  static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  const char *ending = strrchr(path, '.');
  if (ending && strcmp(ending, ".txt") == 0) return read_program_text(path, program);
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  size_t size = fread(bytes, 1, sizeof bytes, file);
  bool well = !ferror(file);
  fclose(file);
  ht_program_decode(bytes, size, program);
  return well;
}

static char *read_text(const char *path) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = fopen(path, "r");
  if (!file) return NULL;
  if (getdelim(&text, &size, 0, file) < 0) {
    free(text);
    text = NULL;
  }
  fclose(file);
  return text;
}

static void save_trace(const struct job *job, const struct ht_trace *trace) {
  enum { SHOWN_MAX = 4000 };
  printf("schedule: ");
  if (trace->count <= SHOWN_MAX)
    ht_trace_print(trace, stdout);
  else
    printf("%zu steps, too many to show here; save it to a file\n", trace->count);
  if (!job->trace_out) return;
  FILE *file = fopen(job->trace_out, "w");
  if (file) ht_trace_print(trace, file);
  if (!file || fclose(file) != 0) complain("cannot be written", job->trace_out);
}

static int say_finding(const struct job *job, const struct ht_exploration *e, const struct simulated_end *end,
                       const struct ht_trace *trace) {
  ht_heap_run_print(e->argument, &heaptrial_heap, end, stdout);
  save_trace(job, trace);
  struct simulated_end again;
  if (job->columns) ht_print_columns(e, trace, stdout, &again);
  return FINDING;
}

static void progress(void *argument, uint64_t runs) {
  (void)argument;
  fprintf(stderr, "explore-%s: %llu schedules so far\n", heaptrial_heap.name, (unsigned long long)runs);
}

static bool judge(void *argument, const struct simulated_end *end) {
  return ht_heap_run_kept(argument, end);
}

static int explore(const struct job *job, struct ht_exploration *e) {
  struct ht_exploration_result result;
  e->most_runs = job->runs;
  e->most_cpu_ns = (uint64_t)(job->seconds * 1e9);
  e->progress = job->shows ? progress : NULL;
  ht_explore(e, &result);
  char bound[32] = "any number of";
  if (job->preemptions < HT_PREEMPTIONS_ANY) snprintf(bound, sizeof bound, "at most %u", job->preemptions);
  printf("%llu schedules with %s preemptions, %llu steps; choices at %llu of %llu points; another went first "
         "at %zu "
         "of %zu places in the code\n",
         (unsigned long long)result.runs, bound, (unsigned long long)result.steps,
         (unsigned long long)result.choices, (unsigned long long)result.points, result.switched,
         result.sites);
  int code = NO_VERDICT;
  switch (result.explored) {
  case HT_EXPLORED_ALL:
    printf("no violation in all %llu schedules\n", (unsigned long long)result.runs);
    code = FINE;
    break;
  case HT_EXPLORED_FINDING:
    code = say_finding(job, e, &result.end, &result.trace);
    break;
  case HT_EXPLORED_PART:
    printf("no violation, but not all schedules were tried: give it more time, or fewer preemptions\n");
    break;
  case HT_EXPLORED_NOT:
    complain("no memory", job->program);
    break;
  }
  ht_trace_free(&result.trace);
  return code;
}

// Schedules drawn one by one. No number of them is all there are.
static int draw(const struct job *job, const struct ht_exploration *e) {
  struct simulated_end end = {0};
  uint64_t steps = job->steps, most = job->runs ? job->runs : 1000;
  for (uint64_t i = 0; i < most; i++) {
    struct ht_trace trace = {0};
    struct ht_pct pct;
    // How long a run is, the one before tells.
    ht_pct_begin(&pct, job->seed + i, job->depth, steps ? steps : end.steps + 1);
    ht_run_chosen(e, ht_pct_choose, &pct, &trace, &end);
    int code = judge(e->argument, &end) ? FINE : say_finding(job, e, &end, &trace);
    ht_trace_free(&trace);
    if (code == FINE) continue;
    printf("in schedule %llu of %llu\n", (unsigned long long)i + 1, (unsigned long long)most);
    return code;
  }
  printf("no violation in %llu drawn schedules\n", (unsigned long long)most);
  return FINE;
}

static int follow(const struct job *job, const struct ht_exploration *e) {
  const struct ht_heap_run *run = e->argument;
  struct simulated_end end;
  struct ht_trace given = {0}, made = {0};
  struct ht_replayer replayer = {.trace = &given};
  struct ht_byte_chooser bytes = {.bytes = run->program->schedule,
                                  .size = run->program->header.schedule_length};
  int code = FINE;
  if (job->mode == RECORDED) {
    char *text = job->trace_in ? read_text(job->trace_in) : NULL;
    if (!text || !ht_trace_parse(text, &given))
      code = complain("is no schedule", job->trace_in ? job->trace_in : "trace");
    free(text);
  }
  if (code == FINE) {
    ht_run_chosen(e, job->mode == RECORDED ? ht_replay_choose : ht_bytes_choose,
                  job->mode == RECORDED ? (void *)&replayer : (void *)&bytes, &made, &end);
    if (replayer.strayed)
      fprintf(stderr, "explore-%s: the schedule is another program's, or another heap's\n",
              heaptrial_heap.name);
    if (!judge(e->argument, &end))
      code = say_finding(job, e, &end, &made);
    else
      printf("no violation in this schedule of %llu steps\n", (unsigned long long)end.steps);
    if (code == FINE && job->columns) ht_print_columns(e, &made, stdout, &end);
  }
  ht_trace_free(&given);
  ht_trace_free(&made);
  return code;
}

int main(int argc, char **argv) {
  static struct ht_heap_run run;
  static struct ht_program program;
  struct job job = {.preemptions = 2, .depth = 3, .reduce = true};
  char message[512];
  for (int i = 1; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (equals) *equals = 0;
    if (!equals || !take(&job, argv[i], equals + 1)) return complain("is not understood", argv[i]);
  }
  if (!job.program || !read_program(job.program, &program))
    return complain("cannot be read", job.program ? job.program : "program");
  run.program = &program;
  struct ht_runner_options options = {.table = &heaptrial_heap,
                                      .settings = job.settings,
                                      .setting_count = job.setting_count,
                                      .only = HT_INVARIANTS_ALL};
  if (!ht_heap_run_open(&run, &options, message, sizeof message)) {
    complain("cannot be made here", message);
    return NO_VERDICT;
  }
  struct ht_exploration e = {.body = ht_heap_run_body,
                             .argument = &run,
                             .switches = ht_heap_run_switches,
                             .judge = judge,
                             .buffers = job.buffers,
                             .per_address = job.per_address,
                             .preemptions = job.preemptions,
                             .reduce = job.reduce};
  int code = job.mode == EVERY ? explore(&job, &e) : job.mode == DRAWN ? draw(&job, &e) : follow(&job, &e);
  ht_heap_run_close(&run);
  return code;
}
