# No space: first a limit on the size of files, which anybody can set, then a full disk, where one can be had.
sanitized && exit 77
trial="trial --time 20s --programs 5 --safety-only --heap malloc"
lines() { sqlite3 "$1" 'SELECT count(*) FROM line'; }
whole() { [ "$(sqlite3 "$1" 'PRAGMA integrity_check')" = ok ]; }

# The database grows until it may not any more. What does not fit into it goes beside it, and nothing is lost. It
# begins with a filler, since smaller files than this limit have to be possible.
limit_kib=1024
# shellcheck disable=SC2086
expect 0 '^report: ' $trial --db limit.db
sqlite3 limit.db "CREATE TABLE filler (bytes); INSERT INTO filler VALUES (zeroblob(($limit_kib - 64) * 1024))"
kept=1
while [ "$kept" -lt 100 ]; do
  code=0
  # shellcheck disable=SC2086
  (ulimit -f $limit_kib && exec "$heaptrial" $trial --db limit.db) >out 2>err || code=$?
  [ "$code" = 0 ] || break
  kept=$((kept + 1))
done
[ "$code" = 3 ] && grep -q '1 results are in limit.db.jsonl and not in limit.db' err ||
  fail "a database at its limit, after $kept results: exit code $code: $(cat err)"
grep -q '^heaptrial trial: limit.db: ' err || fail "nothing says what is wrong with the database: $(cat err)"
grep -q '^malloc  *kept' out || fail "the table was not printed: $(cat out)"
[ "$(lines limit.db)" = "$kept" ] && whole limit.db || fail "what was stored before is not whole: $(lines limit.db) of $kept"
expect 0 '1 results added' report --db limit.db --import limit.db.jsonl
[ "$(lines limit.db)" = $((kept + 1)) ] || fail "the result that did not fit is lost"

# A full disk. Mounting takes privileges; a folder that may not become a root of mounts has none to give.
inside='
  mkdir disk
  mount -t tmpfs -o size=256k none disk || exit 77
  cd disk
  "$0" "$@" --db results.db >../out1 2>../err1
  echo $? >../code1
  head -c 1M /dev/zero >filler 2>/dev/null
  "$0" "$@" --db results.db >../out2 2>../err2
  echo $? >../code2
  cp results.db ..
  "$0" "$@" --db new.db >../out3 2>../err3
  echo $? >../code3
'
# shellcheck disable=SC2086
{
  unshare --mount bash -c "$inside" "$heaptrial" $trial 2>/dev/null ||
    unshare --user --map-root-user --mount bash -c "$inside" "$heaptrial" $trial 2>/dev/null || true
}
if [ -e code3 ]; then
  [ "$(cat code1)" = 0 ] || fail "the first trial: $(cat err1)"
  [ "$(cat code2)" = 3 ] || fail "on a full disk: exit code $(cat code2): $(cat err2)"
  grep -q 'results.db: ' err2 || fail "nothing says that the disk is full: $(cat err2)"
  grep -q 'could not be stored and are lost' err2 || fail "nothing says that results are lost: $(cat err2)"
  grep -q '^malloc  *kept' out2 || fail "the table was not printed: $(cat out2)"
  [ "$(lines results.db)" = 1 ] && whole results.db || fail "what was stored before is not whole"
  [ "$(cat code3)" = 2 ] && grep -q 'new.db: ' err3 || fail "a database that cannot be made: $(cat code3): $(cat err3)"
fi
