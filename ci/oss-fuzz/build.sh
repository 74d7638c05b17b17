#!/bin/bash
# Builds the fuzz targets as OSS-Fuzz, ClusterFuzzLite and their like ask for it: compilers and flags in CC, CXX, CFLAGS,
# CXXFLAGS, the engine in LIB_FUZZING_ENGINE; binaries, seed corpora and options go to OUT, everything else to WORK.
#
# Targets are the heaps that can run with nothing beside them: other people's heaps come as shared libraries, which the
# machines that fuzz do not have, and malloc is not itself where a sanitizer serves it.
set -eu
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${HEAPTRIAL_OSS_FUZZ_HEAPS:=semispace counting bump}"

# The flags are whole: a build type would add its own behind them.
cmake -S "$source" -B "$WORK/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DBUILD_TESTING=OFF \
  -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$CXXFLAGS" \
  -DLIB_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" -DHEAPTRIAL_FUZZ_INNER=ON -DHEAPTRIAL_TARGETS="$WORK/targets"
for heap in $HEAPTRIAL_OSS_FUZZ_HEAPS; do
  cmake --build "$WORK/build" --target "target_engine_program-$heap" \
    "$WORK/targets/engine/program-${heap}_seed_corpus.zip"
  cp "$WORK/targets/engine/program-$heap" "$WORK/targets/engine/program-$heap.options" \
    "$WORK/targets/engine/program-${heap}_seed_corpus.zip" "$OUT/"
done
