// A finding is a text that a person can read, the same wherever memory lies and whichever compiler made the
// program. Prints one of each kind, the same each of many times; columns.sh compares with what is expected.
#include "tests/world/examples/drive.h"

#include "allocators/base/check.h"

#include <stdlib.h>
#include <string.h>

enum { TIMES = 10000 };

static const struct {
  const struct example *example;
  unsigned variant;
} findings[] = {{&example_locks, 1},
                {&example_queue, 1},
                {&example_spin, 1},
                {&example_waiter, 1},
                {&example_peterson, 1}};
enum { FINDINGS = sizeof findings / sizeof *findings };

static char *print(const struct ht_exploration *exploration, const struct ht_trace *trace) {
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  struct simulated_end end;
  CHECK(out);
  ht_print_columns(exploration, trace, out, &end);
  CHECK(fclose(out) == 0);
  return text;
}

int main(void) {
  for (size_t i = 0; i < FINDINGS; i++) {
    const struct example_variant *variant = &findings[i].example->variants[findings[i].variant];
    struct drive drive = {findings[i].example, variant, variant->order};
    struct ht_exploration exploration =
        drive_exploration(&drive, findings[i].example->preemptions[drive.order]);
    struct ht_exploration_result result;
    ht_explore(&exploration, &result);
    CHECK(result.explored == HT_EXPLORED_FINDING);
    char *text = print(&exploration, &result.trace);
    for (unsigned n = 1; n < TIMES; n++) {
      char *again = print(&exploration, &result.trace);
      CHECK(strcmp(text, again) == 0);
      free(again);
    }
    printf("%s: %s\n%s\n", findings[i].example->name, variant->name, text);
    free(text);
    ht_trace_free(&result.trace);
  }
  return 0;
}
