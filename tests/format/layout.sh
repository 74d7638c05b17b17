#!/usr/bin/env bash
# Every C and C++ source is laid out as .clang-format says.
#
#   layout.sh ROOT              checks the files that git knows or would add
#   layout.sh --self-test ROOT  demands that a file that is laid out otherwise is found
#
# Exit: 0 clean, 1 a file is not, 2 usage, 3 no files to look at, 77 no clang-format of the version that decides.
set -euo pipefail

fail() {
  echo "layout.sh: $1" >&2
  exit "$2"
}

self_test=false
[ "${1-}" != --self-test ] || { self_test=true; shift; }
[ $# = 1 ] || fail "usage: layout.sh [--self-test] ROOT" 2
root=$1

# Versions disagree about details: this one is Debian 12's.
tool=$(command -v clang-format-14) || fail "there is no clang-format-14" 77

if $self_test; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  cp "$root/.clang-format" "$scratch"
  printf 'int  main( void ){return 0;}\n' >"$scratch/wrong.c"
  printf 'int main(void) {\n  return 0;\n}\n' >"$scratch/right.c"
  ! "$tool" --style=file --dry-run --Werror "$scratch/wrong.c" 2>/dev/null || fail "a wrong layout is not found" 1
  "$tool" --style=file --dry-run --Werror "$scratch/right.c" || fail "a right layout is called wrong" 1
  exit 0
fi

cd "$root"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.c' '*.h' '*.cc' '*.cpp' | sort -u)
else
  mapfile -t files < <(find . -path ./build -prune -o -type f \( -name '*.[ch]' -o -name '*.cc' -o -name '*.cpp' \) -print)
fi
[ "${#files[@]}" -gt 0 ] || fail "there are no sources under $root" 3
present=()
for file in "${files[@]}"; do
  [ ! -f "$file" ] || present+=("$file")
done
said=$(printf '%s\0' "${present[@]}" |
  xargs -0 -n 20 -P "$(nproc)" "$tool" --style=file --dry-run --Werror 2>&1 >/dev/null || true)
wrong=$(sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: error: .*/\1/p' <<<"$said" | sort -u)
[ -z "$wrong" ] || fail "laid out otherwise, and put right by clang-format-14 -i: ${wrong//$'\n'/ }" 1
[ -z "$said" ] || fail "clang-format says: $said" 1
echo "layout.sh: ${#present[@]} files are laid out as they should be"
