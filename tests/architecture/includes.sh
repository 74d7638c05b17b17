#!/usr/bin/env bash
# The arrows between the project's folders hold: no file includes what it must not know. includes.pl has the table.
#
#   includes.sh ROOT          checks every C and C++ file of the tree; a module's own tests (*_test.c) may look further
#   includes.sh --self-test   plants wrong and right includes and demands that exactly the wrong ones are found
#
# Exit: 0 clean, 1 a violation, 2 usage, 3 no files to look at.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folders=(include allocators tests/heaps fuzz bench results line process plugin memory)

check() {
  local root=$1 folder present=() files=() found
  for folder in "${folders[@]}"; do
    [ ! -d "$root/$folder" ] || present+=("$root/$folder")
  done
  [ ${#present[@]} -eq 0 ] || mapfile -t files < <(find "${present[@]}" -type f \
    \( -name '*.[ch]' -o -name '*.inc' -o -name '*.cc' -o -name '*.cpp' -o -name '*.hpp' \) ! -name '*_test.c*')
  [ ${#files[@]} -gt 0 ] || { echo "includes.sh: no sources under $root" >&2; return 3; }
  found=$(perl "$here/strip.pl" --keep-strings "${files[@]}" | perl "$here/includes.pl" "$root")
  [ -z "$found" ] || { printf '%s\n' "$found" >&2; return 1; }
  echo "includes.sh: the includes of ${#files[@]} files are as they should be"
}

fail() {
  echo "includes.sh: $1" >&2
  exit 1
}

self_test() {
  local scratch status count=0 verdict file include
  scratch=$(mktemp -d)
  trap "rm -rf '$scratch'" EXIT
  status=0
  (check "$scratch") >/dev/null 2>&1 || status=$?
  [ "$status" = 3 ] || fail "a tree without sources is answered by $status, not 3"

  # Something to point at.
  local exists=(include/heaptrial/heap.h include/heaptrial/types.h allocators/base/park.h allocators/go/go_inline.h
    allocators/gab/gab_inline.h allocators/peers/peers.h tests/heaps/moving_inline.h fuzz/program/program.h
    bench/workloads/workload.h results/store/store.h cli/cli.h line/line.h process/process.h plugin/plugin.h
    memory/metered.h)
  for file in "${exists[@]}"; do
    mkdir -p "$scratch/$(dirname "$file")"
    echo '// #include "cli/cli.h"' >"$scratch/$file"
  done
  check "$scratch" >/dev/null || fail "an include within a comment is taken for one"

  while read -r verdict file include; do
    mkdir -p "$scratch/$(dirname "$file")"
    printf '#include %s\n' "$include" >"$scratch/$file"
    status=0
    (check "$scratch") >"$scratch/said" 2>&1 || status=$?
    case $verdict in
    wrong) [ "$status" = 1 ] && grep -q "^$file:1:" "$scratch/said" || fail "not found: $include in $file" ;;
    right) [ "$status" = 0 ] || fail "called wrong: $include in $file: $(cat "$scratch/said")" ;;
    esac
    rm "$scratch/$file"
    count=$((count + 1))
  done <<'PLANTS'
wrong allocators/go/heap.c "fuzz/program/program.h"
wrong allocators/go/heap.c "../../fuzz/program/program.h"
wrong allocators/go/heap.c <fuzz/program/program.h>
wrong allocators/go/heap.c "fuzz/generated.h"
wrong allocators/go/heap.c "bench/workloads/workload.h"
wrong allocators/go/heap.c "results/store/store.h"
wrong allocators/go/heap.c "cli/cli.h"
wrong allocators/go/deep/heap.h "line/line.h"
wrong allocators/base/real/park.c "process/process.h"
wrong allocators/peers/peer.c "plugin/plugin.h"
wrong allocators/go/heap.c "memory/metered.h"
wrong allocators/go/heap.c "tests/heaps/moving_inline.h"
wrong allocators/go/heap.c "gab/gab_inline.h"
wrong allocators/go/heap.c "../gab/gab_inline.h"
wrong allocators/base/real/park.c "go/go_inline.h"
wrong tests/heaps/moving.c "fuzz/program/program.h"
wrong fuzz/oracle/oracle.c "bench/workloads/workload.h"
wrong fuzz/oracle/oracle.c "results/store/store.h"
wrong fuzz/oracle/oracle.c "cli/cli.h"
wrong bench/micro/micro.cc "fuzz/program/program.h"
wrong bench/micro/micro.cc "results/store/store.h"
wrong results/report/report.c "fuzz/program/program.h"
wrong results/report/report.c "bench/workloads/workload.h"
wrong results/report/report.c "go/go_inline.h"
wrong line/write.c "results/store/store.h"
wrong process/run.c "fuzz/program/program.h"
wrong plugin/load.c "cli/cli.h"
wrong memory/pool.c "allocators/base/park.h"
wrong include/heaptrial/new.h "line/line.h"
wrong include/heaptrial/new.h <pthread.h>
wrong include/heaptrial/new.h <sys/mman.h>
wrong include/heaptrial/new.h "allocators/base/park.h"
right include/heaptrial/new.h <heaptrial/types.h>
right include/heaptrial/new.h "types.h"
right include/heaptrial/new.h <stdatomic.h>
right allocators/go/heap.c <heaptrial/heap.h>
right allocators/go/heap.c "base/park.h"
right allocators/go/heap.c "allocators/base/park.h"
right allocators/go/heap.c "go_inline.h"
right allocators/go/heap.c <string.h>
right allocators/gab/heap.c "go/go_inline.h"
right allocators/go/heap_test.c "memory/metered.h"
right tests/heaps/moving.c "base/park.h"
right fuzz/oracle/oracle.c "fuzz/program/program.h"
right fuzz/targets/target.c "memory/metered.h"
right fuzz/targets/target.c "line/line.h"
right bench/macro/macro.c "go/go_inline.h"
right results/report/report.c "results/store/store.h"
PLANTS
  echo "includes.sh: $count plants were judged rightly"
}

case ${1-} in
--self-test) self_test ;;
'' | -*)
  echo "usage: includes.sh ROOT | --self-test" >&2
  exit 2
  ;;
*) check "$(cd "$1" && pwd)" ;;
esac
