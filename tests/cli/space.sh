# A full disk: a small file system of our own, where a namespace can be had.
sanitized && exit 77

small_disk='
  mkdir disk
  mount -t tmpfs -o size=256k none disk || exit 77
  cd disk
  "$1" trial --time 20s --programs 50 --safety-only --heap malloc --db results.db >../out1 2>../err1
  echo $? >../code1
  head -c 1M /dev/zero >filler 2>/dev/null
  "$1" trial --time 20s --programs 50 --safety-only --heap malloc --db results.db >../out2 2>../err2
  echo $? >../code2
  sqlite3 results.db "SELECT count(*) FROM line" >../lines
  sqlite3 results.db "PRAGMA integrity_check" >../integrity
  "$1" trial --time 20s --programs 50 --safety-only --heap malloc --db new.db >../out3 2>../err3
  echo $? >../code3
'
status=0
unshare --mount bash -c "$small_disk" disk "$heaptrial" 2>/dev/null || status=$?
if [ ! -e code1 ]; then
  status=0
  unshare --user --map-root-user --mount bash -c "$small_disk" disk "$heaptrial" || status=$?
fi
[ "$status" != 77 ] || exit 77

[ "$(cat code1)" = 0 ] || fail "the first trial: $(cat err1)"
[ "$(cat code2)" = 3 ] || fail "on a full disk: exit code $(cat code2): $(cat err2)"
grep -q 'results.db: ' err2 || fail "nothing says that the disk is full: $(cat err2)"
grep -q 'could not be stored and are lost' err2 || fail "nothing says that results are lost: $(cat err2)"
grep -q '^malloc  *kept' out2 || fail "the table was not printed: $(cat out2)"
[ "$(cat lines)" = 1 ] && [ "$(cat integrity)" = ok ] || fail "what was stored before is not whole: $(cat lines integrity)"
[ "$(cat code3)" = 2 ] && grep -q 'new.db: ' err3 || fail "a database that cannot be made: $(cat code3): $(cat err3)"
