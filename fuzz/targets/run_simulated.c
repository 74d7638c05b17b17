#include "fuzz/schedule/heap_run.h"
#include "fuzz/targets/run.h"

static struct ht_heap_run run;
static const struct ht_heap_table *table;

bool ht_target_run_open(const struct ht_runner_options *options, char *message, size_t message_size) {
  table = options->table;
  return ht_heap_run_open(&run, options, message, message_size);
}

bool ht_target_run(const struct ht_program *program, struct ht_verdict *verdict, FILE *out) {
  struct ht_byte_chooser bytes = {.bytes = program->schedule, .size = program->header.schedule_length};
  struct simulated_options options = {
      .choose = ht_bytes_choose, .switches = ht_heap_run_switches, .switching = &run, .context = &bytes};
  struct simulated_end end;
  run.program = program;
  simulated_run(&options, ht_heap_run_body, &run, &end);
  *verdict = run.verdict;
  if (ht_heap_run_kept(&run, &end) || verdict->kind == HT_NO_VERDICT) return true;
  ht_heap_run_print(&run, table, &end, out);
  return false;
}

const struct ht_runner_counts *ht_target_run_counts(void) {
  return ht_runner_counts(run.runner);
}
