# Databases that are no use: truncated, locked, of a newer schema, none; and no space for one.
trial="trial --time 20s --programs 50 --safety-only --heap malloc"
ok=0
sanitized && ok=3 # there malloc has no verdict, but what is asked here is the same

# shellcheck disable=SC2086
{
  expect $ok '^report: ' $trial --db good.db
  lines() { sqlite3 good.db 'SELECT count(*) FROM line'; }
  [ "$(lines)" = 1 ] || fail "no result in the database"

  head -c 5000 good.db >cut.db
  echo 'no database' >text.db
  cp good.db newer.db
  sqlite3 newer.db 'PRAGMA user_version = 9999'
  mkdir folder.db
  for broken in cut.db text.db newer.db; do
    cp $broken before
    expect_line 2 "$broken: " $trial --db $broken
    cmp -s before $broken || fail "$broken was changed"
    expect_line 2 "$broken: " report --db $broken
    cmp -s before $broken || fail "$broken was changed by report"
  done
  expect_line 2 'newer' $trial --db newer.db
  expect_line 2 'folder.db: ' $trial --db folder.db
  expect_line 2 'nosuch/results.db: ' $trial --db nosuch/results.db
  expect_line 2 'nosuch.db: ' report --db nosuch.db
  [ ! -e nosuch.db ] || fail "report made a database"

  # Somebody else is at it: hold KIND keeps the database locked until release.
  hold() {
    rm -f locked
    {
      echo "BEGIN $1;"
      echo '.shell touch locked'
      sleep 60 &
      echo $! >sleeper
      wait
    } | sqlite3 good.db &
    while [ ! -e locked ]; do sleep 0.1; done
  }
  release() {
    kill "$(cat sleeper)"
    wait
  }
  hold EXCLUSIVE
  expect_line 2 'good.db: is locked by another program' $trial --db good.db
  release
  [ "$(lines)" = 1 ] || fail "a locked database was changed"

  # A writer that comes later: the result goes to a file beside, and from there to where it belongs.
  hold IMMEDIATE
  expect 3 'results are in good.db.jsonl and not in good.db' $trial --db good.db
  grep -q 'good.db: is locked by another program' err || fail "nothing says that the database is locked"
  release
  [ "$(lines)" = 1 ] || fail "a locked database was changed"
  for added in 1 0; do
    expect 0 "good.db.jsonl: $added results added" report --db good.db --import good.db.jsonl
    [ "$(lines)" = 2 ] || fail "the result beside the database was not added once"
  done

  # A report that cannot be written costs no result.
  expect 3 'nosuch/r.html: ' $trial --db good.db --report nosuch/r.html
  [ "$(lines)" = 3 ] || fail "without a report the result was not kept"
}
