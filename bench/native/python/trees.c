// bench-python-trees: binary trees on the Python heap and on the real CPython's C interface, in one process
// that turns from one to the other.
//
//   bench-python-trees [ROUNDS [DEPTH]]    5 rounds of depth 16
//   bench-python-trees --only SIDE DEPTH   one side, once, for a tool that counts instructions:
//     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=counted
//       bench-python-trees --only python 12
//
// What is done is the workload binary-trees (bench/workloads/binary_trees.c): a tree of DEPTH + 1 to stretch
// the heap, one of DEPTH that lives on, and for each second depth from 4 many that die, each counted. But
// both sides are written as one writes them for that interface: with CPython, types of two references with
// all that such a type needs, nodes in C variables, and no heap interface between; with the Python heap, its
// inlined functions, new nodes in root slots, and trees from the root down on both. The sides:
//
//   cpython        a type that takes part in cycle collection; cycles start by themselves
//   cpython-plain  a type that does not
//   python...      the Python heap, with these settings; `threshold0=0`: no cycle starts by itself
//
// The table has medians over the rounds: CPU time in nanoseconds for a node that is made, counted and let go.
#include "allocators/python/python_inline.h"
#include "bench/native/python/samples.h"
#include "bench/workloads/choices.h"

#include <Python.h>

#include <stdio.h>

// SLOTS: of a tree one a level, and the root of the tree that lives on.
enum { ROUNDS = 5, DEPTH = 16, DEPTH_MOST = HT_TREES_DEEPEST, SLOTS = DEPTH_MOST + 3 };

struct side {
  const char *name;
  PyTypeObject *type; // NULL: of the Python heap
  struct ht_setting setting;
  struct ht_heap *heap;
  struct ht_mutator *m;
  ht_ref *slots;
  double samples[SAMPLES_MOST];
};

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "bench-python-trees: %s\n", what);
  exit(3);
}

// CPython's.

struct capi_node {
  PyObject_HEAD PyObject *left, *right;
};

static int capi_traverse(PyObject *self, visitproc visit, void *arg) {
  struct capi_node *node = (struct capi_node *)self;
  Py_VISIT(node->left);
  Py_VISIT(node->right);
  return 0;
}

static int capi_clear(PyObject *self) {
  struct capi_node *node = (struct capi_node *)self;
  Py_CLEAR(node->left);
  Py_CLEAR(node->right);
  return 0;
}

static void capi_dealloc_gc(PyObject *self) {
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, capi_dealloc_gc);
  capi_clear(self);
  PyObject_GC_Del(self);
  Py_TRASHCAN_END
}

static void capi_dealloc_plain(PyObject *self) {
  capi_clear(self);
  PyObject_Free(self);
}

static PyTypeObject gc_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "heaptrial.node",
    .tp_basicsize = sizeof(struct capi_node),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = capi_dealloc_gc,
    .tp_traverse = capi_traverse,
    .tp_clear = capi_clear,
};

static PyTypeObject plain_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "heaptrial.plain",
    .tp_basicsize = sizeof(struct capi_node),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = capi_dealloc_plain,
};

// Tracked before it has children, as what PyType_GenericAlloc makes is.
static struct capi_node *capi_build(PyTypeObject *type, unsigned depth) {
  bool collected = type == &gc_type;
  struct capi_node *node =
      collected ? PyObject_GC_New(struct capi_node, type) : PyObject_New(struct capi_node, type);
  if (!node) fail("no memory");
  node->left = node->right = NULL;
  if (collected) PyObject_GC_Track(node);
  if (depth == 0) return node;
  node->left = (PyObject *)capi_build(type, depth - 1);
  node->right = (PyObject *)capi_build(type, depth - 1);
  return node;
}

static size_t capi_count(const struct capi_node *node) {
  if (!node->left) return 1;
  return 1 + capi_count((struct capi_node *)node->left) + capi_count((struct capi_node *)node->right);
}

static void start_interpreter(void) {
  PyConfig settings;
  PyConfig_InitIsolatedConfig(&settings);
  settings.site_import = 0;
  settings.install_signal_handlers = 0;
  settings.write_bytecode = 0;
  PyStatus status = PyConfig_SetBytesString(&settings, &settings.home, CPYTHON_HOME);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&settings);
  PyConfig_Clear(&settings);
  // The interpreter's own objects go where no cycle looks.
  if (PyStatus_Exception(status) || PyType_Ready(&gc_type) || PyType_Ready(&plain_type) ||
      PyRun_SimpleString("import gc; gc.freeze()"))
    fail("Python does not start");
}

// The Python heap's. A tree stands in a slot; in those above it, while it is built, on each level the node
// that was made last.

struct node {
  ht_ref left, right;
};
static const uint64_t node_map[] = {3};
static const struct ht_type node_type = {"node", sizeof(struct node), 2, node_map};

static void build(struct ht_mutator *m, ht_ref *slot, unsigned depth) {
  if (!heap_alloc(m, slot, &node_type, 1, 0, 0)) fail("no memory");
  if (depth == 0) return;
  build(m, slot + 1, depth - 1);
  heap_store(m, *slot, &((struct node *)*slot)->left, slot[1]);
  build(m, slot + 1, depth - 1);
  heap_store(m, *slot, &((struct node *)*slot)->right, slot[1]);
}

// No safepoint, so the tree stays while a slot holds its root.
static size_t count(struct ht_mutator *m, struct node *node) {
  ht_ref left = heap_load(m, node, &node->left);
  return left ? 1 + count(m, left) + count(m, heap_load(m, node, &node->right)) : 1;
}

static void open_heap(struct side *side) {
  char message[256] = "";
  struct ht_carrier *carrier;
  struct ht_config config = {.settings = &side->setting,
                             .setting_count = side->setting.name != NULL,
                             .message = message,
                             .message_size = sizeof message};
  if (heaptrial_heap.create(&config, &side->heap) != HT_OK) fail(message);
  struct ht_frame *frame = calloc(1, sizeof *frame + SLOTS * sizeof(ht_ref));
  if (!frame || !heaptrial_heap.carrier_open(side->heap, &carrier) ||
      !heap_attach(side->heap, carrier, &side->m))
    fail("no memory");
  frame->count = SLOTS;
  heap_push(side->m, frame);
  side->slots = frame->slots;
}

// What follows is written once, for both sides. A tree of either is in a place: a slot, or a C variable.
static void plant(struct side *side, ht_ref *place, unsigned depth) {
  if (side->type) {
    *place = capi_build(side->type, depth);
    return;
  }
  build(side->m, place, depth);
  for (unsigned i = 1; i <= depth; i++) heap_root_set(side->m, place + i, NULL);
}

// Counts the nodes of a tree and lets it go.
static size_t fell(struct side *side, ht_ref *place, unsigned depth) {
  size_t nodes = side->type ? capi_count(*place) : count(side->m, *place);
  if (nodes != ht_trees_nodes(depth)) fail("nodes are missing");
  if (side->type)
    Py_DECREF((PyObject *)*place);
  else
    heap_root_set(side->m, place, NULL);
  return nodes;
}

// Returns how many nodes were made.
static __attribute__((noinline)) size_t counted(struct side *side, unsigned depth) {
  ht_ref variables[2], *lives_on = side->type ? variables : side->slots, *place = lives_on + 1;
  size_t nodes = 0;
  plant(side, place, depth + 1);
  nodes += fell(side, place, depth + 1);
  plant(side, lives_on, depth);
  for (unsigned d = HT_TREES_SHORTEST; d <= depth; d += 2)
    for (uint64_t i = ht_trees_count(depth, d); i > 0; i--) {
      plant(side, place, d);
      nodes += fell(side, place, d);
    }
  return nodes + fell(side, lives_on, depth);
}

static void measure(struct side *side, unsigned depth, size_t round) {
  double start = samples_now_ns();
  size_t nodes = counted(side, depth);
  side->samples[round] = (samples_now_ns() - start) / (double)nodes;
}

static struct side sides[] = {
    {.name = "cpython", .type = &gc_type},
    {.name = "cpython-plain", .type = &plain_type},
    {.name = "python"},
    {.name = "python:rule=growing", .setting = {"rule", "growing"}},
    {.name = "python:threshold0=0", .setting = {"threshold0", "0"}},
};
enum { SIDES = sizeof sides / sizeof *sides, CPYTHON = 0, CPYTHON_PLAIN = 1 };

static double median(const struct side *side, size_t rounds) {
  return samples_median(side->samples, rounds, sizeof(double));
}

static void print(size_t rounds) {
  printf("%-20s %10s %13s %13s\n", "", "ns a node", "of cpython's", "of plain's");
  for (struct side *side = sides; side < sides + SIDES; side++) {
    double ns = median(side, rounds);
    printf("%-20s %10.1f %13.2f %13.2f\n", side->name, ns, ns / median(&sides[CPYTHON], rounds),
           ns / median(&sides[CPYTHON_PLAIN], rounds));
  }
}

static int only(const char *name, unsigned depth) {
  for (struct side *side = sides; side < sides + SIDES; side++) {
    if (strcmp(side->name, name)) continue;
    printf("%s: %zu nodes\n", name, counted(side, depth));
    return 0;
  }
  fprintf(stderr, "bench-python-trees: there is no side %s\n", name);
  return 2;
}

int main(int argc, char **argv) {
  bool counting = argc == 4 && !strcmp(argv[1], "--only");
  if (argc > 3 && !counting) {
    fprintf(stderr, "usage: bench-python-trees [ROUNDS [DEPTH]] | bench-python-trees --only SIDE DEPTH\n");
    return 2;
  }
  size_t rounds =
      argc > 1 && !counting ? samples_number("bench-python-trees", argv[1], 1, SAMPLES_MOST) : ROUNDS;
  unsigned depth =
      argc > 2 ? (unsigned)samples_number("bench-python-trees", argv[argc - 1], HT_TREES_SHORTEST, DEPTH_MOST)
               : DEPTH;
  start_interpreter();
  for (struct side *side = sides; side < sides + SIDES; side++)
    if (!side->type) open_heap(side);
  if (counting) return only(argv[2], depth);
  for (size_t round = 0; round < rounds; round++)
    for (size_t i = 0; i < SIDES; i++) measure(&sides[(i + round) % SIDES], depth, round);
  print(rounds);
  return 0;
}
