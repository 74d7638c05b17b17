#!/usr/bin/env bash
# The simulated world costs the real one nothing: a heap's source says the same in both, and what the real build makes of
# it needs nothing of the simulated one.
#
#   no_cost.sh COMPILER ROOT OBJECTS SOURCE...   OBJECTS: a file with the paths of the heaps' objects, one a line
#   no_cost.sh --self-test COMPILER              plants both kinds of violation and demands that they are found
#
# Exit: 0 nothing, 1 a violation, 2 usage, 3 nothing to look at.
set -euo pipefail

# Both texts, as the compiler sees them, before it instruments one.
differs() { # differs COMPILER ROOT SOURCE
  local flags=(-std=gnu11 -D_GNU_SOURCE -I "$2" -I "$2/include" -I "$2/allocators" -E -P)
  ! cmp -s <("$1" "${flags[@]}" "$3") <("$1" "${flags[@]}" -fsanitize=thread "$3")
}
needs() { nm -u "$1" | grep -E ' (__tsan_|simulated_|world_)'; }

check() { # check COMPILER ROOT OBJECTS SOURCE...
  local compiler=$1 root=$2 code=0 objects object source
  mapfile -t objects < <(grep . "$3")
  shift 3
  [ ${#objects[@]} -gt 0 ] && [ $# -gt 0 ] || { echo "no_cost.sh: no heaps" >&2; return 3; }
  for source; do
    ! differs "$compiler" "$root" "$source" || { echo "$source: differs where it is compiled for the simulated world"; code=1; }
  done
  for object in "${objects[@]}"; do
    ! needs "$object" || { echo "$object: needs the simulated world"; code=1; }
  done
  [ $code != 0 ] || echo "no_cost.sh: $# sources are the same in both worlds, ${#objects[@]} objects know one"
  return $code
}

self_test() {
  local compiler=$1 scratch
  scratch=$(mktemp -d)
  trap "rm -rf '$scratch'" EXIT
  printf '#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)\nint slow;\n#endif\nint heap(void) { return 0; }\n' \
    >"$scratch/two.c"
  printf 'int heap(int *p) { return *p; }\n' >"$scratch/one.c"
  [[ $("$compiler" --version) == *clang* ]] || sed -i 's/ || __has_feature.*//' "$scratch/two.c"
  "$compiler" -c -O2 "$scratch/one.c" -o "$scratch/plain.o"
  "$compiler" -c -O2 -fsanitize=thread "$scratch/one.c" -o "$scratch/instrumented.o"
  echo "$scratch/plain.o" >"$scratch/plain"
  echo "$scratch/instrumented.o" >"$scratch/instrumented"
  check "$compiler" "$scratch" "$scratch/plain" "$scratch/one.c" >"$scratch/said" || { echo "a clean heap is called unclean"; return 1; }
  ! check "$compiler" "$scratch" "$scratch/plain" "$scratch/two.c" >"$scratch/said" || { echo "two texts are not found"; return 1; }
  ! check "$compiler" "$scratch" "$scratch/instrumented" "$scratch/one.c" >"$scratch/said" || { echo "an instrumented object is not found"; return 1; }
  : >"$scratch/none"
  local code=0
  check "$compiler" "$scratch" "$scratch/none" "$scratch/one.c" 2>"$scratch/said" || code=$?
  [ $code = 3 ] || { echo "no objects are answered by $code, not 3"; return 1; }
}

case ${1:-} in
--self-test) self_test "$2" ;;
*) [ $# -gt 3 ] || exit 2; check "$@" ;;
esac
