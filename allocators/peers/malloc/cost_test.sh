#!/usr/bin/env bash
# Instructions of a ring of blocks through the heap's inline functions, against the same ring by hand, for
# each malloc that is installed: cost_test.sh <cost_program>. Fails above 3 % more.
set -euo pipefail
built=$1
limit=103
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }
if nm "$built" | grep '__[at]san_init' >/dev/null; then echo "a sanitizer serves malloc"; exit 77; fi
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
# Older valgrinds cannot read what newer compilers write for debuggers, and need only the functions' names.
program=$directory/program
strip --strip-debug -o "$program" "$built"

# Prints the instructions of the loop <way> <size> on <library>; "" is the C library's malloc.
count() {
  local log=$directory/log
  LD_PRELOAD=$3 valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="counted_$1_$2" \
    "$program" "$2" "$1" >"$directory/provider" 2>"$log" || { cat "$log" >&2; return 1; }
  grep -q "${3:-/libc.so}" <(readlink -f "$(cat "$directory/provider")"; cat "$directory/provider") ||
    { echo "malloc came from $(cat "$directory/provider"), not from ${3:-libc}" >&2; return 1; }
  sed -n 's/.*Collected : //p' "$log"
}

status=0
printf '%-28s %5s %10s %10s %8s\n' library bytes heap hand percent
for library in '' libmimalloc.so.2 libjemalloc.so.2 libtcmalloc_minimal.so.4; do
  path=
  if [ -n "$library" ]; then
    path=$(ldconfig -p | sed -n "s|.*x86-64) => \(.*/$library\)\$|\1|p" | head -n 1)
    [ -n "$path" ] || { echo "$library is not installed"; continue; }
  fi
  for size in 16 64 256; do
    heap=$(count heap $size "$path")
    hand=$(count hand $size "$path")
    percent=$(awk "BEGIN { printf \"%.2f\", 100 * $heap / $hand }")
    printf '%-28s %5d %10d %10d %8s\n' "${library:-libc}" $size "$heap" "$hand" "$percent"
    awk "BEGIN { exit !($percent > $limit) }" && status=1
  done
done
exit $status
