#!/usr/bin/env bash
# Runs one test of the command: run.sh WHAT HEAPTRIAL FAULTY-HEAPS SANITIZERS MORE... The test is WHAT.sh,
# which uses the functions below, in a folder of its own that goes away with it. SANITIZERS: of the build, or none.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1 heaptrial=$(realpath "$2") faulty=$(realpath "$3") sanitizers=$4
more=("${@:5}") # what a test needs beside
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# Where a sanitizer serves malloc, the malloc heaps rightly refuse to run, and a crash is the sanitizer's abort.
sanitized() { [ "$sanitizers" != none ]; }
crash='signal 11'
! sanitized || crash='signal (6|11)'

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# run ARGUMENT...: the command; leaves $code and the files out, err.
run() {
  code=0
  timeout 120 "$heaptrial" "$@" >out 2>err </dev/null || code=$?
}

# expect CODE WORDS ARGUMENT...: the exit code, and an extended regular expression in what was said.
expect() {
  local wanted=$1 words=$2
  shift 2
  run "$@"
  if [ "$code" != "$wanted" ] || ! grep -qE -- "$words" out err; then
    fail "heaptrial $*: exit code $code, not $wanted, or \"$words\" was not said"
    sed 's/^/  out: /' out | tail -n 20
    sed 's/^/  err: /' err | tail -n 20
  fi
}

# An error is one line, and says who speaks.
expect_line() {
  expect "$@"
  [ "$(wc -l <err)" = 1 ] && grep -q '^heaptrial' err || fail "heaptrial ${*:3}: more or less than one line: $(cat err)"
}

# shellcheck source=/dev/null
. "$here/$what.sh"
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
