#!/usr/bin/env bash
# Builds a target by ci/oss-fuzz/build.sh with the environment that OSS-Fuzz gives, and asks of it what OSS-Fuzz asks of
# a build: the files have their names, it is instrumented (its own check wants 100 edges), it takes the engine's flags
# and the seeds, and it stops at a crash with a code that is not 0.
#
#   oss_fuzz_test.sh HEAP FAULTY-HEAP     a heap to build for, and a library with a planted fault for the plugin target
set -euo pipefail
heap=$1 faulty=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "FAILED: $*"
  tail -n 20 "$scratch/log"
  exit 1
}

mkdir "$scratch/out" "$scratch/work"
flags='-O1 -fno-omit-frame-pointer -gline-tables-only -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION'
flags+=' -fsanitize=address -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link'
env CC=clang-19 CXX=clang++-19 CFLAGS="$flags" CXXFLAGS="$flags" LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
  OUT="$scratch/out" WORK="$scratch/work" HEAPTRIAL_OSS_FUZZ_HEAPS="$heap plugin" "$root/ci/oss-fuzz/build.sh" \
  >"$scratch/log" 2>&1 || fail "the build ended with $?"

target=$scratch/out/program-$heap
for file in "$target" "$target.options" "${target}_seed_corpus.zip"; do
  [ -s "$file" ] || fail "$file is not there"
done
mkdir "$scratch/seeds"
(cd "$scratch/seeds" && cmake -E tar xf "${target}_seed_corpus.zip")
[ "$(ls "$scratch/seeds" | wc -l)" -gt 10 ] || fail "the seed corpus has no seeds"

export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=10
run() { "$@" -rss_limit_mb=2560 -timeout=25 -len_control=0 -seed=1337 >"$scratch/log" 2>&1; }
run "$target" -runs=200 "$scratch/seeds" || fail "the target ended with $?"
edges=$(sed -n 's/.*Loaded 1 PC tables (\([0-9]*\) PCs).*/\1/p' "$scratch/log" | head -n 1)
[ "${edges:-0}" -ge 100 ] || fail "it has ${edges:-0} edges"
! grep -q 'no interesting inputs' "$scratch/log" || fail "it is not instrumented"

code=0
HEAPTRIAL_HEAP=$faulty HEAPTRIAL_FAULT=trap run "$scratch/out/program-plugin" -runs=20000 \
  -artifact_prefix="$scratch/" || code=$?
[ "$code" != 0 ] && [ "$code" != 3 ] && ls "$scratch"/crash-* >/dev/null 2>&1 ||
  fail "a planted fault ended with $code and left no input"
