// What the heap gave, held against the shadow.
#include "fuzz/runner/runner_internal.h"

// Folds an address into the run's record: which reservation it lies in, of those that objects lie in, and
// where. What a heap reserves for itself may depend on addresses: a table by address grows with what it
// spans.
static void record(struct ht_runner *r, ht_ref value) {
  uintptr_t address = (uintptr_t)value;
  uint64_t place = UINT64_MAX;
  for (uint32_t i = 0; i < r->reservation_count; i++) {
    struct run_reservation *reservation = &r->reservations[i];
    if (address - reservation->address >= reservation->bytes) continue;
    if (!reservation->number) reservation->number = ++r->reservations_used;
    place = (uint64_t)reservation->number << 48 | (address - reservation->address);
  }
  r->address_fold = (r->address_fold ^ place) * 0x9e3779b97f4a7c15u;
}

// Whether an object may be gone: what nothing holds may, of all others only a trace can say. What one trace
// does not reach stays so: a program that makes and loses many objects is traced now and then, not for each.
static bool is_lost(struct ht_runner *r, const struct shadow_object *object) {
  if (object->lost || (object->held == 0 && object->finalizer != SHADOW_ARMED)) return true;
  shadow_trace(r->shadow, true);
  for (shadow_number n = 1; n <= r->shadow->count; n++)
    run_object(r, n)->lost |= run_object(r, n)->mark != r->shadow->trace;
  return object->lost;
}

// A new object's first sight: where it lies and what it holds before anyone wrote to it.
static void bind_fresh(struct ht_runner *r, shadow_number number, struct shadow_object *object,
                       ht_ref value) {
  const struct stamp_shape *shape = &r->shadow->shapes[object->type];
  if (object->zeroed || shape->type->references) {
    size_t at = stamp_nonzero(shape, value, object->bytes, object->zeroed);
    HOLDS(r, HT_GEN_4, at == SIZE_MAX, "new object %u of %zu bytes at %p is not %s at byte %zu", number,
          object->bytes, value, object->zeroed ? "zero" : "NULL", at);
  }
  if (!r->moves && (object->bytes > 0 || !(r->table->capabilities & HT_SHARES_EMPTY))) {
    shadow_number other;
    while ((other = shadow_range_add(r->shadow, number))) {
      struct shadow_object *taken = run_object(r, other);
      bool apart = r->table->capabilities & HT_COLLECTS && is_lost(r, taken);
      // Of a heap that collects, the other may have been reclaimed too early: then neither holds.
      if (r->table->capabilities & HT_COLLECTS)
        HOLDS(r, HT_LIVE_1, apart,
              "new object %u of %zu bytes at %p overlaps live object %u of %zu bytes at %p", number,
              object->bytes, value, other, taken->bytes, shadow_address(taken));
      HOLDS(r, HT_GEN_1, apart, "new object %u of %zu bytes at %p overlaps live object %u of %zu bytes at %p",
            number, object->bytes, value, other, taken->bytes, shadow_address(taken));
      run_reclaimed(r, other);
    }
    r->counts.evaluations[HT_GEN_1]++;
  }
  stamp_write(shape, value, object->bytes, object->pattern);
  object->state = SHADOW_ALIVE;
  if (r->recording) record(r, value);
}

void run_bind(struct ht_runner *r, shadow_number number, ht_ref value) {
  struct shadow_object *object = run_object(r, number);
  bool fresh = object->state == SHADOW_FRESH;
  HOLDS(r, fresh ? HT_GEN_11 : HT_REF_1, value != NULL, "object %u of %zu bytes is %s", number, object->bytes,
        fresh ? "said to be allocated, but its reference is NULL" : "referred to by NULL");
  if (!value) return;
  HOLDS(r, HT_LIVE_1, object->state != SHADOW_RECLAIMED, "object %u at %p is referred to, but was reclaimed",
        number, value);
  HOLDS(r, HT_GEN_2, ((uintptr_t)value & (((size_t)1 << object->alignment) - 1)) == 0,
        "object %u of %zu bytes lies at %p, not at a multiple of %zu", number, object->bytes, value,
        (size_t)1 << object->alignment);
  if (r->hooked && object->bytes)
    HOLDS(r, fresh ? HT_GEN_7 : HT_REF_1, ht_metered_holds(r->metered, value, object->bytes),
          "object %u of %zu bytes is said to be at %p, which is not memory of the heap", number,
          object->bytes, value);
  if (!fresh) {
    if (object->pins)
      HOLDS(r, HT_MOVE_1, value == shadow_address(object), "pinned object %u moved from %p to %p", number,
            shadow_address(object), value);
    HOLDS(r, HT_REF_1,
          stamp_identify(&r->shadow->shapes[object->type], value, object->bytes, object->pattern),
          "%p should be object %u, but the object there is another", value, number);
  }
  object->hidden = ~(uintptr_t)value;
  object->epoch = r->shadow->epoch;
  if (fresh) bind_fresh(r, number, object, value);
}

shadow_number run_look(struct ht_runner *r, uint32_t slot) {
  shadow_number number = r->shadow->mutators[r->running].slots[slot];
  run_observe(r, number, *run_slot(r, r->running, slot), "slot", slot);
  return number;
}

// Whether any of `elements` elements from the address on holds a reference that is not NULL.
static bool any_reference(const struct stamp_shape *shape, const ht_ref *address, size_t elements) {
  const uintptr_t *words = (const uintptr_t *)address;
  uintptr_t any = 0;
  if (shape->words == 1) {
    for (size_t e = 0; e < elements; e++) any |= words[e];
    return any;
  }
  const size_t step = shape->words, end = elements * step;
  for (size_t i = 0; i < shape->type->references; i++)
    for (size_t w = shape->references[i]; w < end; w += step) any |= words[w];
  return any;
}

// Most objects are small and refer to nothing: whether that is so shows at one glance over all their fields.
static bool refers_to_nothing(struct ht_runner *r, const struct shadow_object *object,
                              const ht_ref *address) {
  const struct stamp_shape *shape = &r->shadow->shapes[object->type];
  if (object->filled || object->tracked == SHADOW_TRACKED || any_reference(shape, address, object->count))
    return false;
  r->counts.evaluations[HT_REF_1] += object->tracked;
  return true;
}

// Fields [k, end), the first of which is the nth reference word of the object.
static void observe_run(struct ht_runner *r, const struct shadow_object *object, const ht_ref *address,
                        uint32_t k, uint32_t end, size_t nth) {
  const struct stamp_shape *shape = &r->shadow->shapes[object->type];
  size_t per = shape->type->references, i = nth % per;
  address += nth / per * shape->words;
  for (; k < end; k++) {
    run_observe(r, r->shadow->fields[object->fields + k],
                __atomic_load_n(address + shape->references[i], __ATOMIC_RELAXED), "field", k);
    if (++i < per) continue;
    i = 0;
    address += shape->words;
  }
}

static void observe_fields(struct ht_runner *r, const struct shadow_object *object, const ht_ref *address) {
  uint32_t tracked = object->tracked, half = tracked < SHADOW_TRACKED / 2 ? tracked : SHADOW_TRACKED / 2;
  observe_run(r, object, address, 0, half, 0);
  size_t references = r->shadow->shapes[object->type].type->references * object->count;
  observe_run(r, object, address, half, tracked, references - (tracked - half));
}

void run_compare_object(struct ht_runner *r, shadow_number number, enum ht_invariant contents) {
  struct shadow_object *object = run_object(r, number);
  const struct stamp_shape *shape = &r->shadow->shapes[object->type];
  ht_ref address = shadow_address(object);
  size_t at = stamp_compare(shape, address, object->bytes, object->bytes, object->pattern);
  HOLDS(r, contents, at == SIZE_MAX, "object %u (%s x %zu) at %p changed at byte %zu", number,
        shape->type->name, object->count, address, at);
  if (object->tracked && !refers_to_nothing(r, object, address)) observe_fields(r, object, address);
  // The words between the tracked ones were never written: one of so many is looked at.
  size_t references = shape->type->references * object->count;
  for (size_t nth = SHADOW_TRACKED / 2; nth + SHADOW_TRACKED / 2 < references; nth += 512) {
    size_t per = shape->type->references;
    ht_ref value = ((ht_ref *)address)[nth / per * shape->words + shape->references[nth % per]];
    HOLDS(r, HT_REF_1, value == NULL, "field %zu of object %u holds %p and was never written", nth, number,
          value);
  }
}
