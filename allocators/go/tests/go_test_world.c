#include "allocators/go/tests/go_test.h"

static const uint64_t node_map[] = {3}, reference_map[] = {1};
const struct ht_type node_type = {"node", sizeof(struct node), 2, node_map};
const struct ht_type reference_type = {"reference", HT_WORD, 1, reference_map};
const struct ht_type byte_type = {.name = "byte", .size = 1};

enum { SETTINGS_MOST = 8, TEXT_MOST = 256 };

enum ht_status world_create(struct world *w, const char *options, const struct ht_memory *memory) {
  struct ht_setting settings[SETTINGS_MOST];
  char text[TEXT_MOST], *rest;
  size_t count = 0;
  CHECK(strlen(options) < sizeof text);
  strcpy(text, options);
  for (char *item = strtok_r(text, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
    char *equals = strchr(item, '=');
    CHECK(equals && count < SETTINGS_MOST);
    *equals = 0;
    settings[count++] = (struct ht_setting){item, equals + 1};
  }
  *w = (struct world){0};
  return heaptrial_heap.create(
      &(struct ht_config){.settings = settings, .setting_count = count, .memory = memory}, &w->heap);
}

void world_begin(struct world *w, const char *options) {
  CHECK(world_create(w, options, NULL) == HT_OK);
  CHECK(heaptrial_heap.carrier_open(w->heap, &w->carrier) && heap_attach(w->heap, w->carrier, &w->m));
}

void world_check(struct world *w) {
  char message[256] = "";
  bool well = heaptrial_heap.check(w->m, message, sizeof message);
  if (!well) fprintf(stderr, "%s\n", message);
  CHECK(well);
}

void world_end(struct world *w) {
  world_check(w);
  heap_detach(w->m);
  heaptrial_heap.carrier_close(w->carrier);
  heaptrial_heap.destroy(w->heap);
}

static struct ht_statistics statistics(const struct world *w) {
  struct ht_statistics all;
  heap_statistics(w->heap, &all);
  return all;
}

uint64_t world_live(const struct world *w) {
  return statistics(w).live_objects;
}

uint64_t world_cycles(const struct world *w) {
  return statistics(w).cycles;
}

ht_ref world_weak(struct world *w, struct ht_weak *weak) {
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  heap_weak_load(w->m, weak, &frame->slots[0]);
  ht_ref object = frame->slots[0];
  heap_pop(w->m);
  return object;
}

struct ht_weak *world_watch(struct world *w, ht_ref object) {
  struct ht_weak *weak = NULL;
  CHECK(heap_weak_create(w->m, object, NULL, NULL, &weak));
  return weak;
}
