#include "fuzz/program/program_internal.h"

#define BIT(word) (UINT64_C(1) << ((word) % 64))

// References at the edges of the map's words: the second word, the last of map word 0, the first of map word
// 1, the very last.
enum { WIDE_WORDS = 75 };

static const uint64_t pair_map[] = {BIT(1) | BIT(2)};
static const uint64_t references_map[] = {BIT(0)};
static const uint64_t mixed_map[] = {BIT(1) | BIT(3)};
static const uint64_t wide_map[] = {BIT(1) | BIT(63), BIT(64) | BIT(WIDE_WORDS - 1)};
static const uint64_t node_map[] = {BIT(1)};

const struct ht_type ht_program_types[HT_PROGRAM_TYPES] = {
    [TYPE_BYTE] = {.name = "byte", .size = 1},
    [TYPE_WORD] = {.name = "word", .size = HT_WORD},
    [TYPE_PAIR] = {.name = "pair", .size = 3 * HT_WORD, .references = 2, .reference_map = pair_map},
    [TYPE_REFERENCES] = {.name = "references",
                         .size = HT_WORD,
                         .references = 1,
                         .reference_map = references_map},
    [TYPE_MIXED] = {.name = "mixed", .size = 5 * HT_WORD, .references = 2, .reference_map = mixed_map},
    [TYPE_WIDE] = {.name = "wide", .size = WIDE_WORDS * HT_WORD, .references = 4, .reference_map = wide_map},
    [TYPE_NODE] = {.name = "node", .size = 2 * HT_WORD, .references = 1, .reference_map = node_map},
    [TYPE_LEAF] = {.name = "leaf48", .size = 48},
};
