#include "fuzz/schedule/heap_run.h"

static void operation(void *context) {
  simulated_point(SIMULATED_OPERATION, context);
}

static void broken(void *context) {
  const struct ht_heap_run *run = context;
  simulated_stop("%s", run->verdict.message);
}

bool ht_heap_run_open(struct ht_heap_run *run, const struct ht_runner_options *options, char *message,
                      size_t message_size) {
  struct ht_runner_options beside = *options;
  run->beside = (struct ht_runner_beside){run, operation, broken};
  beside.beside = &run->beside;
  run->runner = ht_runner_open(&beside, message, message_size);
  return run->runner != NULL;
}

void ht_heap_run_close(struct ht_heap_run *run) {
  ht_runner_close(run->runner);
}

void ht_heap_run_body(void *argument) {
  struct ht_heap_run *run = argument;
  for (unsigned f = 0; f < SIMULATED_FIBERS; f++) ht_runner_place_init(&run->places[f]);
  ht_runner_run(run->runner, run->program, &run->verdict);
}

void ht_heap_run_switches(void *context, unsigned from, unsigned to) {
  struct ht_heap_run *run = context;
  ht_runner_leave(run->runner, &run->places[from]);
  ht_runner_enter(run->runner, &run->places[to]);
}

bool ht_heap_run_kept(const struct ht_heap_run *run, const struct simulated_end *end) {
  return end->outcome == SIMULATED_ENDED && run->verdict.kind == HT_KEPT;
}

void ht_heap_run_print(const struct ht_heap_run *run, const struct ht_heap_table *table,
                       const struct simulated_end *end, FILE *out) {
  if (end->outcome == SIMULATED_ENDED || end->outcome == SIMULATED_STOPPED)
    ht_verdict_print(&run->verdict, table, out);
  else
    fprintf(out, "SCHEDULE %s heap %s: %s\n", simulated_outcome_name(end->outcome), table->name,
            end->message);
}
