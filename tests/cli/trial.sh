# A trial of a few heaps: its table, its files, its exit codes.
sanitized && exit 77
small="--time 20s --programs 300 --safety-only"

# shellcheck disable=SC2086
{
  expect 0 '^malloc +kept \(' trial $small --heap malloc --db a.db --report a.html
  grep -q '^report: a.html$' out || fail "the path of the report is not said"
  [ -s a.html ] && [ -s a.db ] || fail "no report or no database"
  [ "$(sqlite3 a.db "SELECT count(*) FROM line WHERE kind = 'trial' AND status = 'ok'")" = 1 ] ||
    fail "the result is not in the database"

  # What breaks is found, said, kept, and reproduced from its file alone.
  for heap in crash_in_alloc exit_in_alloc scribble; do
    expect 1 "^$heap +BROKEN: " trial $small --heap "$faulty/lib$heap.so" --db a.db --report a.html
    file=$(find findings -name "$heap-*.program" 2>/dev/null | head -n 1)
    [ -n "$file" ] || fail "$heap: no program was kept"
    expect 1 "heap $heap|heap faulty" replay --heap "$faulty/lib$heap.so" "${file:-none}"
  done
  expect 1 'in operation +[0-9]+ +m[0-9]+ (alloc|resize) ' trial $small --heap "$faulty/libcrash_in_alloc.so"
  expect 1 'hang_in_alloc +BROKEN: hang' trial --time 4s --safety-only --heap "$faulty/libhang_in_alloc.so"
  expect 1 'crash_at_load +BROKEN: load' trial $small --heap "$faulty/libcrash_at_load.so"

  # A heap that cannot run here is no verdict and no finding, and takes nothing from the others.
  expect 3 'malloc is served by .*, not by nonsense' trial $small --heap malloc --heap malloc:provider=nonsense
  grep -q '^malloc  *kept' out || fail "the other heap has no verdict"
  expect 1 'BROKEN' trial $small --heap malloc:provider=nonsense --heap "$faulty/libscribble.so"

  # The same seed, the same verdict on the same program.
  for i in 1 2; do
    rm -rf findings
    run trial $small --seed 7 --heap "$faulty/libscribble.so"
    find findings -type f >names.$i
  done
  cmp -s names.1 names.2 || fail "the same seed found another program: $(cat names.1 names.2)"
}

# The time that was given is kept, also by heaps that are slow.
started=$SECONDS
expect 0 'slow +kept' trial --time 6s --safety-only --heap "$faulty/libslow.so"
[ $((SECONDS - started)) -le 20 ] || fail "6 s took $((SECONDS - started)) s"
