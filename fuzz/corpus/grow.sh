#!/bin/bash
# grow.sh TARGETS SECONDS: grows the seed corpus (programs/) anew, on unmodified heaps only, and keeps for each heap the
# smallest set of files that shows all of its edges. TARGETS is where a build with -DHEAPTRIAL_FUZZ=ON put the targets.
# What kills a planted bug does not belong here but in killers/, or time to catch would measure memory.
set -eu
targets=$1
seconds=$2
corpus=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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
rm -rf "$corpus/programs"
mkdir "$corpus/programs"
# Short names: the first 16 digits of the content's hash, which libFuzzer gave them.
for file in "$work"/kept/*; do
  name=$(basename "$file")
  cp "$file" "$corpus/programs/${name:0:16}"
done
echo "$(ls "$corpus/programs" | wc -l) files, $(du -sb "$corpus/programs" | cut -f1) bytes"
