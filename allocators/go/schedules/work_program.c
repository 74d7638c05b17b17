#include "allocators/go/schedules/work_program.h"

#include "allocators/go/schedules/wrong.h"
#include "allocators/go/work.h"

// All of one run.
static struct work_world {
  const struct work_program *program;
  struct pages pages;
  struct go_work work;
  unsigned seen[WORK_NODES + 1]; // by who got it: nobody else has it
  _Atomic unsigned ended;        // markers that say that marking is over
} world;

// Nodes are numbered from 1 on; the children of a node come behind it.
static void look_at(struct go_marker *k, uintptr_t node) {
  const struct work_program *program = world.program;
  must(node >= 1 && node <= program->nodes && !world.seen[node]++, "a node comes twice, or is none");
  must(!atomic_load_explicit(&world.ended, memory_order_relaxed), "marking is over, and there is work");
  uintptr_t first = program->children ? program->children * (node - 1) + 2 : 2,
            count = program->children ? program->children
                    : node == 1       ? program->nodes - 1
                                      : 0;
  for (uintptr_t child = first; child < first + count && child <= program->nodes; child++)
    must(go_work_put(&world.work, k, child), "no memory");
}

static void drain(void *argument) {
  struct go_marker *k = argument;
  uintptr_t node;
  do
    while ((node = go_work_get(&world.work, k))) look_at(k, node);
  while (go_work_steal(&world.work, k));
  atomic_fetch_add_explicit(&world.ended, 1, memory_order_relaxed);
}

void work_run(const void *program) {
  world = (struct work_world){.program = program};
  struct go_work *work = &world.work;
  unsigned count = world.program->markers;
  pages_init(&world.pages, &(struct ht_config){0});
  must(go_work_init(work, NULL, &world.pages, count), "no memory");
  if (wrong_first()) return;
  for (unsigned i = 0; i < count; i++) work->markers[i].shared = true;
  atomic_store(&work->running, count);
  must(go_work_put(work, &work->markers[0], 1), "no memory");
  for (unsigned i = 1; i < count; i++)
    must(base_thread_start(&work->markers[i].thread, drain, &work->markers[i]), "no thread");
  drain(&work->markers[0]);
  for (unsigned i = 1; i < count; i++) base_thread_join(&work->markers[i].thread);
  for (unsigned i = 1; i <= world.program->nodes; i++) must(world.seen[i], "a node is lost");
  go_work_finish(work);
}
