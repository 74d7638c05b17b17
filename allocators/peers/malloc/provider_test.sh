#!/usr/bin/env bash
# Each malloc that is installed, preloaded, is named by the heap and refused under another's name; a preload
# that does not take is found: provider_test.sh <peer_test>.
set -euo pipefail
program=$1
if nm "$program" | grep '__[at]san_init' >/dev/null; then
  # The sanitizer's interceptor comes first, whatever is preloaded.
  if "$program" sizes provider=libc.so; then echo "the sanitizer's malloc passes for libc's"; exit 1; fi
  exit 0
fi

# run <library or ""> <part of a path>: what the program answers; 3: unavailable.
run() {
  LD_PRELOAD=$1 "$program" sizes "provider=$2" 2>/dev/null && echo 0 || echo $?
}

expect() {
  local got
  got=$(run "$1" "$2")
  [ "$got" = "$3" ] || { echo "with ${1:-libc}, provider=$2 gives $got, not $3"; exit 1; }
}

expect '' /libc.so 0
expect /nonexistent/libjemalloc.so.2 libjemalloc 3
for name in libmimalloc libjemalloc libtcmalloc; do
  path=$(ldconfig -p | sed -n "s|.*x86-64) => \(.*/$name[a-z_]*\.so\.[0-9]*\)\$|\1|p" | grep -v debug | head -n 1)
  expect '' $name 3
  [ -n "$path" ] || { echo "$name is not installed"; continue; }
  expect "$path" $name 0
  expect "$path" /libc.so 3
done
