#!/usr/bin/env bash
# The barrier protocol, checked by Spin: its model is searched to the end without an error, each fault planted in it
# breaks the invariant that README.md says it breaks, and what the protocol is about does happen in it.
#
#   protocol.sh              checks all of it
#   protocol.sh FAULT        tells the shortest way in which FAULT breaks its invariant
#   protocol.sh --self-test  demands that a search that was cut short, or that found something else, is no proof
#
# Exit: 0 all is as it should be, 1 it is not, 2 usage, 77 no spin or no gcc.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
model=$here/barrier.pml
depth=1000000 # steps that a search may go deep
memory=3000   # megabytes that it may take

fail() {
  echo "protocol.sh: $1" >&2
  exit 1
}

# Searches the model with these macros. Leaves in `verdict` "holds", the name of what is violated, or "no verdict", in
# `states` the number of states that were seen, and in $scratch/run what was built and said.
search() { # search PROOF|SMALL MACRO...
  # No partial order reduction: every step touches what all share.
  local build=(-w -DSAFETY -DNOREDUCE "-DMEMLIM=$memory") limits=("-m$depth")
  case $1 in
  PROOF) build+=(-O1 -DNOBOUNDCHECK) ;;
  SMALL) build+=(-O0 -DBFS) limits+=(-w18) ;; # breadth first, for the shortest trail; compiling takes longest
  esac
  shift
  rm -rf "$scratch/run"
  mkdir "$scratch/run"
  cd "$scratch/run"
  { spin "$@" -a "$model" && gcc "${build[@]}" -o pan pan.c; } >said 2>&1 ||
    fail "the model does not build with $*: $(cat said)"
  ./pan "${limits[@]}" >said 2>&1 || true
  states=$(sed -n 's/^ *\([0-9e.+]*\) states, stored.*/\1/p' said)
  verdict=$(sed -n 's/^pan:[0-9]*: assertion violated \([A-Z0-9_]*\) .*/\1/p' said)
  # A search that the limits cut short counts no error either.
  if [ -z "$verdict" ] && grep -q ', errors: 0$' said && ! grep -qE 'depth too small|not completed' said; then
    verdict=holds
  fi
  verdict=${verdict:-no verdict}
}

proves() { # proves CELLS MUTATORS [MACRO...]: nothing is violated
  local what="cells, mutators: $1, $2${3:+ ${*:3}}" started=$SECONDS
  search PROOF "-DCELLS=$1" "-DMUTATORS=$2" "${@:3}"
  [ "$verdict" = holds ] || fail "$what: $verdict: $(cat "$scratch/run/said")"
  echo "holds with $what: $states states, $((SECONDS - started)) s"
}

breaks() { # breaks CELLS MUTATORS INVARIANT MACRO...: it is violated, and the trail leads there
  local what="cells, mutators: $1, $2 ${*:4}" assertion=${3/-/_} macros
  macros=("-DCELLS=$1" "-DMUTATORS=$2" -DSTORY "${@:4}")
  search SMALL "${macros[@]}"
  [ "$verdict" = "$assertion" ] || fail "$what: not $3 but: $verdict: $(cat "$scratch/run/said")"
  spin -T -k barrier.pml.trail "${macros[@]}" "$model" >story
  grep -q "text of failed assertion: assert($assertion)" story || fail "$what: the trail leads elsewhere: $(cat story)"
  echo "violated with $what: $3: $states states, $(sed -n 's/^spin: trail ends after //p' story)"
}

# README.md's faults, one a line: name, invariant, cells, mutators, another macro.
faults() {
  sed -n 's/^| `\([A-Z_]*\)` |.*| \([A-Z]*-[0-9]*\) | \([123]\), \([12]\)\(, `-D\(.*\)`\)\? |$/\1 \2 \3 \4 \6/p' \
    "$here/README.md"
}

plant() { # plant FAULT INVARIANT CELLS MUTATORS [MACRO]
  breaks "$3" "$4" "$2" "-DFAULT=$1" ${5:+"-D$5"}
}

# All of README.md's events happen, in one of two small sizes.
check_events() {
  search SMALL -DCELLS=2 -DMUTATORS=1 -DEVENTS
  cp "$scratch/run/said" "$scratch/said"
  search SMALL -DCELLS=1 -DMUTATORS=2 -DEVENTS
  sed -n 's/^happens: //p' "$scratch/said" "$scratch/run/said" | sort -u >"$scratch/happened"
  sed -n 's/^| `\([A-Z_]*\)` | [^|]* |$/\1/p' "$here/README.md" | sort >"$scratch/events"
  diff "$scratch/events" "$scratch/happened" || fail "not what has to happen (<) does happen (>)"
  echo "happens: $(xargs <"$scratch/events")"
}

check() {
  local line cells mutators numberings without
  faults >"$scratch/faults"
  sed -n '/define NO_DELETION_SHADE/,/ifndef/s/^#define \([A-Z_]*\) .*/\1/p' "$model" >"$scratch/planted"
  diff "$scratch/planted" <(cut -d' ' -f1 "$scratch/faults") ||
    fail "not the faults of the model (<) are in README.md (>)"
  while read -r -a line; do
    plant "${line[@]}"
  done <"$scratch/faults"
  check_events
  while read -r cells mutators numberings; do
    proves "$cells" "$mutators"
    without=$states
    proves "$cells" "$mutators" -DSYMMETRY
    # Of all the numberings of a heap at least one is left.
    ((states < without && states * numberings >= without)) || fail "renumbering leaves $states of $without heaps"
  done <<<$'2 2 2\n3 1 6'
  proves 2 2 -DBUFFERED
  proves 3 2 -DSYMMETRY
}

# Demands that "$@" fails, and says SAID.
rejects() { # rejects SAID COMMAND...
  ! ("${@:2}") >"$scratch/output" 2>&1 || fail "not rejected: ${*:2}: $(cat "$scratch/output")"
  grep -qF "$1" "$scratch/output" || fail "rejected without \"$1\": ${*:2}: $(cat "$scratch/output")"
}

self_test() {
  proves 1 1
  (depth=100 && rejects "max search depth too small" proves 2 1)
  (memory=130 && rejects "Search not completed" proves 3 1)
  rejects ": BAR_1: " proves 1 1 -DFAULT=ALLOC_WHITE
  rejects "does not build" proves 1 1 "-DFAULT=)"
  plant ALLOC_WHITE BAR-1 1 1
  rejects "not BAR-1 but: holds" plant 0 BAR-1 1 1
  rejects "not GOG-1 but: BAR_1" plant ALLOC_WHITE GOG-1 1 1
  (depth=3 && rejects "not BAR-1 but: no verdict" plant ALLOC_WHITE BAR-1 1 1)

  # A model in which the collector waits for ever holds, but nothing happens; one in which all wait does not hold.
  sed 's/(unswept == 0 .*;/false;/' "$model" >"$scratch/idle.pml"
  sed 's/choose_or(nil, cell, own_stack)/choose(cell, own_stack)/' "$model" >"$scratch/stuck.pml"
  (
    model=$scratch/idle.pml
    proves 2 1
    rejects "< ALLOC_IN_MARK" check_events
    model=$scratch/stuck.pml
    rejects "invalid end state" proves 1 1
  )
  echo "protocol.sh: what proves nothing is rejected"
}

case $#:${1-} in
0: | 1:--self-test | 1:[A-Z]*) ;;
*) echo "usage: protocol.sh [FAULT | --self-test]" >&2 && exit 2 ;;
esac
command -v spin >/dev/null && command -v gcc >/dev/null || exit 77
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case ${1-} in
'') check ;;
--self-test) self_test ;;
*)
  line=$(faults | grep "^$1 ") || { echo "protocol.sh: no fault $1 in README.md" >&2 && exit 2; }
  plant $line
  echo "(slot 0 is the global, slot 1 the field of cell 1; cell 0 is nil)"
  cat "$scratch/run/story"
  ;;
esac
