// Making and losing objects.
#include "fuzz/runner/runner_internal.h"

void run_refused(struct ht_runner *r, const char *what) {
  bool explained = r->hooked && ht_metered_read(r->metered).refused > 0;
  HOLDS(r, HT_GEN_11, explained, "%s failed, though no page request was refused", what);
}

void run_hold(struct ht_runner *r, shadow_number number) {
  if (number) run_object(r, number)->held++;
}

void run_reclaimed(struct ht_runner *r, shadow_number number) {
  struct shadow_object *object = run_object(r, number);
  if (!r->moves && object->state == SHADOW_ALIVE) shadow_range_remove(r->shadow, number);
  if (r->live.objects > 0 && r->live.bytes >= object->bytes) {
    r->live.objects--;
    r->live.bytes -= object->bytes;
  }
  object->state = SHADOW_RECLAIMED;
}

// Gives an object back that nothing holds. What it held loses a holder, and may follow.
static void release(struct ht_runner *r, shadow_number number) {
  shadow_number *pending = r->releasing;
  uint32_t count = 0;
  pending[count++] = number;
  while (count > 0) {
    number = pending[--count];
    struct shadow_object *object = run_object(r, number);
    if (object->state == SHADOW_RECLAIMED) continue;
    ht_ref address = shadow_address(object);
    uint32_t left = object->filled;
    for (const shadow_number *field = &r->shadow->fields[object->fields]; left > 0; field++) {
      left -= *field != 0;
      if (*field && --run_object(r, *field)->held == 0) pending[count++] = *field;
    }
    size_t at = stamp_compare(&r->shadow->shapes[object->type], address, object->bytes, object->bytes,
                              object->pattern);
    HOLDS(r, HT_GEN_3, at == SIZE_MAX,
          "object %u of %zu bytes at %p changed at byte %zu before it was released", number, object->bytes,
          address, at);
    for (; object->pins; object->pins--) r->table->unpin(run_handle(r), address);
    r->crossed |= object->carrier != r->mutators[r->running].carrier;
    run_reclaimed(r, number);
    r->table->release(run_handle(r), address);
  }
}

void run_drop(struct ht_runner *r, shadow_number number) {
  if (!number || --run_object(r, number)->held > 0) return;
  const struct shadow_object *object = run_object(r, number);
  if (!r->releases) {
    r->crossed |= object->carrier != r->mutators[r->running].carrier;
    return;
  }
  // What a finalizer is still to be run for is not the mutator's to release.
  if (object->state == SHADOW_ALIVE && object->finalizer == SHADOW_NO_FINALIZER && object->weaks == 0)
    release(r, number);
}

void run_release_unreached(struct ht_runner *r) {
  if (!r->releases || r->table->capabilities & HT_COLLECTS) return;
  for (shadow_number n = 1; n <= r->shadow->count; n++) {
    struct shadow_object *object = run_object(r, n);
    if (object->mark == r->shadow->trace || object->state != SHADOW_ALIVE) continue;
    release(r, n);
  }
}

static unsigned alignment_log(const struct ht_runner *r, unsigned type, size_t bytes, size_t asked) {
  size_t alignment = r->table->minimum_alignment;
  if (bytes && bytes % r->table->natural_alignment == 0 && alignment < r->table->natural_alignment)
    alignment = r->table->natural_alignment;
  if (ht_program_types[type].references && alignment < HT_WORD) alignment = HT_WORD;
  if (alignment < asked) alignment = asked;
  return (unsigned)__builtin_ctzll(alignment);
}

// One more object is alive, or one of another size in place of a smaller.
static void grow(struct ht_runner *r, size_t bytes) {
  r->allocated += bytes;
  r->work.alive += bytes;
  r->live.bytes += bytes;
  r->live.objects++;
  if (r->peak.bytes < r->live.bytes) r->peak.bytes = r->live.bytes;
  if (r->peak.objects < r->live.objects) r->peak.objects = r->live.objects;
}

static void compare_usable(struct ht_runner *r, shadow_number number, ht_ref value) {
  size_t usable = r->table->usable_size(r->heap, value), bytes = run_object(r, number)->bytes;
  HOLDS(r, HT_GEN_8, usable >= bytes, "object %u of %zu bytes has a usable size of %zu", number, bytes,
        usable);
}

bool run_alloc(struct ht_runner *r, uint32_t slot, unsigned type, size_t count, size_t alignment,
               bool zeroed) {
  size_t bytes = ht_type_bytes(&ht_program_types[type], count);
  if (!run_affords(r, bytes)) return false;
  if (alignment > r->table->maximum_alignment) alignment = r->table->maximum_alignment;
  shadow_number number = shadow_add(r->shadow, type, count);
  if (!number) return false;
  struct shadow_object *object = run_object(r, number);
  object->alignment = (uint8_t)alignment_log(r, type, bytes, alignment);
  object->zeroed = zeroed;
  object->carrier = (uint8_t)r->mutators[r->running].carrier;
  object->held = 1;

  shadow_number *shadow_slot = &r->shadow->mutators[r->running].slots[slot];
  shadow_number old = *shadow_slot;
  *shadow_slot = number;
  ht_ref *real = run_slot(r, r->running, slot), before = *real;
  bool done =
      r->table->alloc(run_handle(r), real, &ht_program_types[type], count, alignment, zeroed ? HT_ZEROED : 0);
  run_safepoint(r);
  if (!done) {
    run_refused(r, "alloc");
    object->state = SHADOW_RECLAIMED;
    if (*shadow_slot == number) {
      *shadow_slot = old;
      HOLDS(r, HT_GEN_11, r->moves || *real == before, "a failed alloc changed slot %u from %p to %p", slot,
            before, *real);
      run_look(r, slot);
    }
    return true;
  }
  r->counts.evaluations[HT_GEN_11]++;
  if (bytes == 0)
    HOLDS(r, HT_GEN_5, *shadow_slot != number || *real != NULL, "object %u of size 0 is NULL", number);
  r->made++;
  grow(r, bytes);
  if (*shadow_slot == number) run_look(r, slot);
  run_drop(r, old);
  if (r->table->usable_size && *shadow_slot == number) compare_usable(r, number, *real);
  return true;
}

bool run_resize(struct ht_runner *r, uint32_t slot, size_t count, bool zeroed) {
  shadow_number number = run_look(r, slot);
  if (!number || !(r->table->capabilities & HT_RESIZES)) return false;
  struct shadow_object *object = run_object(r, number);
  const struct stamp_shape *shape = &r->shadow->shapes[object->type];
  size_t bytes = ht_type_bytes(shape->type, count), old_bytes = object->bytes;
  if (shape->type->references || object->held != 1 || object->weaks || object->pins ||
      object->finalizer != SHADOW_NO_FINALIZER || !run_affords(r, bytes))
    return false;
  run_compare_object(r, number, HT_GEN_3);
  ht_ref *real = run_slot(r, r->running, slot), before = *real;
  if (!r->moves) shadow_range_remove(r->shadow, number);
  // While the heap resizes it, the object is nobody's to look at.
  object->state = SHADOW_FRESH;
  bool done =
      r->table->resize(run_handle(r), real, shape->type, object->count, count, zeroed ? HT_ZEROED : 0);
  run_safepoint(r);
  ht_ref value = *real;
  HOLDS(r, HT_GEN_8, value != NULL, "resize of object %u from %zu to %zu bytes gave NULL", number, old_bytes,
        bytes);
  if (!done) {
    run_refused(r, "resize");
    HOLDS(r, HT_GEN_8, r->moves || value == before, "a failed resize moved object %u from %p to %p", number,
          before, value);
  } else {
    r->resized++;
    object->bytes = bytes;
    object->count = count;
    object->alignment = (uint8_t)alignment_log(r, object->type, bytes, 0);
    grow(r, bytes);
  }
  size_t kept = old_bytes < object->bytes ? old_bytes : object->bytes;
  if (r->hooked && object->bytes)
    HOLDS(r, HT_GEN_8, ht_metered_holds(r->metered, value, object->bytes),
          "object %u is resized to %p, which is not "
          "memory of the heap",
          number, value);
  size_t at = stamp_compare(shape, value, old_bytes, kept, object->pattern);
  HOLDS(r, HT_GEN_8, at == SIZE_MAX, "resize of object %u from %zu to %zu bytes changed byte %zu", number,
        old_bytes, object->bytes, at);
  // The bytes that came new, as many as a page.
  size_t fresh = object->bytes - kept < HT_PAGE_SIZE ? object->bytes - kept : HT_PAGE_SIZE;
  for (size_t i = kept; zeroed && i < kept + fresh; i++)
    HOLDS(r, HT_GEN_4, ((const char *)value)[i] == 0, "resize of object %u left byte %zu of %zu not zero",
          number, i, object->bytes);
  object->zeroed = false;
  run_look(r, slot);
  if (done && r->table->usable_size) compare_usable(r, number, value);
  return true;
}
