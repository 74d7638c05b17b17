// Fibers: stacks at fixed addresses, and the switch between them.
#include "base/simulated/world.h"

#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#define STACKS ((char *)FIBER_STACKS)
enum { PAGE = 4096 };

_Static_assert(sizeof(void *) == 8, "written for x86-64");

bool fiber_stacks_map(void) {
  void *stacks = mmap(STACKS, FIBER_STACKS_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (stacks != STACKS) return false;
  // A page below each, so that one that grows too deep is trapped.
  for (unsigned f = 0; f < SIMULATED_FIBERS; f++)
    if (mprotect(STACKS + (size_t)f * SIMULATED_STACK_BYTES, PAGE, PROT_NONE) != 0) return false;
  return true;
}

// What a call has to keep (System V ABI, x86-64); the rest its caller has saved.
__asm__(".text\n"
        ".globl fiber_switch\n"
        ".hidden fiber_switch\n"
        ".type fiber_switch, @function\n"
        "fiber_switch:\n"
        "pushq %rbp\n"
        "pushq %rbx\n"
        "pushq %r12\n"
        "pushq %r13\n"
        "pushq %r14\n"
        "pushq %r15\n"
        "movq %rsp, (%rdi)\n"
        "movq %rsi, %rsp\n"
        "popq %r15\n"
        "popq %r14\n"
        "popq %r13\n"
        "popq %r12\n"
        "popq %rbx\n"
        "popq %rbp\n"
        "ret\n"
        ".size fiber_switch, . - fiber_switch");

// A stack whose first switch returns into `entry`, which never returns.
void *fiber_prepare(unsigned fiber, void (*entry)(void)) {
  enum { SAVED = 6 };
  char *bottom = STACKS + (size_t)fiber * SIMULATED_STACK_BYTES + PAGE;
  char *top = STACKS + (size_t)(fiber + 1) * SIMULATED_STACK_BYTES;
#ifdef WITH_ASAN
  // Who was abandoned in the middle of a call has left its frames marked.
  __asan_unpoison_memory_region(bottom, (size_t)(top - bottom));
#else
  (void)bottom;
#endif
  // As after a call: what it returns to lies 8 bytes below an address that is a multiple of 16.
  void **words = (void **)(top - 3 * sizeof *words);
  words[0] = NULL;
  words[-1] = (void *)entry;
  memset(words - 1 - SAVED, 0, SAVED * sizeof *words);
  return words - 1 - SAVED;
}

#ifdef WITH_ASAN
static const void *outside_bottom;
static size_t outside_bytes;
static void *fake_stacks[SIMULATED_FIBERS + 1];
static unsigned leaving = SIMULATED_NOBODY;

void fiber_switch_told(unsigned to) {
  leaving = simulated_world.running ? simulated_world.current : SIMULATED_NOBODY;
  const char *bottom =
      to == SIMULATED_NOBODY ? outside_bottom : STACKS + (size_t)to * SIMULATED_STACK_BYTES + PAGE;
  size_t bytes = to == SIMULATED_NOBODY ? outside_bytes : SIMULATED_STACK_BYTES - PAGE;
  __sanitizer_start_switch_fiber(&fake_stacks[leaving], bottom, bytes);
}

void fiber_switched(void) {
  const void *bottom;
  size_t bytes;
  unsigned here = simulated_world.running ? simulated_world.current : SIMULATED_NOBODY;
  __sanitizer_finish_switch_fiber(fake_stacks[here], &bottom, &bytes);
  fake_stacks[here] = NULL;
  if (leaving == SIMULATED_NOBODY) {
    outside_bottom = bottom;
    outside_bytes = bytes;
  }
}
#else
void fiber_switch_told(unsigned to) {
  (void)to;
}
void fiber_switched(void) {}
#endif
