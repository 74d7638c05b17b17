#!/bin/bash
# grow.sh TARGETS SECONDS: grows the seed corpus (programs/) anew, on unmodified heaps only, and keeps for each heap the
# smallest set of files that shows all of its edges, but for those that take some heap long. TARGETS is where a build with -DHEAPTRIAL_FUZZ=ON put the targets.
# What kills a planted bug does not belong here but in killers/, or time to catch would measure memory.
set -eu
targets=$1
seconds=$2
corpus=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
milliseconds_most=30
options=(-max_len=1024 -len_control=0 -seed=1 -timeout=30)
mkdir "$work/kept"
for target in "$targets"/libfuzzer/program-*; do
  heap=${target##*/program-}
  case $heap in plugin | *.*) continue ;; esac
  mkdir "$work/$heap" "$work/$heap.kept"
  if ! "$target" "${options[@]}" -max_total_time="$seconds" -artifact_prefix="$work/" "$work/$heap" 2>"$work/log"; then
    # What was found until then is as good as any; the input that failed is not in the corpus.
    echo "$heap does not pass its own campaign:" >&2
    grep -E '^(INVARIANT|SUMMARY)' "$work/log" >&2
  fi
  "$target" "${options[@]}" -set_cover_merge=1 -use_counters=0 "$work/$heap.kept" "$work/$heap" 2>"$work/log"
  echo "$heap: $(ls "$work/$heap.kept" | wc -l) of $(ls "$work/$heap" | wc -l) files"
  find "$work/$heap.kept" -type f -exec cp {} "$work/kept/" \;
done
# A campaign runs its seeds' offspring: one that takes a heap long starves all others there.
milliseconds() { # milliseconds TARGET FILE: of CPU time
  { TIMEFORMAT='%3U %3S'; time "$1" "$2" >"$work/log" 2>&1; } 2>&1 | awk '{ print int(($1 + $2) * 1000) }'
}
dear=0
for target in "$targets"/replay/program-*; do
  case ${target##*/program-} in plugin | *.*) continue ;; esac
  : >"$work/empty"
  start=$(milliseconds "$target" "$work/empty") # an interpreter's own, for one
  for file in "$work"/kept/*; do
    [ "$(milliseconds "$target" "$file")" -gt $((start + milliseconds_most)) ] || continue
    rm "$file"
    dear=$((dear + 1))
  done
done
echo "$dear files took a heap more than $milliseconds_most ms of CPU time and are left out"
rm -rf "$corpus/programs"
mkdir "$corpus/programs"
# Short names: the first 16 digits of the content's hash, which libFuzzer gave them.
for file in "$work"/kept/*; do
  name=$(basename "$file")
  cp "$file" "$corpus/programs/${name:0:16}"
done
echo "$(ls "$corpus/programs" | wc -l) files, $(du -sb "$corpus/programs" | cut -f1) bytes"
