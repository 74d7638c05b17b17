#include "fuzz/targets/run.h"

static struct ht_runner *runner;
static const struct ht_heap_table *table;

bool ht_target_run_open(const struct ht_runner_options *options, char *message, size_t message_size) {
  table = options->table;
  runner = ht_runner_open(options, message, message_size);
  return runner != NULL;
}

bool ht_target_run(const struct ht_program *program, struct ht_verdict *verdict, FILE *out) {
  ht_runner_run(runner, program, verdict);
  if (verdict->kind != HT_BROKEN) return true;
  ht_verdict_print(verdict, table, out);
  return false;
}

const struct ht_runner_counts *ht_target_run_counts(void) {
  return ht_runner_counts(runner);
}
