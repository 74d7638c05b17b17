#ifndef HEAPTRIAL_INLINES_H
#define HEAPTRIAL_INLINES_H

// The functions of a heap's inline header as entries of its table: one definition, two ways to call it.
//
// A heap includes its inline header and then this one, and writes HT_INLINE_ENTRIES into the initialiser of
// `heaptrial_heap`, beside what only the table has.

#define HT_INLINE_ENTRIES                                                                            \
  .attach = heap_attach, .detach = heap_detach, .block = heap_block, .unblock = heap_unblock,        \
  .poll = heap_poll, .push = heap_push, .pop = heap_pop, .root_set = heap_root_set,                  \
  .root_load = heap_root_load, .alloc = heap_alloc, .release = heap_release, .resize = heap_resize,  \
  .load = heap_load, .store = heap_store, .copy = heap_copy, .clear = heap_clear, .send = heap_send, \
  .recv = heap_recv, .collect = heap_collect, .run_finalizers = heap_run_finalizers

#endif
