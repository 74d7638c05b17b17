#!/usr/bin/env bash
# shrunk.sh WRITER REPLAY: drawn programs with schedules run on a planted bug that only schedules show, until one fails;
# it is shrunk, operations and schedule together, and has to fail as before with a few of either.
#
# WRITER leaves drawn programs as files (fuzz/targets/blind.c), REPLAY is the plain driver of the heap with the bug.
# Exit: 0 all of that holds, 1 not.
set -euo pipefail

writer=$1 replay=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/programs"
"$writer" -seed=1 -runs=400 -size_limit=8 -write="$scratch/programs" >/dev/null

failing=
for program in "$scratch"/programs/*; do
  if ! "$replay" "$program" 2>"$scratch/before"; then
    failing=$program
    break
  fi
done
[ -n "$failing" ] || { echo "no drawn program shows the bug" >&2; exit 1; }
"$replay" --shrink "$failing" "$scratch/small"
code=0
"$replay" "$scratch/small" 2>"$scratch/after" || code=$?
[ $code != 0 ] || { echo "the shrunk program does not fail" >&2; exit 1; }
kind() { grep -oE '^(INVARIANT [A-Z0-9-]+|SCHEDULE [a-z]+)' "$1" | head -n 1; }
[ -n "$(kind "$scratch/after")" ] && [ "$(kind "$scratch/before")" = "$(kind "$scratch/after")" ] ||
  { echo "$(kind "$scratch/before") became $(kind "$scratch/after")" >&2; exit 1; }
before=$(stat -c %s "$failing") after=$(stat -c %s "$scratch/small")
echo "$(kind "$scratch/after"): $before bytes became $after"
# A header of 16 bytes, 8 an operation, one a choice: a dozen operations, what it takes to meet, and to come to the cycle
# that a program has after each sixteenth. Shrinking has a bound of time, which a slow build comes to.
[ "$after" -le $((16 + 32 * 8)) ] && [ "$after" -lt "$before" ] || { echo "$after bytes are no small program" >&2; exit 1; }
