// What the programs of the fuzzers reach by chance or not at all: objects that share memory, references into
// objects and beside them, types that mix, objects of many pages.
//
// Each test runs on heaps that collect in different ways, every allocation a cycle included.

#include "allocators/go/tests/go_test.h"

static const char *const ways[] = {
    "milestone=1.1", "milestone=1.3", "sweeper=yes", "markers=4", "clobber=yes", "gogc=off", "every=1",
};

// Sixteen objects of a byte are one block, which lives as long as any of them.
static void test_tiny(const char *options) {
  enum { COUNT = GO_TINY };
  for (unsigned kept = 0; kept < COUNT; kept++) {
    struct world w;
    // A cycle in between would end the block in hand.
    world_begin(&w, strcmp(options, "every=1") ? options : "");
    HT_FRAME(frame, COUNT);
    heap_push(w.m, frame);
    for (unsigned i = 0; i < COUNT; i++) {
      CHECK(heap_alloc(w.m, &frame->slots[i], &byte_type, 1, 0, 0));
      *(char *)frame->slots[i] = (char)('a' + i);
    }
    uintptr_t block = (uintptr_t)frame->slots[0];
    CHECK(block % GO_TINY == 0);
    for (unsigned i = 0; i < COUNT; i++) CHECK((uintptr_t)frame->slots[i] == block + i);
    struct ht_weak *first = world_watch(&w, frame->slots[0]), *last = world_watch(&w, frame->slots[15]);
    for (unsigned i = 0; i < COUNT; i++)
      if (i != kept) heap_root_set(w.m, &frame->slots[i], NULL);
    for (unsigned i = 0; i < 2; i++) heap_collect(w.m, true);
    CHECK(world_live(&w) == 1 && *(char *)frame->slots[kept] == (char)('a' + kept));
    CHECK(world_weak(&w, first) == (ht_ref)block && world_weak(&w, last) == (ht_ref)(block + 15));
    heap_root_set(w.m, &frame->slots[kept], NULL);
    heap_collect(w.m, true);
    CHECK(world_live(&w) == 0 && !world_weak(&w, first) && !world_weak(&w, last));
    heap_pop(w.m);
    world_end(&w);
  }
}

// Small ones lie where their alignment says, too, if it is more than their size asks for.
static void test_tiny_alignment(const char *options) {
  struct world w;
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (size_t bytes = 1; bytes < GO_TINY; bytes++)
    for (size_t alignment = 1; alignment <= 64; alignment *= 2) {
      CHECK(heap_alloc(w.m, &frame->slots[0], &byte_type, 1, 0, 0));
      CHECK(heap_alloc(w.m, &frame->slots[1], &byte_type, bytes, alignment, 0));
      CHECK((uintptr_t)frame->slots[1] % alignment == 0);
    }
  heap_pop(w.m);
  world_end(&w);
}

struct shape {
  const struct ht_type *type;
  size_t count;
};
// One of each kind: without references and with, with a bitmap, with a header, large, of a type whose size
// does not divide its slot.
static const struct shape shapes[] = {
    {&byte_type, 1},          {&byte_type, 16},      {&byte_type, 100},       {&byte_type, 5000},
    {&byte_type, 32760},      {&byte_type, 32761},   {&byte_type, 300000},    {&node_type, 1},
    {&node_type, 3},          {&node_type, 21},      {&node_type, 22},        {&node_type, 1000},
    {&node_type, 2000},       {&node_type, 20000},   {&reference_type, 1},    {&reference_type, 63},
    {&reference_type, 64},    {&reference_type, 65}, {&reference_type, 4095}, {&reference_type, 4096},
    {&reference_type, 40000},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static size_t shape_bytes(const struct shape *shape) {
  return shape->type->size * shape->count;
}

// Is an object kept by a word at `offset` of it, which is a root or may be one, and by nothing else?
static bool is_kept_by(const char *options, const struct shape *shape, size_t offset, bool ambiguous) {
  struct world w;
  uintptr_t word = 0;
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  CHECK(heaptrial_heap.ambiguous_root_add(w.heap, &word));
  CHECK(heap_alloc(w.m, &frame->slots[0], shape->type, shape->count, 0, 0));
  char *object = frame->slots[0];
  struct ht_weak *weak = world_watch(&w, object);
  if (ambiguous)
    word = (uintptr_t)object + offset;
  else
    heap_root_set(w.m, &frame->slots[1], object + offset);
  heap_root_set(w.m, &frame->slots[0], NULL);
  for (unsigned i = 0; i < 2; i++) heap_collect(w.m, true);
  bool kept = world_weak(&w, weak) == object;
  CHECK(kept || !world_weak(&w, weak));
  CHECK(world_live(&w) == kept);
  heaptrial_heap.ambiguous_root_remove(w.heap, &word);
  heap_pop(w.m);
  heap_collect(w.m, true);
  CHECK(!world_weak(&w, weak) && world_live(&w) == 0);
  world_end(&w);
  return kept;
}

static void test_interior(const char *options) {
  for (size_t i = 0; i < SHAPES; i++) {
    size_t last = shape_bytes(&shapes[i]) - 1;
    for (unsigned ambiguous = 0; ambiguous < 2; ambiguous++) {
      CHECK(is_kept_by(options, &shapes[i], 0, ambiguous));
      CHECK(is_kept_by(options, &shapes[i], last / 2, ambiguous));
      CHECK(is_kept_by(options, &shapes[i], last, ambiguous));
    }
    // Where the next object would be, or nothing is.
    if (last + 1 >= GO_TINY)
      CHECK(!is_kept_by(options, &shapes[i], base_round_up(last + 1, GO_PAGE_SIZE), true));
  }
  // A large object ends where its bytes do.
  CHECK(!is_kept_by(options, &(struct shape){&byte_type, 40001}, 40001, true));
  CHECK(is_kept_by(options, &(struct shape){&byte_type, 40001}, 40000, true));
}

// Words that point at no object keep none: at free slots, behind the last one, into pages of nobody.
static void test_free_words(const char *options) {
  enum { WORDS = 6 };
  struct world w;
  uintptr_t words[WORDS] = {0};
  world_begin(&w, options);
  HT_FRAME(frame, 3);
  heap_push(w.m, frame);
  for (unsigned i = 0; i < WORDS; i++) CHECK(heaptrial_heap.ambiguous_root_add(w.heap, &words[i]));
  for (unsigned i = 0; i < 2; i++) CHECK(heap_alloc(w.m, &frame->slots[i], &node_type, 1, 0, 0));
  struct go_span *span = go_span_of((struct go_heap *)w.heap, (uintptr_t)frame->slots[0]);
  words[0] = go_span_object(span, span->count - 1); // never was an object
  words[1] = (uintptr_t)frame->slots[1];            // will be free
  words[2] = span->limit;                           // the bitmap
  words[3] = span->base + (span->page_count << GO_PAGE_SHIFT);
  words[4] = UINTPTR_MAX;
  words[5] = (uintptr_t)w.heap;
  uintptr_t freed = words[1];
  words[1] = 0;
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 1);
  words[1] = freed;
  for (unsigned i = 0; i < 2; i++) heap_collect(w.m, true);
  CHECK(world_live(&w) == 1);
  // What comes to lie there is kept then, and is whole.
  words[3] = 0;
  CHECK(heap_alloc(w.m, &frame->slots[2], &reference_type, span->count, 0, 0));
  for (size_t i = 0; i < span->count; i++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &node_type, 1, 0, 0));
    CHECK(!((struct node *)frame->slots[1])->next && !((struct node *)frame->slots[1])->other);
    heap_store(w.m, frame->slots[2], (ht_ref *)frame->slots[2] + i, frame->slots[1]);
  }
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_root_set(w.m, &frame->slots[2], NULL);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 3);
  for (unsigned i = 0; i < WORDS; i++) heaptrial_heap.ambiguous_root_remove(w.heap, &words[i]);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 1);
  heap_pop(w.m);
  world_end(&w);
}

// Types of one size that say different words: each object's are its own type's, whichever came first, and a
// word that is none keeps nothing, whatever it holds.
static const uint64_t first_map[] = {1}, last_map[] = {4}, both_map[] = {5};
static const struct ht_type mixing[] = {
    {"first", sizeof(struct node), 1, first_map},
    {"last", sizeof(struct node), 1, last_map},
    {"both", sizeof(struct node), 2, both_map},
};

static void test_types(const char *options) {
  enum { TYPES = sizeof mixing / sizeof *mixing, OBJECTS = 400 };
  struct world w;
  uint64_t expected = 1;
  world_begin(&w, options);
  HT_FRAME(frame, 3);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &reference_type, OBJECTS, 0, 0));
  for (unsigned i = 0; i < OBJECTS; i++) {
    // At first one type alone, and then all.
    const struct ht_type *type = &mixing[i < 50 ? 0 : i % TYPES];
    CHECK(heap_alloc(w.m, &frame->slots[1], type, 1, 0, 0));
    for (unsigned word = 0; word < 3; word++) {
      CHECK(heap_alloc(w.m, &frame->slots[2], &byte_type, 20, 0, 0));
      ht_ref *field = (ht_ref *)frame->slots[1] + word;
      if (ht_type_is_reference(type, word)) {
        heap_store(w.m, frame->slots[1], field, frame->slots[2]);
        expected++;
      } else {
        *(uintptr_t *)field = (uintptr_t)frame->slots[2];
      }
    }
    heap_store(w.m, frame->slots[0], (ht_ref *)frame->slots[0] + i, frame->slots[1]);
    expected++;
  }
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_root_set(w.m, &frame->slots[2], NULL);
  for (unsigned i = 0; i < 2; i++) {
    heap_collect(w.m, true);
    CHECK(world_live(&w) == expected);
  }
  heap_pop(w.m);
  world_end(&w);
}

// Every reference of an object of any shape is followed, the last as the first.
static void test_shapes(const char *options) {
  for (size_t i = 0; i < SHAPES; i++) {
    const struct shape *shape = &shapes[i];
    size_t words = shape_bytes(shape) / HT_WORD, found = 0;
    if (!shape->type->references) continue;
    struct world w;
    world_begin(&w, options);
    // A cycle an allocation is too slow for what holds many.
    if (words > 300 && !strcmp(options, "every=1")) words = 300;
    HT_FRAME(frame, 2);
    heap_push(w.m, frame);
    CHECK(heap_alloc(w.m, &frame->slots[0], shape->type, shape->count, 0, 0));
    for (size_t word = 0; (word = ht_type_next_reference(shape->type, word, words)) < words; word++) {
      CHECK(heap_alloc(w.m, &frame->slots[1], &byte_type, 20, 0, 0));
      heap_store(w.m, frame->slots[0], (ht_ref *)frame->slots[0] + word, frame->slots[1]);
      found++;
    }
    heap_root_set(w.m, &frame->slots[1], NULL);
    heap_collect(w.m, true);
    CHECK(found && world_live(&w) == 1 + found);
    heap_clear(w.m, frame->slots[0], frame->slots[0], words);
    heap_collect(w.m, true);
    CHECK(world_live(&w) == 1);
    heap_pop(w.m);
    world_end(&w);
  }
}

// An object over several arenas: its last word is a reference as its first, and a reference to its last byte
// is one to it.
static void test_arenas(const char *options) {
  enum { WORDS = (160 << 20) / HT_WORD };
  struct world w;
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &reference_type, WORDS, 0, 0));
  static const size_t at[] = {0, 1, GO_ARENA_BYTES / HT_WORD - 1, GO_ARENA_BYTES / HT_WORD, WORDS - 1};
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &node_type, 1, 0, 0));
    heap_store(w.m, frame->slots[0], (ht_ref *)frame->slots[0] + at[i], frame->slots[1]);
  }
  char *object = frame->slots[0];
  heap_root_set(w.m, &frame->slots[1], object + (size_t)WORDS * HT_WORD - 1);
  heap_root_set(w.m, &frame->slots[0], NULL);
  for (unsigned i = 0; i < 2; i++) {
    heap_collect(w.m, true);
    CHECK(world_live(&w) == 1 + sizeof at / sizeof *at);
  }
  CHECK(heaptrial_heap.owns(w.heap, object) && heaptrial_heap.owns(w.heap, frame->slots[1]));
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 0 && !heaptrial_heap.owns(w.heap, object));
  // Its pages come again, and zero.
  CHECK(heap_alloc(w.m, &frame->slots[0], &byte_type, 100 << 20, 0, HT_ZEROED));
  for (size_t i = 0; i < (size_t)100 << 20; i += GO_PAGE_SIZE / 2) CHECK(!((char *)frame->slots[0])[i]);
  heap_pop(w.m);
  world_end(&w);
}

int main(void) {
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    test_tiny(ways[i]);
    test_tiny_alignment(ways[i]);
    test_interior(ways[i]);
    test_free_words(ways[i]);
    test_types(ways[i]);
    test_shapes(ways[i]);
  }
  test_arenas("");
  test_arenas("markers=3,clobber=yes");
  return 0;
}
