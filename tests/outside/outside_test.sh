#!/bin/bash
# outside_test.sh cmake|pkg_config <cmake> <build directory of heaptrial> <loader>: installs the headers to an
# empty prefix, copies the project away from the tree, builds it there against that prefix alone, loads what
# came of it and runs it.
set -euo pipefail
way=$1 cmake=$2 build=$3 loader=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/prefix" --component headers >"$work/log" || {
  cat "$work/log" >&2
  exit 1
}
cp -r "$here/project" "$work/project"
case $way in
cmake)
  "$cmake" -S "$work/project" -B "$work/out" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF >"$work/log" && "$cmake" --build "$work/out" >>"$work/log" || {
    cat "$work/log" >&2
    exit 1
  }
  library=$work/out/libarena.so
  ;;
pkg_config)
  command -v pkg-config >/dev/null && command -v make >/dev/null || exit 77
  PKG_CONFIG_LIBDIR=$(dirname "$(find "$work/prefix" -name heaptrial.pc)")
  export PKG_CONFIG_LIBDIR
  make -s -C "$work/project"
  library=$work/project/libarena.so
  ;;
esac
"$loader" "$library" arena
