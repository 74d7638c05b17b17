# A stranger's heap, built outside the tree against the installed headers, is tried by its path.
cmake=${more[0]} build=${more[1]} project=${more[2]}
sanitized && exit 77 # it is not built with a sanitizer

"$cmake" --install "$build" --prefix "$scratch/prefix" --component headers >log
cp -r "$project" project
"$cmake" -S project -B out -DCMAKE_PREFIX_PATH="$scratch/prefix" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF >>log && "$cmake" --build out >>log || { cat log; exit 1; }

cd out
expect 0 '^  arena$' list heaps --heap ./libarena.so
expect 0 '^arena +kept \(' trial --heap ./libarena.so --time 20s --programs 300
grep -q '^arena .* x live$' out || fail "it was not measured: $(cat out)"
grep -q arena report.html || fail "the report says nothing of it"
