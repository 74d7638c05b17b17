#!/usr/bin/env bash
# A heap takes memory, threads, locks, parking, time and the pause from allocators/base and from nowhere else, and it
# keeps no writable global and no thread-local variable: only so can a simulated world stand behind base's headers.
#
#   world.sh ROOT OBJECTS   checks the heaps' sources under ROOT, and their object files, listed one a line in OBJECTS
#   world.sh --self-test    plants every kind of violation and demands that it is found
#
# Heaps are what lies in allocators/, but for base/ and peers/, and in tests/heaps/. Programs that test a heap
# (*_test.c) are none. Exit: 0 clean, 1 a violation, 2 usage, 3 no objects to look at, 77 no heaps yet.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
compiler=${CC:-cc}

# What is forbidden in a source: a Perl expression, a tab, where to take it from instead. Names follow no `.`, `->` or
# letter, so that heap->free(...) and bump_free(...) are fine.
forbidden_code=$(cat <<'TABLE'
\bpthread_\w+|\b(thrd|mtx|cnd|tss)_\w+|<(pthread|threads|semaphore)\.h>	base/thread.h, base/mutex.h or base/park.h
(?<![\w.>])(mmap(64)?|munmap|mprotect|madvise|mremap|mincore|s?brk)\s*\(|<sys/mman\.h>	base/memory.h
\bfutex\w*|\bSYS_\w+|(?<![\w.>])syscall\s*\(	base/park.h or base/mutex.h
\b(clock_gettime|gettimeofday|nanosleep|clock_nanosleep|usleep)\b	base/clock.h or base/park.h
\bsched_yield\b|\b_mm_pause\b|\b__builtin_ia32_pause\b|\b__asm__\b|\basm\b	base/pause.h
\b(_Thread_local|__thread|thread_local)\b	the heap's or the mutator's structure
(?<![\w.>])(malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|memalign|strdup)\s*\(	the heap's struct ht_memory
\bstatic\b(?!.*\b(const|inline)\b)[^()]*[;=]	the heap's structure (a writable global)
TABLE
)

# What no object of a heap may need from outside.
forbidden_symbols='^(pthread_.*|thrd_.*|mtx_.*|cnd_.*|tss_.*|sem_.*|mmap(64)?|munmap|mprotect|madvise|mremap|mincore|s?brk|syscall|clock_gettime|gettimeofday|nanosleep|clock_nanosleep|usleep|sched_yield|malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|memalign|strdup|__tls_get_addr|__emutls.*)$'

# What sanitizers and coverage add to an object for themselves.
added_by_compiler='^(\.L|__asan|___asan|__odr_asan|__tsan|__ubsan|__sancov|___sancov|asan\.|__llvm|__prof|__gcov|__covrec|\.data|\.bss|\.tdata|\.tbss|\.tm_clone)'

heap_sources() {
  local root=$1 folder
  for folder in "$root/allocators" "$root/tests/heaps"; do
    [ -d "$folder" ] || continue
    find "$folder" \( -path "$root/allocators/base" -o -path "$root/allocators/peers" \) -prune -o \
      -type f \( -name '*.[ch]' -o -name '*.inc' \) ! -name '*_test.c' -print
  done
}

# Prints the violations in the sources of ROOT.
check_sources() {
  local root=$1 files
  mapfile -t files < <(heap_sources "$root")
  [ ${#files[@]} -gt 0 ] || return 0
  perl "$here/strip.pl" "${files[@]}" | FORBIDDEN=$forbidden_code ROOT=$root perl -ne '
    BEGIN { @rules = map { [split /\t/] } split /\n/, $ENV{FORBIDDEN} }
    /^(.*?):(\d+):(.*)$/ or next;
    my ($path, $line, $code) = ($1, $2, $3);
    $path =~ s/^\Q$ENV{ROOT}\E\/?//;
    for my $rule (@rules) {
      $code =~ /$rule->[0]/ and $what = $& and $what =~ s/^\s+|\s+$//g,
        print "$path:$line: `$what`: take it from $rule->[1]\n";
    }'
}

# Prints the violations in the object files or static libraries given.
check_objects() {
  local object
  for object in "$@"; do
    # Columns: address, flags, section, size, name. Constant tables of addresses lie in .data.rel.ro: written by the
    # linker, never by the heap.
    objdump -t "$object" | OBJECT=$object SYMBOLS=$forbidden_symbols ADDED=$added_by_compiler perl -ne '
      /^[0-9a-f]+ (.{7}) (\S+)\t[0-9a-f]+ +(?:\.(?:hidden|protected|internal) )?(\S+)$/ or next;
      my ($flags, $section, $name) = ($1, $2, $3);
      next if $name =~ /$ENV{ADDED}/;
      if ($section eq "*UND*") {
        print "$ENV{OBJECT}: needs `$name` from outside: take it from allocators/base\n" if $name =~ /$ENV{SYMBOLS}/;
      } elsif ($section =~ /^(\.data|\.bss|\.ldata|\.lbss|\*COM\*|COMMON)/ && $section !~ /^\.data\.rel\.ro/) {
        print "$ENV{OBJECT}: writable global `$name`: keep it in the heap\n";
      } elsif ($section =~ /^\.(tdata|tbss)/) {
        print "$ENV{OBJECT}: thread-local variable `$name`: keep it in the mutator\n";
      }'
  done
}

check() {
  local root=$1 list=$2 objects object found
  if [ -z "$(heap_sources "$root")" ]; then
    echo "world.sh: no heaps under $root yet"
    return 77
  fi
  [ -r "$list" ] || { echo "world.sh: cannot read the list of objects $list: configure the build again" >&2; return 3; }
  mapfile -t objects < <(grep . "$list" || true)
  [ ${#objects[@]} -gt 0 ] || { echo "world.sh: there are heaps, but the build knows no objects of them" >&2; return 3; }
  for object in "${objects[@]}"; do
    [ -r "$object" ] || { echo "world.sh: $object does not exist: build all heaps first" >&2; return 3; }
  done
  found=$(check_sources "$root"; check_objects "${objects[@]}")
  [ -z "$found" ] || { printf '%s\n' "$found" >&2; return 1; }
  echo "world.sh: $(heap_sources "$root" | wc -l) sources and ${#objects[@]} objects are clean"
}

# The self-test.

fail() {
  echo "world.sh: $1" >&2
  exit 1
}

# A heap without fault that mentions all that is forbidden where it does no harm.
write_clean_heap() {
  cat <<'CODE'
#include <stddef.h>
// Not found: pthread_create, mmap(...), malloc(3), static int counter;
/* Nor across lines: clock_gettime
   static int counter; thread_local int other; free(p) */
struct table { const char *name; void (*free)(void *); int (*mmap)(void); };
static void heap_free(void *p) { (void)p; }
static int heap_mmap(void) { return '"' + '\''; }
static const struct table table = {"malloc( pthread_ \" mmap( static int x;", heap_free, heap_mmap};
static const char *const names[] = {"futex", "__thread"};
static inline int helper(int x) { return x; }
int heap_try(const struct table *other, int i);
int heap_try(const struct table *other, int i) {
  static const int sizes[] = {8, 16};
  other->free((void *)names[i]);
  table.free(NULL);
  return other->mmap() + helper(sizes[i]);
}
CODE
}

self_test() {
  local scratch count=0 plant place object
  scratch=$(mktemp -d)
  trap "rm -rf '$scratch'" EXIT
  mkdir -p "$scratch"/{root,clean}/{allocators/{base,peers,go},tests/heaps}

  write_clean_heap >"$scratch/clean/allocators/go/heap.c"
  echo 'static int fine;  void *p = mmap(0);' >"$scratch/clean/allocators/base/real.c"
  echo 'static int fine;  void *p = malloc(1);' >"$scratch/clean/allocators/peers/peer.c"
  echo 'static int fine;  void *p = malloc(1);' >"$scratch/clean/tests/heaps/heap_test.c"
  [ "$(heap_sources "$scratch/clean" | wc -l)" = 1 ] || fail "the clean tree has one heap source, and others were taken for one"
  [ -z "$(check_sources "$scratch/clean")" ] || fail "a clean source is called unclean: $(check_sources "$scratch/clean")"
  object=$scratch/heap.o
  "$compiler" -O1 -fPIC -c -o "$object" "$scratch/clean/allocators/go/heap.c"
  [ -z "$(check_objects "$object")" ] || fail "a clean object is called unclean: $(check_objects "$object")"
  echo "$object" >"$scratch/list"
  check "$scratch/clean" "$scratch/list" >"$scratch/said" || fail "a clean tree is not let through"
  status_is 3 "$scratch/clean" "$scratch/missing"
  : >"$scratch/empty"
  status_is 3 "$scratch/clean" "$scratch/empty"
  echo "$scratch/missing.o" >"$scratch/unbuilt"
  status_is 3 "$scratch/clean" "$scratch/unbuilt"
  status_is 77 "$scratch/root" "$scratch/list"

  # Each plant alone, in a source of a heap, in a header of one, in a test heap.
  while IFS= read -r plant; do
    for place in allocators/go/heap.c allocators/go/deep/heap_inline.h tests/heaps/moving.c; do
      mkdir -p "$(dirname "$scratch/root/$place")"
      { write_clean_heap; printf '%s\n' "$plant"; } >"$scratch/root/$place"
      check_sources "$scratch/root" | grep -q "^$place:" || fail "not found in $place: $plant"
      status_is 1 "$scratch/root" "$scratch/list"
      rm "$scratch/root/$place"
    done
    count=$((count + 1))
  done <<'PLANTS'
#include <pthread.h>
static void *f(void) { return pthread_self(); }
static void f(void) { mtx_lock(0); }
static void *f(void) { return mmap(0, 1, 0, 0, 0, 0); }
static void f(void *p) { munmap(p, 1); }
static void f(void *p) { /* why */ mprotect (p, 1, 0); }
static void f(void *p) { madvise(p, 1, 0); }
static void f(int *p) { syscall(202, p); }
enum { wait = SYS_futex };
static void f(int *p) { futex_wait(p); }
static void f(void) { clock_gettime(1, 0); }
static void f(void) { usleep(1); }
static void f(void) { __builtin_ia32_pause(); }
static void f(void) { __asm__ volatile("pause"); }
static _Thread_local int mine;
static __thread int mine;
extern thread_local int mine;
static void *f(void) { return malloc(8); }
static void *f(void) { return calloc (1, 8); }
static void f(void *p) { free(p); }
static void *f(void *p) { return realloc(p, 8); }
static int counter;
static unsigned long counter = 1;
static struct { int a; } state;
int f(void) { static int calls; return ++calls; }
  static char buffer[16];
PLANTS

  # What the compiler makes of it: the object is the witness where the source is not plain to read.
  while IFS= read -r plant; do
    { write_clean_heap; printf '%s\n' "$plant"; } >"$scratch/plant.c"
    "$compiler" -O1 -fPIC -w -c -o "$scratch/plant.o" "$scratch/plant.c"
    [ -n "$(check_objects "$scratch/plant.o")" ] || fail "not found in the object: $plant"
    rm -f "$scratch/plant.a"
    ar rc "$scratch/plant.a" "$object" "$scratch/plant.o"
    [ -n "$(check_objects "$scratch/plant.a")" ] || fail "not found in the library: $plant"
    echo "$scratch/plant.o" >"$scratch/planted"
    status_is 1 "$scratch/clean" "$scratch/planted"
    count=$((count + 1))
  done <<'PLANTS'
int counter;
int counter = 1;
__attribute__((common)) int counter;
const char *name = "x";
struct { int a; } state = {1};
int *f(void); int *f(void) { static int calls; return &calls; }
_Thread_local int mine; int f(void) { return mine; }
_Thread_local int mine = 1; int f(void) { return mine; }
extern _Thread_local int theirs; int f(void) { return theirs; }
void *mmap(void *, unsigned long, int, int, int, long); void *f(void) { return mmap(0, 1, 0, 0, 0, 0); }
int munmap(void *, unsigned long); int f(void *p) { return munmap(p, 1); }
int mprotect(void *, unsigned long, int); int f(void *p) { return mprotect(p, 1, 0); }
int madvise(void *, unsigned long, int); int f(void *p) { return madvise(p, 1, 0); }
long syscall(long, ...); long f(void) { return syscall(1); }
unsigned long pthread_self(void); unsigned long f(void) { return pthread_self(); }
int clock_gettime(int, void *); int f(void *p) { return clock_gettime(1, p); }
void *malloc(unsigned long); void *f(void) { return malloc(8); }
void *calloc(unsigned long, unsigned long); void *f(void) { return calloc(8, 1); }
void free(void *); void f(void *p) { free(p); }
PLANTS
  echo "world.sh: $count planted violations were found"
}

# Demands the exit status $1 of check $2 $3.
status_is() {
  local status=0
  (check "$2" "$3") >/dev/null 2>&1 || status=$?
  [ "$status" = "$1" ] || fail "the check of $2 with $3 answers $status, not $1"
}

case ${1-} in
--self-test)
  self_test
  ;;
'' | -*)
  echo "usage: world.sh ROOT OBJECTS | --self-test" >&2
  exit 2
  ;;
*)
  [ $# -eq 2 ] || { echo "usage: world.sh ROOT OBJECTS | --self-test" >&2; exit 2; }
  check "$1" "$2"
  ;;
esac
