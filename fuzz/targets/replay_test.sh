#!/bin/bash
# replay_test.sh BINARY FOLDER...: all that is kept in the folders passes on this target. Bytes only: texts stand
# beside them for people. A replay of nothing is no pass.
binary=$1
shift
mapfile -t files < <(for folder in "$@"; do
  [ -d "$folder" ] && find "$folder" -type f ! -name '*.txt' ! -name '.*'
done | sort)
if [ ${#files[@]} -eq 0 ]; then
  echo "there is nothing in $*: nothing was replayed" >&2
  exit 1
fi
"$binary" "${files[@]}"
code=$?
case $code in
  0) echo "${#files[@]} inputs replayed" ;;
  3) exit 77 ;;
esac
exit $code
