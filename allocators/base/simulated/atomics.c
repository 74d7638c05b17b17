// What -fsanitize=thread calls in place of atomic operations. Each is a point. x86-64 orders all of them but
// a store before a later load: a store is late unless it is sequentially consistent, and everything that is
// locked makes what is late visible. With stores that overtake one another a release does not.
#include "base/simulated/world.h"

// The orders as the interface numbers them: C11's.
typedef int order;

static inline bool buffered(void) {
  const struct world *w = &simulated_world;
  return w->running && w->options->buffers;
}

// Inlined, so that the address is the instrumented code's.
static inline __attribute__((always_inline)) void at(enum simulated_kind kind, const volatile void *address) {
  if (!simulated_world.running) return;
  WORLD_HERE();
  simulated_point(kind, (const void *)address);
}

static inline bool releases(order o) {
  return o == __ATOMIC_RELEASE || o == __ATOMIC_ACQ_REL || o == __ATOMIC_SEQ_CST;
}

static inline void changed_if(bool changed) {
  if (simulated_world.running && changed) world_changed();
}

// A store that is late is a step of its buffer; making it visible is the point.
static inline bool store_late(const volatile void *address, size_t bytes, order o) {
  if (!buffered() || o == __ATOMIC_SEQ_CST) return false;
  world_check_stack((const void *)address);
  buffer_add((void *)address, bytes, true, releases(o));
  return true;
}

static inline __attribute__((always_inline)) void locked(const volatile void *address) {
  at(SIMULATED_CHANGE, address);
  if (simulated_world.running) buffer_flush();
}

#define CHANGE(bits, type, name, expression)                             \
  type __tsan_atomic##bits##_##name(volatile type *a, type v, order o);  \
  type __tsan_atomic##bits##_##name(volatile type *a, type v, order o) { \
    (void)o;                                                             \
    locked(a);                                                           \
    type old = __atomic_load_n(a, __ATOMIC_RELAXED);                     \
    type made = (type)(expression);                                      \
    __atomic_store_n(a, made, __ATOMIC_RELAXED);                         \
    changed_if(made != old);                                             \
    return old;                                                          \
  }

#define COMPARE(bits, type, strength)                                                                      \
  int __tsan_atomic##bits##_compare_exchange_##strength(volatile type *a, type *expected, type v, order o, \
                                                        order failed);                                     \
  int __tsan_atomic##bits##_compare_exchange_##strength(volatile type *a, type *expected, type v, order o, \
                                                        order failed) {                                    \
    (void)o;                                                                                               \
    (void)failed;                                                                                          \
    locked(a);                                                                                             \
    type old = __atomic_load_n(a, __ATOMIC_RELAXED);                                                       \
    if (old != *expected) {                                                                                \
      *expected = old;                                                                                     \
      return 0;                                                                                            \
    }                                                                                                      \
    __atomic_store_n(a, v, __ATOMIC_RELAXED);                                                              \
    changed_if(v != old);                                                                                  \
    return 1;                                                                                              \
  }

#define ATOMIC(bits, type)                                                                                   \
  type __tsan_atomic##bits##_load(const volatile type *a, order o);                                          \
  type __tsan_atomic##bits##_load(const volatile type *a, order o) {                                         \
    (void)o;                                                                                                 \
    at(SIMULATED_LOAD, a);                                                                                   \
    return __atomic_load_n(a, __ATOMIC_RELAXED);                                                             \
  }                                                                                                          \
  void __tsan_atomic##bits##_store(volatile type *a, type v, order o);                                       \
  void __tsan_atomic##bits##_store(volatile type *a, type v, order o) {                                      \
    if (store_late(a, sizeof v, o)) {                                                                        \
      __atomic_store_n(a, v, __ATOMIC_RELAXED);                                                              \
      return;                                                                                                \
    }                                                                                                        \
    at(SIMULATED_STORE, a);                                                                                  \
    if (buffered()) buffer_flush();                                                                          \
    bool changes = __atomic_load_n(a, __ATOMIC_RELAXED) != v;                                                \
    __atomic_store_n(a, v, __ATOMIC_RELAXED);                                                                \
    changed_if(changes);                                                                                     \
  }                                                                                                          \
  type __tsan_atomic##bits##_compare_exchange_val(volatile type *a, type e, type v, order o, order failed);  \
  type __tsan_atomic##bits##_compare_exchange_val(volatile type *a, type e, type v, order o, order failed) { \
    __tsan_atomic##bits##_compare_exchange_strong(a, &e, v, o, failed);                                      \
    return e;                                                                                                \
  }

#define ALL(bits, type)                      \
  CHANGE(bits, type, exchange, v)            \
  CHANGE(bits, type, fetch_add, old + v)     \
  CHANGE(bits, type, fetch_sub, old - v)     \
  CHANGE(bits, type, fetch_and, old &v)      \
  CHANGE(bits, type, fetch_or, old | v)      \
  CHANGE(bits, type, fetch_xor, old ^ v)     \
  CHANGE(bits, type, fetch_nand, ~(old & v)) \
  COMPARE(bits, type, strong)                \
  COMPARE(bits, type, weak)                  \
  ATOMIC(bits, type)

ALL(8, uint8_t)
ALL(16, uint16_t)
ALL(32, uint32_t)
ALL(64, uint64_t)

void __tsan_atomic_thread_fence(order o);
void __tsan_atomic_thread_fence(order o) {
  struct world *w = &simulated_world;
  if (!w->running) return;
  if (o == __ATOMIC_SEQ_CST) {
    at(SIMULATED_FENCE, NULL);
    buffer_flush();
  } else if (w->options->buffers && releases(o)) {
    buffer_fence();
  }
}
void __tsan_atomic_signal_fence(order o);
void __tsan_atomic_signal_fence(order o) {
  (void)o;
}
