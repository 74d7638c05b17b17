#!/usr/bin/env bash
# planted.sh PATCH RIGHT WRONG PROGRAM: explores PROGRAM with the explorer RIGHT, of the heap as it is, which has to be
# silent in all schedules, and with WRONG, of the heap with PATCH, which has to be found as its header says; the schedule
# that shows the bug then has to show it again, and must not make the heap as it is fail.
#
# Exit: 0 all of that holds, 1 not.
set -euo pipefail

patch=$1 right=$2 wrong=$3 program=$4
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
finds=$(sed -n 's/^Finds: //p' "$patch")

fail() {
  echo "planted.sh: $1:" >&2
  cat "$scratch/said" >&2
  exit 1
}
explore() { # explore EXPLORER CODE WORD=VALUE...: what it says is in $scratch/said
  local explorer=$1 expected=$2 code=0
  shift 2
  "$explorer" program="$program" "$@" >"$scratch/said" 2>&1 || code=$?
  cat "$scratch/said"
  [ "$code" = "$expected" ] || fail "exit code $code, not $expected"
}

[ -n "$finds" ] || { echo "planted.sh: $patch says not what finds it" >&2; exit 1; }
explore "$right" 0 preemptions=2
grep -q '^no violation in all [1-9]' "$scratch/said" || fail "not every schedule was tried"
explore "$wrong" 1 preemptions=2 save="$scratch/schedule"
grep -Eq "^($finds)" "$scratch/said" || fail "found by something else than $finds"
explore "$wrong" 1 mode=recorded trace="$scratch/schedule"
grep -Eq "^($finds)" "$scratch/said" || fail "the schedule does not show it again"
# Priorities drawn at random find it too.
explore "$wrong" 1 mode=drawn depth=3 runs=10000 seed=1
grep -Eq "^($finds)" "$scratch/said" || fail "drawn schedules find something else"
