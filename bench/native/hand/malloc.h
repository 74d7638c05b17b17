// What workloads by hand are compiled against: malloc, as it is.
#include <stdlib.h>

static inline void *hand_alloc(size_t bytes) {
  return malloc(bytes);
}

static inline void hand_free(void *object) {
  free(object);
}
