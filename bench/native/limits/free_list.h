// The workloads by hand compiled against this are the limit of a free list: objects of one size, linked
// through themselves, everything inlined. A thread's objects are all of one size and never leave it, so there
// is nothing to look up and nothing to lock; what is taken from the system is never given back.
#include <stddef.h>
#include <sys/mman.h>

struct free_object {
  struct free_object *next;
};

// These programs are no libraries: the variable is one instruction away.
static __attribute__((tls_model("local-exec"))) _Thread_local struct free_object *free_objects;

// Cuts a chunk into objects, the lowest first. False: no memory.
static __attribute__((noinline, unused)) _Bool free_list_refill(size_t bytes) {
  enum { CHUNK = 1 << 20 };
  char *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (chunk == MAP_FAILED) return 0;
  struct free_object **link = &free_objects;
  for (size_t at = 0; at + bytes <= CHUNK; at += bytes) {
    struct free_object *object = (struct free_object *)(chunk + at);
    *link = object;
    link = &object->next;
  }
  *link = NULL;
  return 1;
}

static inline void *hand_alloc(size_t bytes) {
  if (__builtin_expect(!free_objects, 0) && !free_list_refill(bytes)) return NULL;
  struct free_object *object = free_objects;
  free_objects = object->next;
  return object;
}

static inline void hand_free(void *pointer) {
  struct free_object *object = pointer;
  object->next = free_objects;
  free_objects = object;
}
