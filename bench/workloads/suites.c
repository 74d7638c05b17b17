// The standard variants, written as a shell would: "size={8,16}" stands for two of them.
#include "bench/workloads/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct ht_workload_suite ht_workload_suites[] = {
    {"quick", "a few that run on any heap: what a trial takes"},
    {"full", "every workload: sizes, numbers of mutators, sets beyond the caches"},
    {"instructions", "one mutator and short: for counts, which are exact"},
    {0},
};

enum { QUICK = 1 << 0, FULL = 1 << 1, INSTRUCTIONS = 1 << 2 }; // by the place in the table above

static const struct {
  unsigned suites;
  const char *text;
} rows[] = {
    {QUICK, "churn:references={0,1}"},
    {QUICK, "binary-trees"},
    {QUICK, "exchange"},
    {QUICK, "service"},
    // Lengths so that a good malloc takes one to five tenths of a second whatever the size.
    {FULL, "churn:size={8,16,32,64,128,256,512},live={1,4096}"},
    {FULL, "churn:size={1024,2048,4096,8192},live={1,4096},operations=4194304"},
    {FULL, "churn:size={16384,32768,65536},live={1,4096},operations=1048576"},
    {FULL, "churn:size={16,32,64,128,256},live={1,4096},references=1"},
    {FULL, "churn:size={512,1024},live={1,4096},references=1,operations=4194304"},
    {FULL, "churn:size={2048,4096,8192},live={1,4096},references=1,operations=1048576"},
    {FULL, "churn:size={16384,32768,65536},live={1,4096},references=1,operations=65536"},
    // Sets of 1 MB, of 16 MB, and of what no cache holds.
    {FULL, "churn:size=256,live={4096,65536},references={0,1},operations=4194304"},
    {FULL, "churn:size=256,live=LARGE,references={0,1},operations=4194304"},
    {FULL, "churn:references={0,1},mutators={2,4,8},operations=4194304"},
    {FULL, "binary-trees:mutators={1,2}"},
    {FULL, "binary-trees:depth=14,mutators={4,8}"},
    {FULL, "message-ring"},
    {FULL, "exchange:mutators={1,2}"},
    {FULL, "exchange:mutators={4,8},operations=1048576"},
    {FULL, "service:mutators={1,2}"},
    {FULL, "service:mutators={4,8},operations=100000"},
    {FULL, "escape:escape={10,50,90,100}"},
    {FULL, "rings:length={1,2,10,100,1000}"},
    {FULL, "graph"},
    {FULL, "list"},
    {FULL, "deep-tree"},
    {INSTRUCTIONS, "churn:size={16,64,256,4096},references={0,1},operations=100000"},
    {INSTRUCTIONS, "binary-trees:depth=10"},
    {INSTRUCTIONS, "message-ring:live=16384,operations=50000"},
    {INSTRUCTIONS, "exchange:operations=100000"},
    {INSTRUCTIONS, "service:live=4096,tasks=1000,operations=20000"},
    {INSTRUCTIONS, "escape:operations=100000"},
    {INSTRUCTIONS, "rings:operations=100000"},
    {INSTRUCTIONS, "graph:live=32768"},
    {INSTRUCTIONS, "list:live=32768,collections=1"},
    {INSTRUCTIONS, "deep-tree:depth=14,collections=1"},
};

// How many objects of 256 bytes are four times the last cache, or a sixteenth of the memory if that is less;
// 0: nobody knows how large the last cache is.
static uint64_t large(void) {
  enum { SIZE = 256, TIMES = 4, PART = 16 };
  static const int levels[] = {_SC_LEVEL4_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE};
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE), cache = 0;
  for (size_t i = 0; cache <= 0 && i < sizeof levels / sizeof *levels; i++) cache = sysconf(levels[i]);
  if (cache <= 0 || pages <= 0) return 0;
  uint64_t most = (uint64_t)pages * (uint64_t)page / PART, set = (uint64_t)cache * TIMES;
  return (set < most ? set : most) / SIZE;
}

// Writes the variant at *index of a row. False: the row has no more than were taken off *index.
static bool expand(const char *row, size_t *index, char *text, size_t size) {
  static const char large_word[] = "LARGE";
  size_t rest = *index, total = 1, used = 0;
  while (*row && used < size - 1) {
    if (strncmp(row, large_word, sizeof large_word - 1) == 0) {
      uint64_t objects = large();
      if (!objects) return false;
      used += (size_t)snprintf(text + used, size - used, "%llu", (unsigned long long)objects);
      row += sizeof large_word - 1;
    } else if (*row == '{') {
      const char *end = strchr(row, '}'), *word = row + 1;
      size_t count = 1;
      for (const char *c = word; c < end; c++) count += *c == ',';
      for (size_t skip = rest % count; skip > 0; skip--) word = strchr(word, ',') + 1;
      used += (size_t)snprintf(text + used, size - used, "%.*s", (int)strcspn(word, ",}"), word);
      total *= count;
      rest /= count;
      row = end + 1;
    } else {
      text[used++] = *row++;
    }
  }
  text[used < size ? used : size - 1] = 0;
  if (*index < total) return true;
  *index -= total;
  return false;
}

bool ht_workload_variant(const char *suite, size_t index, char *text, size_t size) {
  unsigned bit = 1;
  for (const struct ht_workload_suite *s = ht_workload_suites; strcmp(s->name, suite) != 0; bit <<= 1)
    if (!(++s)->name) return false;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if ((rows[i].suites & bit) && expand(rows[i].text, &index, text, size)) return true;
  return false;
}
