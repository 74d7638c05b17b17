// Clauses about single objects: sizes, alignment, zero, resize, the walk.

#include "tests/contract/contract.h"

static const size_t sizes[] = {0,    1,    7,    8,     9,     15,    16,     17,     24,   31,
                               32,   33,   48,   63,    64,    100,   128,    200,    256,  500,
                               511,  512,  1000, 1024,  2000,  2016,  2017,   2048,   3000, 4095,
                               4096, 4097, 8192, 20000, 32768, 65536, 100000, 1000000};
enum { SIZES = sizeof sizes / sizeof *sizes };

static bool is_zero(const unsigned char *memory, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (memory[i]) return false;
  return true;
}

// What the table says of the alignment of an object.
static bool is_aligned(ht_ref object, size_t bytes, size_t alignment) {
  uintptr_t address = (uintptr_t)object;
  if (address % heaptrial_heap.minimum_alignment) return false;
  if (bytes && bytes % heaptrial_heap.natural_alignment == 0 && address % heaptrial_heap.natural_alignment)
    return false;
  return alignment == 0 || address % alignment == 0;
}

// Every size at every alignment, all held at once and none touched by another, twice over so that the second
// time comes to lie in memory that the first has used.
static void sizes_and_alignments(void) {
  struct trial t;
  HT_FRAME(frame, SIZES);
  trial_open(&t);
  heap_push(t.m, frame);
  for (size_t alignment = 0; alignment <= heaptrial_heap.maximum_alignment && alignment <= 4096;
       alignment = alignment ? 2 * alignment : 1) {
    for (size_t i = 0; i < SIZES; i++) {
      unsigned flags = (i + alignment) % 2 ? HT_ZEROED : 0;
      if (frame->slots[i]) trial_drop(&t, &frame->slots[i]);
      CHECK(trial_alloc(&t, t.m, &frame->slots[i], &bytes_type, sizes[i], alignment, flags));
      CHECK(frame->slots[i]);
      CHECK(is_aligned(frame->slots[i], sizes[i], alignment));
      if (flags) CHECK(is_zero(frame->slots[i], sizes[i]));
      if (can(HT_TELLS_SIZE)) CHECK(heaptrial_heap.usable_size(t.heap, frame->slots[i]) >= sizes[i]);
      if (can(HT_TELLS_OWNER) && sizes[i]) {
        CHECK(heaptrial_heap.owns(t.heap, frame->slots[i]));
        CHECK(heaptrial_heap.owns(t.heap, (char *)frame->slots[i] + sizes[i] - 1));
      }
      stamp(frame->slots[i], sizes[i], i);
    }
    if (alignment % 16 == 0) heap_collect(t.m, true);
    for (size_t i = 0; i < SIZES; i++) {
      CHECK(is_stamped(frame->slots[i], sizes[i], i));
      CHECK(alignment == 0 || (uintptr_t)frame->slots[i] % alignment == 0);
    }
  }
  if (can(HT_TELLS_OWNER)) {
    CHECK(!heaptrial_heap.owns(t.heap, &t));
    CHECK(!heaptrial_heap.owns(t.heap, &sizes));
    CHECK(!heaptrial_heap.owns(t.heap, NULL));
  }
  heap_pop(t.m);
  trial_close(&t);
}

static void size_zero(void) {
  struct trial t;
  HT_FRAME(frame, 3);
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(trial_alloc(&t, t.m, &frame->slots[0], &bytes_type, 0, 0, 0));
  CHECK(trial_alloc(&t, t.m, &frame->slots[1], &pair_type, 0, 0, 0));
  CHECK(trial_alloc(&t, t.m, &frame->slots[2], &bytes_type, 0, at_most(64), HT_ZEROED));
  for (int i = 0; i < 3; i++) CHECK(frame->slots[i]);
  if (!can(HT_SHARES_EMPTY)) {
    CHECK(frame->slots[0] != frame->slots[1]);
    CHECK(frame->slots[0] != frame->slots[2]);
    CHECK(frame->slots[1] != frame->slots[2]);
  }
  heap_pop(t.m);
  trial_close(&t);
}

static void impossible_sizes(void) {
  static const struct ht_type odd = {"odd", 24, 0, NULL};
  static const size_t counts[] = {SIZE_MAX,      SIZE_MAX / 2,  SIZE_MAX / 24 + 1,
                                  SIZE_MAX / 24, SIZE_MAX - 15, ((size_t)1 << 62) + 24};
  struct trial t;
  HT_FRAME(frame, 2);
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(trial_alloc(&t, t.m, &frame->slots[0], &bytes_type, 40, 0, 0));
  stamp(frame->slots[0], 40, 1);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    for (size_t alignment = 0; alignment <= heaptrial_heap.maximum_alignment;
         alignment = alignment ? 8 * alignment : 1) {
      CHECK(!heap_alloc(t.m, &frame->slots[0], &odd, counts[i], alignment, 0));
      CHECK(!heap_alloc(t.m, &frame->slots[0], &bytes_type, SIZE_MAX - i, alignment, HT_ZEROED));
      CHECK(!heap_alloc(t.m, &frame->slots[0], &bytes_type, counts[i] - 8, alignment, 0));
      CHECK(frame->slots[0] && is_stamped(frame->slots[0], 40, 1));
    }
  if (can(HT_RESIZES)) {
    ht_ref before = frame->slots[0];
    CHECK(!heap_resize(t.m, &frame->slots[0], &bytes_type, 40, SIZE_MAX, 0));
    CHECK(!heap_resize(t.m, &frame->slots[0], &bytes_type, 40, SIZE_MAX - 64, HT_ZEROED));
    CHECK(can(HT_MOVES) || frame->slots[0] == before);
    CHECK(is_stamped(frame->slots[0], 40, 1));
    CHECK(trial_alloc(&t, t.m, &frame->slots[1], &odd, 2, 0, 0));
    stamp(frame->slots[1], 48, 2);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
      CHECK(!heap_resize(t.m, &frame->slots[1], &odd, 2, counts[i], 0) && is_stamped(frame->slots[1], 48, 2));
  }
  CHECK(trial_alloc(&t, t.m, &frame->slots[1], &bytes_type, 40, 0, 0));
  heap_pop(t.m);
  trial_close(&t);
}

// Reference words are NULL whether or not zero was asked for, in memory that was full of something else.
static void references_are_null(void) {
  struct trial t;
  HT_FRAME(frame, 1);
  trial_open(&t);
  heap_push(t.m, frame);
  for (int round = 0; round < 200; round++) {
    CHECK(trial_alloc(&t, t.m, &frame->slots[0], &bytes_type, 3 * sizeof(struct pair), 0, 0));
    memset(frame->slots[0], 0xff, 3 * sizeof(struct pair));
    trial_drop(&t, &frame->slots[0]);
    CHECK(trial_alloc(&t, t.m, &frame->slots[0], &pair_type, 3, 0, 0));
    struct pair *pairs = frame->slots[0];
    for (int i = 0; i < 3; i++) CHECK(!pairs[i].left && !pairs[i].right);
    trial_drop(&t, &frame->slots[0]);
  }
  heap_pop(t.m);
  trial_close(&t);
}

static void resize(void) {
  static const struct ht_type words = {"words", 16, 0, NULL};
  struct trial t;
  HT_FRAME(frame, 3);
  trial_open(&t);
  heap_push(t.m, frame);
  ht_ref *slot = &frame->slots[0];
  for (size_t i = 0; i < SIZES; i++)
    for (size_t k = 0; k < SIZES; k++) {
      size_t alignment = (i + k) % 5 ? 0 : at_most(256), least = sizes[i] < sizes[k] ? sizes[i] : sizes[k];
      CHECK(trial_alloc(&t, t.m, slot, &bytes_type, sizes[i], alignment, 0));
      if (k % 2) CHECK(trial_alloc(&t, t.m, &frame->slots[1], &bytes_type, 24, 0, 0));
      stamp(*slot, sizes[i], i);
      ht_ref before = *slot;
      struct ht_weak *weak;
      bool watched = can(HT_WEAK) && (i + k) % 3;
      if (watched) CHECK(heap_weak_create(t.m, *slot, NULL, NULL, &weak));
      CHECK(heap_resize(t.m, slot, &bytes_type, sizes[i], sizes[k], HT_ZEROED));
      trial_moved(&t, before, *slot);
      CHECK(is_stamped(*slot, least, i));
      CHECK(is_zero((unsigned char *)*slot + least, sizes[k] - least));
      CHECK(is_aligned(*slot, sizes[k], 0));
      if (can(HT_TELLS_SIZE)) CHECK(heaptrial_heap.usable_size(t.heap, *slot) >= sizes[k]);
      if (watched) {
        heap_weak_load(t.m, weak, &frame->slots[2]);
        CHECK(frame->slots[2] == *slot);
        heap_root_set(t.m, &frame->slots[2], NULL);
        heap_weak_drop(t.m, weak);
      }
      stamp(*slot, sizes[k], k);
      if (k % 2) trial_drop(&t, &frame->slots[1]);
      CHECK(is_stamped(*slot, sizes[k], k));
      trial_drop(&t, slot);
    }
  // Counts are of elements.
  CHECK(trial_alloc(&t, t.m, slot, &words, 1, 0, 0));
  for (size_t count = 1; count <= 1000; count *= 10) {
    stamp(*slot, count * words.size, count);
    ht_ref before = *slot;
    CHECK(heap_resize(t.m, slot, &words, count, 10 * count, HT_ZEROED));
    trial_moved(&t, before, *slot);
    CHECK(is_stamped(*slot, count * words.size, count));
    CHECK(is_zero((unsigned char *)*slot + count * words.size, 9 * count * words.size));
  }
  heap_pop(t.m);
  trial_close(&t);
}

enum { WALKED = 100 };
struct walked {
  struct ht_frame *frame;
  size_t seen[WALKED], others;
};

static bool note(void *context, const struct ht_claim *claim) {
  struct walked *walked = context;
  for (size_t i = 0; i < WALKED; i++)
    if (walked->frame->slots[i] == claim->object) {
      CHECK(claim->bytes >= i * 8);
      CHECK(!claim->type || claim->type == &bytes_type);
      walked->seen[i]++;
      return true;
    }
  walked->others++;
  return true;
}

static bool stop_at_once(void *context, const struct ht_claim *claim) {
  (void)claim;
  CHECK(++*(int *)context == 1);
  return false;
}

static void walk(void) {
  struct trial t;
  HT_FRAME(frame, WALKED);
  trial_open(&t);
  heap_push(t.m, frame);
  for (size_t i = 0; i < WALKED; i++)
    CHECK(trial_alloc(&t, t.m, &frame->slots[i], &bytes_type, i * 8, i % 3 ? 0 : at_most(64), 0));
  struct walked walked = {.frame = frame};
  heaptrial_heap.walk(t.m, note, &walked);
  for (size_t i = 0; i < WALKED; i++) CHECK(walked.seen[i] == 1);
  CHECK(walked.others == 0);
  int calls = 0;
  heaptrial_heap.walk(t.m, stop_at_once, &calls);
  CHECK(calls == 1);
  heap_pop(t.m);
  trial_close(&t);
}

const struct clause object_clauses[] = {
    {"sizes_and_alignments", 0, sizes_and_alignments},
    {"size_zero", 0, size_zero},
    {"impossible_sizes", 0, impossible_sizes},
    {"references_are_null", 0, references_are_null},
    {"resize", HT_RESIZES, resize},
    {"walk", HT_WALKS, walk},
    {0},
};
