# Ctrl-C in the middle of a trial: what was measured is stored and reported, the rest is not made up.
sanitized && exit 77

# start ARGUMENT...: a trial in a process group of its own, as a shell with job control starts it.
start() {
  setsid "$heaptrial" trial "$@" >out 2>err </dev/null &
  trial=$!
}

# until_said WORDS: waits for something on standard error.
until_said() {
  for _ in $(seq 300); do
    grep -q -- "$1" err && return
    sleep 0.1
  done
  fail "\"$1\" was not said within 30 s: $(cat err)"
}

# interrupt: as Ctrl-C does it, to all that the terminal started.
interrupt() {
  kill -INT -- "-$trial"
  code=0
  wait "$trial" || code=$?
  [ "$code" = 3 ] || fail "an interrupted trial exits with $code: $(cat err)"
  # What was ended is gone only when init has taken note of it.
  for _ in $(seq 50); do
    pgrep -s "$trial" >/dev/null || return 0
    sleep 0.1
  done
  fail "processes of the trial are left: $(pgrep -a -s "$trial")"
}

# While safety is tried: the first heap is done when the signal comes, the second is at it.
start --jobs 1 --time 240s --programs 2000 --heap malloc --heap "$faulty/libslow.so" --safety-only --db i.db --report i.html
until_said 'malloc: kept everything'
sleep 0.5
interrupt
grep -q 'interrupted: table and report are partial' err || fail "nothing says that the trial was interrupted: $(cat err)"
grep -q 'partial (' out || fail "the table has no partial row: $(cat out)"
[ -s i.html ] || fail "there is no report after an interrupt"
[ "$(sqlite3 i.db 'PRAGMA integrity_check')" = ok ] || fail "the database is broken"
[ "$(sqlite3 i.db 'SELECT count(*) FROM line')" = 2 ] || fail "not every heap has its line"
[ "$(sqlite3 i.db "SELECT count(*) FROM line WHERE status = 'no-verdict' AND reason LIKE '%interrupted%'")" -ge 1 ] ||
  fail "the interrupted heap has no line that says so"

# What was there before stays.
run trial --time 10s --programs 100 --safety-only --heap malloc --db i.db --report i.html
[ "$(sqlite3 i.db 'SELECT count(*) FROM line')" = 3 ] || fail "results of the interrupted trial were lost"

# While it measures: what has a verdict keeps it.
start --time 240s --programs 50 --heap malloc --db m.db --report m.html
until_said 'measuring: 1 heaps'
sleep 1
interrupt
grep -q '^malloc  *kept (' out || fail "the verdict on safety is gone: $(cat out)"
[ -s m.html ] || fail "there is no report after an interrupt"
[ "$(sqlite3 m.db "SELECT count(*) FROM line WHERE kind = 'trial' AND status = 'ok'")" = 1 ] ||
  fail "the result on safety is not in the database"
