# doctor --calibrate: what a comparison is worth. Nothing here looks at the verdict, which is the machine's.
sanitized && exit 77

expect 2 'takes a number from' doctor --calibrate --pairs 5
expect 2 'unrecognized option' doctor --calibrate --no-such-option

# start ARGUMENT...: a calibration in a session of its own.
start() {
  setsid "$heaptrial" doctor --calibrate "$@" >out 2>err </dev/null &
  calibration=$!
}
# done_processes: how many it last said.
done_processes() { sed -nE 's/.*: ([0-9]+) of [0-9]+ processes$/\1/p' err | tail -n 1; }
# until_done N: waits until it said so.
until_done() {
  for _ in $(seq 900); do
    [ "$(($(done_processes) + 0))" -ge "$1" ] && return
    kill -0 "$calibration" 2>/dev/null || break
    sleep 0.1
  done
  fail "\"$1 of ... processes\" was not said within 90 s: $(cat err)"
}
finish() {
  code=0
  wait "$calibration" || code=$?
}

# A process that is killed costs its pair: of 30 pairs 29 are left.
start --comparisons 5 --pairs 6 --trials 0
until_done 1
for _ in $(seq 300); do
  victim=$(pgrep -s "$calibration" -f 'bench/bench-' | grep -vx "$calibration" | head -n 1) || true
  [ -n "$victim" ] && kill -KILL "$victim" 2>/dev/null && break
  sleep 0.01
done
finish
[ "$code" = 0 ] || [ "$code" = 1 ] || fail "a process that failed ends a calibration with $code: $(cat err)"
grep -qE '[12] of 60 processes failed: their pairs do not count$' err || fail "nothing says that one failed: $(cat err)"
grep -qE '^cpu_per_op: [0-9]+ of 4 comparisons of 6 pairs with itself' out || fail "not all but one are left: $(cat out err)"
! grep -q '^instructions' out || fail "there was nothing to count: $(cat out)"

# An interrupt ends it with what there is.
start --comparisons 1000 --pairs 6
until_done 12
kill -INT -- "-$calibration"
finish
[ "$code" = 3 ] || fail "an interrupted calibration exits with $code: $(cat err)"
grep -q 'interrupted: what was measured is partial' err || fail "nothing says that it is partial: $(cat err)"
grep -qE '^cpu_per_op: [0-9]+ of [1-9][0-9]* comparisons of 6 pairs with itself' out ||
  fail "what was measured is lost: $(cat out err)"
! pgrep -s "$calibration" >/dev/null || fail "processes of the calibration are left"
