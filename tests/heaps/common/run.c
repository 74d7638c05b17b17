#include "tests/heaps/common/run.h"

#include <stdio.h>

bool run_walk(char *start, const char *end, ht_visitor *visitor, void *context) {
  run_each(header, start, end) {
    struct ht_claim claim = {.object = header + 1, .bytes = run_bytes(header), .type = header->type};
    if (!visitor(context, &claim)) return false;
  }
  return true;
}

bool run_check(char *start, const char *end, char *message, size_t message_size) {
  run_each(header, start, end) {
    size_t bytes = run_bytes(header), element = header->type->size;
    const char *broken = NULL;
    if (bytes > (size_t)(end - (char *)(header + 1)) || run_after(header) > end)
      broken = "reaches beyond the run";
    else if ((uintptr_t)(header + 1) & (run_alignment(header) - 1))
      broken = "is not aligned";
    else if (element ? bytes % element != 0 : bytes != 0)
      broken = "is no whole number of elements";
    if (broken) {
      snprintf(message, message_size, "the object %p of %zu bytes %s", (void *)(header + 1), bytes, broken);
      return false;
    }
  }
  return true;
}
