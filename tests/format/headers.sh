#!/usr/bin/env bash
# A public header needs nothing before it, and strict C11 with all warnings takes it, with gcc and with clang.
#
#   headers.sh INCLUDE
#
# Exit: 0 all do, 1 one does not, 2 usage, 77 no compiler.
set -euo pipefail
[ $# = 1 ] || { echo "usage: headers.sh INCLUDE" >&2; exit 2; }
include=$1

compilers=()
for compiler in gcc clang-19; do
  ! command -v "$compiler" >/dev/null || compilers+=("$compiler")
done
[ "${#compilers[@]}" -gt 0 ] || exit 77

compiles() { # compiles COMPILER HEADER
  printf '#include <%s>\n#include <%s>\nint nothing;\n' "$2" "$2" |
    "$1" -x c -std=c11 -Wall -Wextra -Wshadow -Werror -I"$include" -I"$scratch" -fsyntax-only -
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'static size_t needs_another_header;' >"$scratch/needy.h"
count=0 status=0
for compiler in "${compilers[@]}"; do
  ! compiles "$compiler" needy.h 2>/dev/null || { echo "headers.sh: $compiler takes a header that needs another" >&2; exit 1; }
  for header in "$include"/heaptrial/*.h; do
    compiles "$compiler" "heaptrial/$(basename "$header")" || status=1
    count=$((count + 1))
  done
done
[ "$count" -gt 0 ] || { echo "headers.sh: no headers in $include/heaptrial" >&2; exit 1; }
exit "$status"
