// Choices from a fuzzer's bytes.
#include "fuzz/schedule/schedule_internal.h"

static bool is_possible(const struct simulated_view *view, struct simulated_choice choice) {
  return (choice.late ? view->late : view->runnable) >> choice.fiber & 1;
}

struct simulated_choice ht_bytes_choose(void *context, const struct simulated_view *view) {
  struct ht_byte_chooser *c = context;
  if (c->left > 0 && is_possible(view, c->choice)) {
    c->left--;
    return c->choice;
  }
  if (c->next == c->size) return schedule_default(view);
  uint8_t byte = c->bytes[c->next++];
  unsigned fibers = (unsigned)__builtin_popcount(view->runnable),
           buffers = (unsigned)__builtin_popcount(view->late), who = (byte & 15) % (fibers + buffers);
  if (who < fibers) {
    c->choice = (struct simulated_choice){(uint8_t)schedule_member(view->runnable, who), 0};
  } else {
    uint8_t fiber = (uint8_t)schedule_member(view->late, who - fibers);
    c->choice = (struct simulated_choice){fiber, (uint8_t)(1 + (byte >> 4) % simulated_late(fiber))};
  }
  c->left = c->choice.late ? 0 : byte >> 4;
  return c->choice;
}
