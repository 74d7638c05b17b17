// proof_test: a workload that does not do its work gives no result. Each workload is run as it is, and then
// with the fault that a compiler, a typing error or a heap may put into it: nothing done, too little
// allocated, a word that is wrong, an entry that is missing. The heap is semispace, on which all of them run
// and which counts for itself.
#include "bench/test/check.h"
#include "bench/workloads/task.h"
#include "plugin/plugin.h"

#include <string.h>

static const struct ht_heap_table *table;
static struct ht_plugin_choice choice;

static const struct ht_workload_code *code_of(const struct ht_workload *workload) {
  const struct ht_workload_code *const *code = ht_workloads_table.codes;
  while (*code && strcmp((*code)->workload, workload->name) != 0) code++;
  CHECK(*code, "%s is in the catalogue and nowhere else", workload->name);
  return *code;
}

struct entering {
  uint64_t entries;
};

static uint64_t around(void *context, void (*region)(void *argument), void *argument) {
  struct entering *entering = context;
  for (uint64_t i = 0; i < entering->entries; i++) ht_measured_region(region, argument);
  return entering->entries;
}

static struct ht_workload_result run(const struct ht_workload *workload, const struct ht_workload_code *code,
                                     uint64_t seed, uint64_t entries, struct ht_workload_samples *samples) {
  const struct ht_workload_code *const codes[] = {code, NULL};
  const struct ht_workload_set set = {"test", codes};
  struct entering entering = {entries};
  struct ht_config config = {.settings = choice.settings, .setting_count = choice.setting_count};
  struct ht_workload_result result;
  struct ht_heap *heap;
  CHECK(table->create(&config, &heap) == HT_OK, "%s", table->name);
  struct ht_workload_job job = {.workload = workload,
                                .set = &set,
                                .heap = heap,
                                .params = workload->least,
                                .samples = samples,
                                .around = around,
                                .context = &entering};
  job.params.seed = seed;
  ht_workload_run(&job, &result);
  table->destroy(heap);
  return result;
}

static void try_sound(const struct ht_workload *workload) {
  const struct ht_workload_code *code = code_of(workload);
  struct ht_workload_result first = run(workload, code, 1, 1, NULL);
  CHECK(first.status == HT_WORKLOAD_OK, "%s: %s", workload->name, first.reason);
  CHECK(first.checksum && first.allocations && first.operations && first.live_bytes, "%s", workload->name);
  struct ht_workload_result same = run(workload, code, 1, 1, NULL);
  CHECK(same.checksum == first.checksum && same.allocations == first.allocations, "%s: twice is not the same",
        workload->name);
  struct ht_workload_result other = run(workload, code, 2, 1, NULL);
  CHECK(other.status == HT_WORKLOAD_OK && other.checksum != first.checksum,
        "%s: %s: seeds make no difference", workload->name, other.reason);
  struct ht_workload_result thrice = run(workload, code, 1, 3, NULL);
  CHECK(thrice.status == HT_WORKLOAD_OK && thrice.operations == 3 * first.operations, "%s: %s",
        workload->name, thrice.reason);
}

static void try_samples(const struct ht_workload *workload) {
  uint32_t ns[16];
  struct ht_workload_samples samples = {ns, 0, sizeof ns / sizeof *ns};
  run(workload, code_of(workload), 1, 1, &samples);
  CHECK(samples.count == (workload->latencies ? samples.capacity : 0), "%s: %zu samples", workload->name,
        samples.count);
}

// What is left of a body that the compiler has deleted, in a workload that counts in advance.
static bool do_nothing(struct ht_task *task) {
  task->done += task->params->operations;
  task->allocations += UINT32_MAX;
  return true;
}

static void try_deleted(const struct ht_workload *workload) {
  const struct ht_workload_code *real = code_of(workload);
  struct ht_workload_code deleted = {workload->name, real->begin, do_nothing, real->end};
  struct ht_workload_result result = run(workload, &deleted, 1, 1, NULL);
  // What is marked is the same as before; that nobody marked it only the heap can know.
  const char *expected = workload->least.collections ? "the heap counted 0 collections" : "checksum";
  CHECK(result.status == HT_WORKLOAD_CHECKSUM && strstr(result.reason, expected) == result.reason,
        "%s: %d: %s", workload->name, (int)result.status, result.reason);
}

// The end of the run only: the checksum comes out right.
static bool do_the_last(struct ht_task *task) {
  const struct ht_workload_params *all = task->params;
  struct ht_workload_params last = *all;
  last.operations = all->live;
  task->params = &last;
  task->done += all->operations - last.operations;
  bool ok = code_of(ht_workload_find("churn"))->body(task);
  task->params = all;
  return ok;
}

static bool do_the_last_and_lie(struct ht_task *task) {
  bool ok = do_the_last(task);
  task->allocations += task->params->operations - task->params->live;
  return ok;
}

static bool write_a_wrong_word(struct ht_task *task) {
  bool ok = code_of(ht_workload_find("churn"))->body(task);
  ++((uint64_t *)task->slots[task->params->live / 2])[task->params->size / HT_WORD - 1];
  return ok;
}

static bool refuse(struct ht_task *task) {
  (void)task;
  return false;
}

static void try_faults(void) {
  const struct ht_workload *churn = ht_workload_find("churn");
  const struct ht_workload_code *real = code_of(churn);
  const struct {
    bool (*body)(struct ht_task *task);
    enum ht_workload_status status;
    const char *reason;
  } faults[] = {
      {do_the_last, HT_WORKLOAD_CHECKSUM, "513 allocations, expected 769"},
      {do_the_last_and_lie, HT_WORKLOAD_CHECKSUM, "the heap counted 513 allocations, expected 769"},
      {write_a_wrong_word, HT_WORKLOAD_CHECKSUM, "checksum"},
      {refuse, HT_WORKLOAD_FAILED, "the heap had no memory"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    struct ht_workload_code code = {churn->name, real->begin, faults[i].body, real->end};
    struct ht_workload_result result = run(churn, &code, 1, 1, NULL);
    CHECK(result.status == faults[i].status && strstr(result.reason, faults[i].reason) == result.reason,
          "fault %zu: %d: %s", i, (int)result.status, result.reason);
  }
  struct ht_workload_result never = run(churn, real, 1, 0, NULL);
  CHECK(never.operations == 0, "%llu operations of a region that was not entered",
        (unsigned long long)never.operations);
}

int main(void) {
  char message[512];
  CHECK(ht_plugin_choose("semispace:move=full", &choice, message, sizeof message), "%s", message);
  CHECK(ht_plugin_load(&choice, 0, &table, message, sizeof message) == HT_PLUGIN_LOADED, "%s", message);
  for (const struct ht_workload *workload = ht_workloads; workload->name; workload++) {
    try_sound(workload);
    try_samples(workload);
    try_deleted(workload);
  }
  try_faults();
  ht_plugin_choice_free(&choice);
  return 0;
}
