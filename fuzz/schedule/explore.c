// Every way: a depth-first search over choices, each run from the start.
//
// A node is a point of the run that is being looked at, with the choices there are and which of them are
// done. Two reductions leave out runs that are others with independent steps in another order:
//
// - Who runs goes on, without a choice, where its next step is on what it alone uses (shared_words.h), and a
//   late store to such words becomes visible at once. Moving a switch to the next step that matters costs no
//   preemption more, so this holds under any bound. Nobody sees what a fiber stores before another one
//   begins.
// - Sleep sets (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996): what
//   was tried at a node is not tried again below a later choice of the node, until a step comes that depends
//   on it. Of a fiber's step this is done only without a bound, as the run it equals may need a preemption
//   more. A store that becomes visible earlier costs nothing wherever it stands, and is tried first; while it
//   sleeps, its fiber makes no step that makes all visible.
#include "fuzz/schedule/schedule.h"
#include "fuzz/schedule/shared_words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROGRESS_RUNS = 4096, CHOICES_MAX = 64 };

// A choice that is not to be tried, with what its step does.
struct slept {
  struct simulated_choice choice;
  struct simulated_touched touched;
};

struct node {
  struct simulated_choice *choices;
  unsigned count, at;
  unsigned current; // who had made the last step
  bool stays;
  bool late, waits;                 // there are late stores; and some step was made past them
  uint32_t flushes;                 // fibers whose next step makes visible what is late
  unsigned preemptions;             // before this choice
  struct simulated_touched touched; // by the choice at `at`
  struct slept *slept;
  size_t slept_count, slept_capacity;
};

struct search {
  const struct ht_exploration *exploration;
  struct ht_exploration_result *result;
  struct node *nodes;
  size_t count, capacity, depth;
  struct shared_words shared;
  struct shared_words sites, switched; // places in the code
  uint32_t begun;                      // fibers that have made a step in this run
  bool sleeps;                         // steps of buffers that were tried sleep
  bool fibers_sleep;
  bool anew; // a word that was passed is shared
  bool cut;  // this run
  bool no_memory;
};

static bool same(struct simulated_choice one, struct simulated_choice other) {
  return one.fiber == other.fiber && one.late == other.late;
}

static void copy_touched(struct simulated_touched *to, const struct simulated_touched *from) {
  to->pauses = from->pauses;
  to->changes = from->changes;
  to->count = from->count;
  if (from->count <= SIMULATED_TOUCHED_MAX) memcpy(to->words, from->words, from->count * sizeof *from->words);
}

static bool depends(const struct slept *one, struct simulated_choice choice,
                    const struct simulated_touched *other) {
  // Of one fiber, or of one buffer.
  if (one->choice.fiber == choice.fiber && !one->choice.late == !choice.late) return true;
  const struct simulated_touched *mine = &one->touched;
  if (mine->count > SIMULATED_TOUCHED_MAX || other->count > SIMULATED_TOUCHED_MAX) return true;
  if ((mine->pauses && other->changes) || (mine->changes && other->pauses)) return true;
  for (size_t i = 0; i < mine->count; i++)
    for (size_t k = 0; k < other->count; k++)
      if (mine->words[i].word == other->words[k].word && (mine->words[i].written || other->words[k].written))
        return true;
  return false;
}

static bool sleep_add(struct node *node, struct simulated_choice choice,
                      const struct simulated_touched *touched) {
  if (node->slept_count == node->slept_capacity) {
    size_t capacity = node->slept_capacity ? 2 * node->slept_capacity : 4;
    struct slept *slept = realloc(node->slept, capacity * sizeof *slept);
    if (!slept) return false;
    node->slept = slept;
    node->slept_capacity = capacity;
  }
  node->slept[node->slept_count].choice = choice;
  copy_touched(&node->slept[node->slept_count++].touched, touched);
  return true;
}

static bool is_asleep(const struct node *node, struct simulated_choice choice) {
  bool flushes = !choice.late && node->flushes >> choice.fiber & 1;
  for (size_t i = 0; i < node->slept_count; i++) {
    struct simulated_choice slept = node->slept[i].choice;
    if (same(slept, choice) || (flushes && slept.late && slept.fiber == choice.fiber)) return true;
  }
  return false;
}

// Of those with late stores, who makes them visible in its next step for certain?
static uint32_t flushing(const struct simulated_view *view) {
  uint32_t those = 0;
  for (uint32_t left = view->late & view->runnable; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    switch (simulated_next(f).kind) {
    case SIMULATED_STORE: // with buffers, only one that is sequentially consistent is a step
    case SIMULATED_CHANGE:
    case SIMULATED_FENCE:
    case SIMULATED_LOCK:
    case SIMULATED_UNLOCK:
    case SIMULATED_UNPARK:
    case SIMULATED_START:
    case SIMULATED_END:
      those |= 1u << f;
      break;
    default:
      break;
    }
  }
  return those;
}

static struct simulated_choice chosen(const struct node *node) {
  return node->choices[node->at];
}

// What a choice costs: a switch away from who could go on, and the first step past a store that could have
// become visible.
static unsigned cost(const struct node *node, struct simulated_choice choice) {
  if (choice.late) return 0;
  return (node->stays && choice.fiber != node->current) + (node->late && !node->waits);
}

// What the last choice did is known now.
static void learn(struct search *s) {
  if (s->depth == 0 || !s->exploration->reduce) return;
  struct node *last = &s->nodes[s->depth - 1];
  const struct simulated_touched *touched = simulated_touched();
  copy_touched(&last->touched, touched);
  // Who is alone shares nothing: what it makes before others begin, and looks at after they have ended.
  if (!(s->begun & (s->begun - 1))) return;
  if (touched->count > SIMULATED_TOUCHED_MAX) {
    if (!s->shared.all) s->anew = true;
    s->shared.all = true;
    return;
  }
  for (size_t i = 0; i < touched->count; i++)
    s->anew |=
        shared_words_use(&s->shared, touched->words[i].word, chosen(last).fiber, touched->words[i].written);
}

static bool add_choice(struct node *node, unsigned fiber, unsigned late) {
  if (node->count == CHOICES_MAX) return false;
  node->choices[node->count++] = (struct simulated_choice){(uint8_t)fiber, (uint8_t)late};
  return true;
}

// Does it make a difference when the fiber that runs makes its next step?
static bool matters(struct search *s, const struct simulated_view *view) {
  if (!s->exploration->reduce) return true;
  struct simulated_step step = simulated_next(view->current);
  // All but these make what is late visible.
  if (view->late >> view->current & 1 && step.kind != SIMULATED_LOAD && step.kind != SIMULATED_BEGIN)
    return true;
  switch (step.kind) {
  case SIMULATED_BEGIN:
  case SIMULATED_START:
  case SIMULATED_FENCE:
  case SIMULATED_END:
    return false;
  default:
    return !step.address || shared_words_pass(&s->shared, (uintptr_t)step.address / sizeof(uint64_t));
  }
}

static bool word_is_shared(void *context, uintptr_t word) {
  return shared_words_pass(context, word);
}

// The fiber of a late store that nobody else looks at: when it becomes visible makes no difference. None:
// nobody.
static unsigned private_store(struct search *s, const struct simulated_view *view) {
  for (uint32_t left = s->exploration->reduce ? view->late : 0; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    if (!simulated_late_any(f, 1, word_is_shared, &s->shared)) return f;
  }
  return SIMULATED_NOBODY;
}

// Nobody else has begun, or could.
static bool is_alone(const struct search *s, const struct simulated_view *view) {
  return view->stays && view->runnable == 1u << view->current && s->begun == view->runnable;
}

// If the bound allows it to go on.
static bool add_fiber(struct search *s, struct node *node, unsigned fiber) {
  unsigned more = cost(node, (struct simulated_choice){(uint8_t)fiber, 0});
  return node->preemptions + more > s->exploration->preemptions || add_choice(node, fiber, 0);
}

static bool add_choices(struct search *s, struct node *node, const struct simulated_view *view) {
  bool fits = true;
  uint32_t buffers = s->exploration->reduce && is_alone(s, view) ? 0 : view->late;
  node->late = buffers != 0;
  unsigned private = buffers ? private_store(s, view) : SIMULATED_NOBODY;
  if (private != SIMULATED_NOBODY) return add_choice(node, private, 1);
  for (uint32_t left = buffers; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    for (unsigned n = 1, most = simulated_late(f); n <= most; n++) fits &= add_choice(node, f, n);
  }
  // Who runs goes on first: what costs nothing is tried before what does.
  if (view->stays) fits &= add_fiber(s, node, view->current);
  bool others = !view->stays || matters(s, view);
  for (uint32_t left = others ? view->runnable : 0; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    if (!view->stays || f != view->current) fits &= add_fiber(s, node, f);
  }
  return fits;
}

static bool skip_slept(struct node *node) {
  while (node->at < node->count && is_asleep(node, chosen(node))) node->at++;
  return node->at < node->count;
}

static bool new_node(struct search *s, const struct simulated_view *view) {
  if (s->count == s->capacity) {
    size_t capacity = s->capacity ? 2 * s->capacity : 256;
    struct node *nodes = realloc(s->nodes, capacity * sizeof *nodes);
    if (!nodes) return false;
    memset(nodes + s->capacity, 0, (capacity - s->capacity) * sizeof *nodes);
    s->nodes = nodes;
    s->capacity = capacity;
  }
  struct node *node = &s->nodes[s->count], *last = s->count ? node - 1 : NULL;
  if (!node->choices) node->choices = malloc(CHOICES_MAX * sizeof *node->choices);
  if (!node->choices) return false;
  node->count = node->at = 0;
  node->current = view->current;
  node->stays = view->stays;
  node->late = false;
  node->waits = last && last->late && (last->waits || !chosen(last).late);
  node->flushes = flushing(view);
  node->preemptions = last ? last->preemptions + cost(last, chosen(last)) : 0;
  node->slept_count = 0;
  for (size_t i = 0; s->sleeps && last && i < last->slept_count; i++)
    if (!depends(&last->slept[i], chosen(last), &last->touched) &&
        !sleep_add(node, last->slept[i].choice, &last->slept[i].touched))
      return false;
  if (!add_choices(s, node, view)) return false;
  s->count++;
  s->result->points++;
  s->result->choices += node->count > 1;
  return true;
}

// Which places were tried, and which with another going first.
static void note_site(struct search *s, const struct simulated_view *view, struct simulated_choice choice) {
  uintptr_t site = (uintptr_t)simulated_next(view->current).site;
  if (s->depth < s->count || !site) return;
  shared_words_use(&s->sites, site, 0, false);
  if (view->stays && choice.fiber != view->current) shared_words_use(&s->switched, site, 0, false);
}

static struct simulated_choice choose(void *context, const struct simulated_view *view) {
  static const struct simulated_choice nobody = {SIMULATED_NOBODY, 0};
  struct search *s = context;
  learn(s);
  if (s->depth == s->count) {
    if (!new_node(s, view)) {
      s->no_memory = true;
      return nobody;
    }
    s->cut = !skip_slept(&s->nodes[s->depth]);
    if (s->cut) return nobody;
  }
  struct simulated_choice choice = chosen(&s->nodes[s->depth++]);
  note_site(s, view, choice);
  s->begun |= 1u << choice.fiber;
  return choice;
}

// To the next choice that was not tried. False: there is none.
static bool backtrack(struct search *s) {
  while (s->count > 0) {
    struct node *node = &s->nodes[s->count - 1];
    if (node->at < node->count) {
      bool sleeps = chosen(node).late ? s->sleeps : s->fibers_sleep;
      if (sleeps && !sleep_add(node, chosen(node), &node->touched)) s->no_memory = true;
      node->at++;
      if (skip_slept(node)) return !s->no_memory;
    }
    s->count--;
  }
  return false;
}

static void keep_trace(struct search *s) {
  for (size_t i = 0; i < s->depth; i++) ht_trace_add(&s->result->trace, chosen(&s->nodes[i]));
}

static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool run_once(struct search *s) {
  const struct ht_exploration *e = s->exploration;
  struct simulated_options options = {.choose = choose,
                                      .switches = e->switches,
                                      .switching = e->argument,
                                      .context = s,
                                      .buffers = e->buffers,
                                      .per_address = e->per_address,
                                      .touches = e->reduce,
                                      .most = e->most_steps};
  struct simulated_end end;
  s->depth = 0;
  s->begun = 0;
  s->cut = false;
  simulated_run(&options, e->body, e->argument, &end);
  learn(s);
  s->result->steps += end.steps;
  if (s->cut) {
    s->result->cut++;
    return true;
  }
  if (s->no_memory) return false;
  s->result->runs++;
  if (e->judge(e->argument, &end)) return true;
  s->result->explored = HT_EXPLORED_FINDING;
  s->result->end = end;
  keep_trace(s);
  return false;
}

static bool may_go_on(const struct search *s, uint64_t began) {
  const struct ht_exploration *e = s->exploration;
  uint64_t runs = s->result->runs + s->result->cut;
  if (e->progress && runs % PROGRESS_RUNS == 0) e->progress(e->argument, s->result->runs);
  if (e->most_runs && s->result->runs >= e->most_runs) return false;
  return !e->most_cpu_ns || cpu_ns() - began < e->most_cpu_ns;
}

void ht_explore(const struct ht_exploration *exploration, struct ht_exploration_result *result) {
  struct search s = {.exploration = exploration, .result = result};
  uint64_t began = cpu_ns();
  *result = (struct ht_exploration_result){.explored = HT_EXPLORED_ALL, .passes = 1};
  s.sleeps = exploration->reduce;
  s.fibers_sleep = s.sleeps && exploration->preemptions >= HT_PREEMPTIONS_ANY;
  for (;;) {
    if (!run_once(&s)) break;
    if (s.anew) {
      // What was left out is gone through from the start; runs count that are made from now on.
      s.anew = false;
      s.count = 0;
      result->passes++;
      result->runs = result->cut = result->points = result->choices = 0;
      continue;
    }
    if (!backtrack(&s)) break;
    if (!may_go_on(&s, began)) {
      result->explored = HT_EXPLORED_PART;
      break;
    }
  }
  if (s.no_memory) result->explored = HT_EXPLORED_NOT;
  for (size_t i = 0; i < s.capacity; i++) {
    free(s.nodes[i].choices);
    free(s.nodes[i].slept);
  }
  free(s.nodes);
  result->sites = s.sites.count;
  result->switched = s.switched.count;
  shared_words_free(&s.sites);
  shared_words_free(&s.switched);
  shared_words_free(&s.shared);
}
