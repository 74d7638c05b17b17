#include "bench/test/broken_inline.h"

// The table of the malloc heap, made of the functions above.
#include "allocators/peers/malloc/malloc.c"
