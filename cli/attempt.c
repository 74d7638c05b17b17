#include "cli/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct attempt_record *attempt_record_new(void) {
  void *memory =
      mmap(NULL, sizeof(struct attempt_record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void attempt_record_free(struct attempt_record *record) {
  if (record) munmap(record, sizeof *record);
}

struct ht_runner *attempt_open(const struct cli_heap *heap, bool every, FILE *trace,
                               struct attempt_record *record) {
  if (!heap->table) {
    snprintf(record->message, sizeof record->message, "%s", heap->message);
    return NULL;
  }
  const char *provider = heap->table->provider ? heap->table->provider() : NULL;
  snprintf(record->provider, sizeof record->provider, "%s", provider ? provider : "");
  struct ht_runner_options options = {
      .table = heap->table,
      .settings = heap->choice.settings,
      .setting_count = heap->choice.setting_count,
      .only = HT_INVARIANTS_ALL,
      .every = every,
      .trace = trace,
  };
  return ht_runner_open(&options, record->message, sizeof record->message);
}

int attempt_run(struct ht_runner *runner, const struct ht_program *program, struct attempt_record *record) {
  record->size = ht_program_encode(program, record->bytes, sizeof record->bytes);
  record->doing_length = 0;
  record->started++;
  ht_runner_run(runner, program, &record->verdict);
  record->counts = *ht_runner_counts(runner);
  record->finished++;
  switch (record->verdict.kind) {
  case HT_KEPT:
    return CLI_FINE;
  case HT_BROKEN:
    return CLI_FINDING;
  case HT_NO_VERDICT:
    break;
  }
  snprintf(record->message, sizeof record->message, "%s", record->verdict.message);
  return CLI_NO_VERDICT;
}

// The last line that is not blank, without its newline.
static int last_line(const char *text, size_t size, const char **line) {
  while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' ')) size--;
  size_t start = size;
  while (start > 0 && text[start - 1] != '\n') start--;
  *line = text + start;
  return (int)(size - start);
}

static void set_what(struct attempt_result *result, enum attempt_kind kind, const char *what) {
  result->kind = kind;
  snprintf(result->what, sizeof result->what, "%s", what);
}

static void judge_exit(const struct ht_process_result *process, const struct attempt_record *record,
                       const struct ht_heap_table *table, struct attempt_result *result) {
  bool between = record->started == record->finished; // two programs, or after the last
  if (process->exit_code == CLI_FINE && between && record->finished > 0) {
    result->kind = ATTEMPT_KEPT;
  } else if (process->exit_code == CLI_FINDING && between && record->verdict.kind == HT_BROKEN) {
    set_what(result, ATTEMPT_BROKEN, ht_invariant_entry(table, record->verdict.invariant)->name);
    result->invariant = record->verdict.invariant;
    FILE *out = fmemopen(result->message, sizeof result->message, "w");
    if (out) {
      ht_verdict_print(&record->verdict, table, out);
      fclose(out);
    }
    result->message[strcspn(result->message, "\n")] = 0;
  } else if (between) {
    result->kind = ATTEMPT_NO_VERDICT;
    const char *line;
    int length = process->err ? last_line(process->err, process->err_size, &line) : 0;
    if (*record->message)
      snprintf(result->message, sizeof result->message, "%s", record->message);
    else if (length > 0)
      snprintf(result->message, sizeof result->message, "%.*s", length, line);
    else
      snprintf(result->message, sizeof result->message, "nothing was run");
  } else {
    // The heap called exit: no answer to any call of the interface.
    set_what(result, ATTEMPT_CRASHED, "exit");
    snprintf(result->message, sizeof result->message, "the heap ended the process with exit code %d",
             process->exit_code);
  }
}

static void add_place(const struct ht_process_result *process, const struct attempt_record *record,
                      struct attempt_result *result) {
  const char *line;
  size_t used = strlen(result->message);
  int length = last_line(record->doing, record->doing_length, &line);
  // An operation that is over has its newline.
  bool over = length > 0 && record->doing[record->doing_length - 1] == '\n';
  while (length > 0 && *line == ' ') line++, length--;
  if (length > 0 && used < sizeof result->message)
    snprintf(result->message + used, sizeof result->message - used, ", %s operation %.*s",
             over ? "after" : "in", length, line);
  used = strlen(result->message);
  length = process->err ? last_line(process->err, process->err_size, &line) : 0;
  if (length > 0 && used < sizeof result->message)
    snprintf(result->message + used, sizeof result->message - used, "; it said: %.*s", length, line);
}

void attempt_judge(const struct ht_process_result *process, const struct attempt_record *record,
                   const struct ht_heap_table *table, struct attempt_result *result) {
  *result = (struct attempt_result){0};
  switch (process->outcome) {
  case HT_PROCESS_EXITED:
    judge_exit(process, record, table, result);
    break;
  case HT_PROCESS_SIGNALED:
    result->signal = process->signal;
    set_what(result, ATTEMPT_CRASHED, "");
    snprintf(result->what, sizeof result->what, "signal-%d", process->signal);
    snprintf(result->message, sizeof result->message, "%s", process->reason);
    break;
  case HT_PROCESS_TIMED_OUT:
  case HT_PROCESS_STOPPED:
    set_what(result, ATTEMPT_HUNG, "hang");
    snprintf(result->message, sizeof result->message, "the program did not end: %s", process->reason);
    break;
  case HT_PROCESS_INTERRUPTED:
    result->kind = ATTEMPT_INTERRUPTED;
    snprintf(result->message, sizeof result->message, "interrupted");
    break;
  case HT_PROCESS_NOT_STARTED:
    result->kind = ATTEMPT_NO_VERDICT;
    snprintf(result->message, sizeof result->message, "%s", process->reason);
    break;
  }
  if (result->kind == ATTEMPT_CRASHED || result->kind == ATTEMPT_HUNG) add_place(process, record, result);
}

struct tracing {
  struct attempt_record *record;
  FILE *copy;
};

static ssize_t keep_latest(void *cookie, const char *text, size_t size) {
  const struct tracing *tracing = cookie;
  struct attempt_record *record = tracing->record;
  for (size_t i = 0; i < size; i++) {
    if (record->doing_length > 0 && record->doing[record->doing_length - 1] == '\n') record->doing_length = 0;
    if (record->doing_length < sizeof record->doing) record->doing[record->doing_length++] = text[i];
  }
  return !tracing->copy || fwrite(text, 1, size, tracing->copy) == size ? (ssize_t)size : 0;
}

static int forget(void *cookie) {
  free(cookie);
  return 0;
}

FILE *attempt_trace(struct attempt_record *record, FILE *copy) {
  struct tracing *tracing = malloc(sizeof *tracing);
  if (!tracing) return NULL;
  *tracing = (struct tracing){record, copy};
  FILE *trace = fopencookie(tracing, "w", (cookie_io_functions_t){.write = keep_latest, .close = forget});
  // What stands in a buffer when the heap crashes would be lost.
  if (trace)
    setvbuf(trace, NULL, _IONBF, 0);
  else
    free(tracing);
  return trace;
}

struct errand {
  const struct cli_heap *heap;
  const struct ht_program *program;
  const struct attempt_options *options;
  struct attempt_record *record;
};

static int run_errand(void *argument) {
  const struct errand *errand = argument;
  FILE *trace = attempt_trace(errand->record, stdout);
  struct ht_runner *runner = attempt_open(errand->heap, errand->options->every, trace, errand->record);
  int code = runner ? attempt_run(runner, errand->program, errand->record) : CLI_NO_VERDICT;
  fflush(NULL);
  return code;
}

void attempt_fork(const struct cli_heap *heap, const struct ht_program *program,
                  const struct attempt_options *options, struct attempt_record *record,
                  struct attempt_result *result) {
  memset(record, 0, offsetof(struct attempt_record, bytes));
  struct errand errand = {heap, program, options, record};
  struct ht_process_result process;
  ht_process_run_function(run_errand, &errand, (uint64_t)(options->seconds * (double)HT_PROCESS_SECOND),
                          &process);
  attempt_judge(&process, record, heap->table, result);
  if (options->trace && process.out_size > 0) {
    fwrite(process.out, 1, process.out_size, options->trace);
    if (process.out[process.out_size - 1] != '\n') fputc('\n', options->trace);
  }
  ht_process_result_free(&process);
}
