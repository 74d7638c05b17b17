#include "allocators/go/schedules/whole_heap.h"

#include "allocators/go/schedules/wrong.h"

#include <string.h>

static void examined(void *context, size_t invariant, const char *what) {
  (void)context;
  if (what) must(false, go_invariants[invariant].name);
}

void whole_heap_create(struct whole_heap *w, const char *option, bool thorough) {
  char text[64] = "";
  struct ht_setting settings[2] = {{"gogc", "off"}};
  struct ht_config config = {.settings = settings, .setting_count = 1};
  if (option) {
    strcpy(text, option);
    char *equals = strchr(text, '=');
    *equals = 0;
    settings[config.setting_count++] = (struct ht_setting){text, equals + 1};
  }
  if (thorough) config.examiner.examined = examined;
  must(heaptrial_heap.create(&config, &w->heap) == HT_OK &&
           heaptrial_heap.carrier_open(w->heap, &w->carrier) && heap_attach(w->heap, w->carrier, &w->m),
       "no memory");
  struct examination *e = &whole_heap_of(w)->examination;
  e->message = w->broken;
  e->message_size = sizeof w->broken;
}

void whole_heap_mark(struct whole_heap *w) {
  whole_heap_of(w)->trigger = 0;
  w->carrier->due = true;
  go_collect_if_due(go_mutator_of(w->m), 0);
}

void whole_heap_must_be_well(const struct whole_heap *w) {
  must(!whole_heap_of(w)->examination.broken, w->broken);
}

void whole_heap_check(struct whole_heap *w) {
  must(heaptrial_heap.check(w->m, w->broken, sizeof w->broken), w->broken);
}

void whole_heap_destroy(const struct whole_heap *w) {
  heap_detach(w->m);
  heaptrial_heap.carrier_close(w->carrier);
  heaptrial_heap.destroy(w->heap);
}
