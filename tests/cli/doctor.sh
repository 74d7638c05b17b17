# The doctor on made-up systems and on this one, and the warning before a measurement.

# put ROOT FILE TEXT: a file of a made-up system.
put() {
  mkdir -p "$1/$(dirname "$2")"
  printf '%s\n' "$3" >"$1/$2"
}

# verdict RULE: of the JSON in out.
verdict() { jq -r --arg name "$1" '.findings[] | select(.name == $name) | .verdict' out; }

# Nothing there, nothing told; what is unknown spoils nothing.
mkdir empty
expect_line 3 'nothing can be told of empty' doctor --root empty
expect_line 3 'nothing can be told of empty' doctor --root empty --json
put one proc/sys/kernel/randomize_va_space 2
expect 0 '^aslr +fine +2 \(/proc/sys/kernel/randomize_va_space\)$' doctor --root one
grep -qE '^load +unknown +no such file \(' out || fail "a file that is not there is not unknown: $(cat out)"
grep -qE '^[0-9]+ looked at: 1 fine, 0 spoil, 0 missing, [0-9]+ unknown$' out || fail "the counts are wrong: $(cat out)"
! grep -q 'to mend it' out || fail "there is nothing to mend"

# What spoils is said with what it spoils and how to mend it.
put one proc/sys/kernel/randomize_va_space 0
expect 1 '^aslr +spoils +wall time and CPU time +0 \(/proc' doctor --root one
grep -qE '^aslr +sysctl kernel.randomize_va_space=2$' out || fail "nothing says how to mend it: $(cat out)"
mkdir -p one/usr/bin
PATH=$PATH:/usr/bin expect 1 '^valgrind +missing +instruction counts +not installed' doctor --root one
grep -qE '^valgrind +apt-get install valgrind$' out || fail "nothing says what to install: $(cat out)"

# Garbage is unknown; a control character does not reach the terminal.
printf '\033[31m\n' >one/proc/sys/kernel/randomize_va_space
expect 1 '^aslr +unknown +binary, not text' doctor --root one
rm -r one/usr
expect_line 3 'nothing can be told of one' doctor --root one

# Rates take two looks.
put two sys/devices/system/cpu/online 0-1
put two proc/self/status 'Cpus_allowed_list: 0-1'
put two proc/stat $'cpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0'
put later proc/stat $'cpu0 50 0 0 0 0 0 0 0\ncpu1 0 0 0 48 0 0 0 2'
expect 0 '^steal +unknown +a rate takes a second look' doctor --root two
expect 1 '^others +spoils +wall time +take 1.00 of 2 CPUs' doctor --root two --later later
grep -qE '^steal +spoils +wall time and CPU time +2.0 %' out || fail "the steal is not seen: $(cat out)"
expect 2 'give both' doctor --later later
expect_line 2 'nosuch: No such file' doctor --root nosuch
expect_line 2 'nosuch: No such file' doctor --root two --later nosuch
expect_line 2 'two/proc/stat: Not a directory' doctor --root two/proc/stat
expect 2 'takes a duration' doctor --interval never

# For scripts: all that the table says, and where the limits come from.
run doctor --root two --later later --json
[ "$code" = 1 ] && [ ! -s err ] || fail "doctor --json: $code, $(cat err)"
[ "$(verdict others)" = spoils ] && [ "$(verdict load)" = unknown ] || fail "wrong verdicts: $(cat out)"
jq -e '.root == "two" and (.findings | length) == ([.counts[]] | add)
  and (.findings | all(.rule != "" and .source != "" and .value != ""))
  and (.findings[] | select(.name == "others") | .spoils == ["wall time"] and .file == "/proc/stat" and .mend != null)
  and (.findings[] | select(.name == "load") | .spoils == [] and .mend == null)' out >jq.out ||
  fail "the JSON does not hold what it should: $(cat out)"
names=$(jq -r '.findings[].name' out)
expect 0 '^ +source +measured: ' doctor --rules
for name in $names; do
  grep -q "^$name\$" out || fail "--rules says nothing of $name"
done

# This machine: whatever it is like. /proc has room for nothing, and results would go there.
run doctor --interval 0.05s --json
[ "$code" = 0 ] || [ "$code" = 1 ] || fail "doctor: $code, $(cat err)"
[ "$(verdict load)" != unknown ] || fail "the load of this machine is unknown: $(cat out)"
expect 1 '^disk +missing +results +0 MB free in /proc' doctor --interval 0.05s --db /proc/results.db

# A run on a busy machine says so, once, and measures all the same. One spinner for ten CPUs passes the limit, or
# meets a quota, of which the warning tells too.
sanitized && return
spinners=()
for _ in $(seq $(($(nproc) / 10 + 1))); do
  (while :; do :; done) &
  spinners+=($!)
done
run bench --heap malloc --workload churn:operations=20000 --replicates 1
cp err bench.err
bench=$code
run trial --heap malloc --time 12s --programs 50
cp err trial.err
run trial --heap malloc --time 6s --programs 50 --safety-only
kill "${spinners[@]}"
wait "${spinners[@]}" 2>/dev/null || true
[ "$bench" = 0 ] || fail "bench on a busy machine: $bench, $(cat bench.err)"
for command in bench trial; do
  [ "$(grep -cE "^heaptrial $command: this machine disturbs wall time.*; see heaptrial doctor\$" \
    $command.err)" = 1 ] || fail "$command: no warning on a busy machine: $(cat $command.err)"
done
! grep -q 'this machine disturbs' err || fail "a warning where nothing is measured: $(cat err)"
