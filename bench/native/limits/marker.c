// The limit of marking: the objects of graph, list and deep-tree, made in the workload's order one behind the
// other, with a mark for each in a map of bits beside them.
//
// A mark clears the map, follows every reference of every object that can be reached once, depth first, and
// counts the objects. Where a root is an array its elements are followed one after another, each to its end,
// as by a marker that takes large arrays in pieces. The marker with prefetch has an object fetched when it
// comes off the stack, and looks at it when AHEAD others have come off after it.
#include "bench/workloads/choices.h"

#include <string.h>
#include <sys/mman.h>

enum { AHEAD = 16, MAP_BITS = 64 };

struct marker {
  char *objects;
  void **roots, **stack;
  uint64_t *map;
  uint64_t object_count, root_count;
  size_t bytes; // of all of it, from the objects on
  uint64_t (*mark)(const struct marker *m);
};

// True if it was not marked. Objects of one size: their number says where the bit is.
static inline __attribute__((always_inline)) bool set_mark(const struct marker *m, const void *object,
                                                           size_t bytes) {
  uint64_t number = (uint64_t)((const char *)object - m->objects) / bytes, bit = UINT64_C(1)
                                                                                 << number % MAP_BITS;
  uint64_t *word = &m->map[number / MAP_BITS];
  if (*word & bit) return false;
  *word |= bit;
  return true;
}

// The references stand at the head of an object.
static inline __attribute__((always_inline)) void **look_at(const struct marker *m, void *object, void **top,
                                                            size_t bytes, unsigned references) {
  // The first is looked at first, so it goes onto the stack last.
  for (unsigned i = references; i-- > 0;) {
    void *to = ((void **)object)[i];
    if (to && set_mark(m, to, bytes)) *top++ = to;
  }
  return top;
}

static inline __attribute__((always_inline)) uint64_t mark(const struct marker *m, size_t bytes,
                                                           unsigned references, unsigned ahead) {
  void *on_way[AHEAD] = {NULL}, **top = m->stack;
  uint64_t count = 0, next = 0, idle = ahead;
  memset(m->map, 0, (m->object_count / MAP_BITS + 1) * sizeof *m->map);
  for (uint64_t i = 0; i < m->root_count; i++) {
    if (set_mark(m, m->roots[i], bytes)) *top++ = m->roots[i];
    // Without a stack what is on its way may wait for the next root's objects; behind the last there are
    // none.
    bool last = i + 1 == m->root_count;
    while (top > m->stack || (last && idle < ahead)) {
      void *object = top > m->stack ? *--top : NULL;
      if (ahead) {
        void *fetched = on_way[next];
        if (object) __builtin_prefetch(object);
        idle = object ? 0 : idle + 1;
        on_way[next] = object;
        next = (next + 1) % ahead;
        object = fetched;
        if (!object) continue;
      }
      count++;
      top = look_at(m, object, top, bytes, references);
    }
  }
  return count;
}

enum { TREE_NODE_BYTES = 3 * HT_WORD };

#define MARKS(way, ahead)                                      \
  static uint64_t mark_graph_##way(const struct marker *m) {   \
    return mark(m, HT_NODE_BYTES, HT_GRAPH_REFERENCES, ahead); \
  }                                                            \
  static uint64_t mark_list_##way(const struct marker *m) {    \
    return mark(m, HT_NODE_BYTES, 1, ahead);                   \
  }                                                            \
  static uint64_t mark_tree_##way(const struct marker *m) {    \
    return mark(m, TREE_NODE_BYTES, 2, ahead);                 \
  }
MARKS(plain, 0)
MARKS(prefetch, AHEAD)
#undef MARKS

static inline void *object_of(const struct marker *m, uint64_t number, size_t bytes) {
  return m->objects + number * bytes;
}

// The word of an object is its last.
static inline uint64_t *word_of(void *object, size_t bytes) {
  return (uint64_t *)object + bytes / HT_WORD - 1;
}

// Objects, roots, stack and map, all in one. Large pages, if there are any: a limit waits for no address.
static bool open(struct ht_task *task, uint64_t objects, size_t bytes, uint64_t roots,
                 uint64_t (*mark_all)(const struct marker *m)) {
  size_t marker = (sizeof(struct marker) + HT_NODE_BYTES - 1) / HT_NODE_BYTES * HT_NODE_BYTES;
  size_t map = (objects / MAP_BITS + 1) * sizeof(uint64_t);
  size_t total = marker + objects * bytes + (roots + objects) * sizeof(void *) + map;
  char *memory = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  madvise(memory, total, MADV_HUGEPAGE);
  struct marker *m = (struct marker *)memory;
  *m = (struct marker){.objects = memory + marker,
                       .object_count = objects,
                       .root_count = roots,
                       .bytes = total,
                       .mark = mark_all};
  m->roots = (void **)(m->objects + objects * bytes);
  m->stack = m->roots + roots;
  m->map = (uint64_t *)(m->stack + objects);
  task->state = m;
  return true;
}

// One that misses an object, or finds one twice, shows in the checksum.
static void mark_once(struct ht_task *task) {
  const struct marker *m = task->state;
  task->checksum += m->mark(m) - m->object_count;
}

static bool body(struct ht_task *task) {
  for (uint64_t i = task->params->collections; i > 0; i--) mark_once(task);
  return true;
}

static void close(struct ht_task *task) {
  struct marker *m = task->state;
  munmap(m, m->bytes);
  task->state = NULL;
}

static bool graph_begin(struct ht_task *task, uint64_t (*mark_all)(const struct marker *m)) {
  uint64_t live = task->params->live;
  if (!open(task, live, HT_NODE_BYTES, live, mark_all)) return false;
  struct marker *m = task->state;
  for (uint64_t k = 0; k < live; k++) {
    void **object = m->roots[k] = object_of(m, k, HT_NODE_BYTES);
    *word_of(object, HT_NODE_BYTES) = task->base + k;
    for (unsigned i = 0; i < HT_GRAPH_REFERENCES; i++)
      object[i] = object_of(m, ht_graph_target(task->base, k, i, live), HT_NODE_BYTES);
  }
  task->allocations = 1 + live; // the array too
  mark_once(task);
  return true;
}

static void graph_end(struct ht_task *task) {
  const struct marker *m = task->state;
  for (uint64_t k = 0; k < task->params->live; k++) {
    uint64_t position = k * (1 + HT_GRAPH_REFERENCES);
    void **object = m->roots[k];
    task->checksum = ht_checksum_add(task->checksum, position, *word_of(object, HT_NODE_BYTES));
    for (unsigned i = 0; i < HT_GRAPH_REFERENCES; i++)
      task->checksum = ht_checksum_add(task->checksum, position + 1 + i, *word_of(object[i], HT_NODE_BYTES));
  }
  close(task);
}

static bool list_begin(struct ht_task *task, uint64_t (*mark_all)(const struct marker *m)) {
  uint64_t live = task->params->live;
  if (!open(task, live, HT_NODE_BYTES, 1, mark_all)) return false;
  struct marker *m = task->state;
  void **end = m->roots;
  for (uint64_t place = 0; place < live; place++) {
    uint64_t k = ht_list_object(place, live);
    void **object = *end = object_of(m, k, HT_NODE_BYTES);
    *word_of(object, HT_NODE_BYTES) = task->base + k;
    end = object;
  }
  task->allocations = 1 + live; // the array too
  mark_once(task);
  return true;
}

static void list_end(struct ht_task *task) {
  const struct marker *m = task->state;
  uint64_t place = 0;
  for (void **object = *m->roots; object && place < task->params->live; object = *object)
    task->checksum = ht_checksum_add(task->checksum, place++, *word_of(object, HT_NODE_BYTES));
  close(task);
}

static void *grow(struct ht_task *task, uint64_t depth, uint64_t number) {
  void **node = object_of(task->state, task->allocations++, TREE_NODE_BYTES);
  *word_of(node, TREE_NODE_BYTES) = task->base + number;
  for (unsigned side = 0; depth > 0 && side < 2; side++)
    node[side] = grow(task, depth - 1, 2 * number + side);
  return node;
}

static bool tree_begin(struct ht_task *task, uint64_t (*mark_all)(const struct marker *m)) {
  if (!open(task, ht_trees_nodes(task->params->depth), TREE_NODE_BYTES, 1, mark_all)) return false;
  *((struct marker *)task->state)->roots = grow(task, task->params->depth, 1);
  mark_once(task);
  return true;
}

static void add_tree(struct ht_task *task, void **node, uint64_t number) {
  if (!node) return;
  task->checksum = ht_checksum_add(task->checksum, number, *word_of(node, TREE_NODE_BYTES));
  for (unsigned side = 0; side < 2; side++) add_tree(task, node[side], 2 * number + side);
}

static void tree_end(struct ht_task *task) {
  add_tree(task, *((struct marker *)task->state)->roots, 1);
  close(task);
}

#define WAY(way, name)                                                                                 \
  static bool graph_begin_##way(struct ht_task *task) {                                                \
    return graph_begin(task, mark_graph_##way);                                                        \
  }                                                                                                    \
  static bool list_begin_##way(struct ht_task *task) {                                                 \
    return list_begin(task, mark_list_##way);                                                          \
  }                                                                                                    \
  static bool tree_begin_##way(struct ht_task *task) {                                                 \
    return tree_begin(task, mark_tree_##way);                                                          \
  }                                                                                                    \
  static const struct ht_workload_code graph_##way = {"graph", graph_begin_##way, body, graph_end},    \
                                       list_##way = {"list", list_begin_##way, body, list_end},        \
                                       tree_##way = {"deep-tree", tree_begin_##way, body, tree_end};   \
  static const struct ht_workload_code *const codes_##way[] = {&graph_##way, &list_##way, &tree_##way, \
                                                               NULL};                                  \
  const struct ht_workload_set ht_workloads_marker_##way = {name, codes_##way}
WAY(plain, "marker");
WAY(prefetch, "marker-prefetch");
