# Comparisons of results that are made up here: every verdict, every exit code.

# lines RUN HEAP ROUNDS FACTOR [NAME=VALUE...]: ROUNDS result lines of HEAP around 10 ns times FACTOR, with noise of
# about half a per cent that is the same for all heaps of a round, and a little of their own. Names: benchmark,
# metric, unit, better, machine, checksum, status, params, rounds=no, commit, variant, started.
lines() {
  awk -v run="$1" -v heap="$2" -v rounds="$3" -v factor="$4" -v settings="${*:5}" '
    function noise(a, b,  x) { x = sin(a * 12.9898 + b * 78.233) * 43758.5453; return x - int(x) }
    BEGIN {
      s["benchmark"] = "churn"; s["metric"] = "cpu_per_op"; s["unit"] = "ns"; s["better"] = "lower"
      s["machine"] = "here"; s["checksum"] = "00000000000000aa"; s["status"] = "ok"; s["params"] = "size:64"
      s["rounds"] = "yes"; s["commit"] = "abcdef0123"; s["variant"] = ""; s["noise"] = 1; s["minute"] = "00"
      count = split(settings, all, " ")
      for (i = 1; i <= count; i++) { at = index(all[i], "="); s[substr(all[i], 1, at - 1)] = substr(all[i], at + 1) }
      split(s["params"], param, ":")
      for (i = 0; heap substr(i, 1, 0) && i < length(heap s["variant"]); i++) own += 7 * i + index("abcdefghijklmnopqrstuvwxyz", substr(heap s["variant"], i + 1, 1))
      for (round = 1; round <= rounds; round++) {
        value = 10 * factor * (1 + .05 * noise(round, 1) + s["noise"] * .004 * noise(round, own))
        if (s["unit"] == "instructions") value = 100 * factor
        measures = s["status"] == "ok" ? sprintf("{\"metric\":\"%s\",\"unit\":\"%s\",\"better\":\"%s\",\"samples\":[%.9g]}", s["metric"], s["unit"], s["better"], value) : ""
        printf "{\"schema\":1,\"id\":\"%s\",\"run\":\"%s\",\"kind\":\"bench\",\"started\":\"2026-11-21T07:%s:%02dZ\",", run heap s["variant"] s["benchmark"] s["metric"] s["params"] s["commit"] s["machine"] round, run, s["minute"], round % 60
        printf "\"heap\":\"%s\",\"variant\":\"%s\",\"provider\":\"\",\"benchmark\":\"%s\",", heap, s["variant"], s["benchmark"]
        printf "\"params\":{\"%s\":\"%s\"%s},", param[1], param[2], s["rounds"] == "yes" ? ",\"round\":\"" round "\"" : ""
        printf "\"status\":\"%s\",\"reason\":\"%s\",\"measures\":[%s],\"checksum\":\"%s\",", s["status"], s["status"] == "ok" ? "" : "ended by signal 11", measures, s["checksum"]
        printf "\"env\":{\"machine\":\"%s\",\"cpu\":\"c\",\"kernel\":\"k\",\"libc\":\"l\",\"compiler\":\"g\",\"flags\":\"\"},\"commit\":{\"sha\":\"%s\",\"seq\":1}}\n", s["machine"], s["commit"]
      }
    }'
}
# store FILE <LINES: a database of them.
store() {
  cat >"$1.jsonl"
  rm -f "$1"
  run report --db "$1" --import "$1.jsonl" --output "$1.html"
  grep -q 'results added' err || fail "the made-up lines are no result lines: $(cat err)"
}
verdict() { python3 -c "import json; print(*[r['verdict'] for r in json.load(open('out'))['rows']])"; }

# Every verdict of a time, with many pairs and with few.
for pairs in 30 10; do
  test=$([ $pairs = 30 ] && echo 'signed rank' || echo Mann-Whitney)
  noise=$([ $pairs = 30 ] && echo .5 || echo 1)
  { lines r base $pairs 1; lines r slow $pairs 1.2; lines r fast $pairs .8; lines r same $pairs 1; } | store $pairs.db
  expect 1 "slower \($pairs pairs, $test\)" compare --db $pairs.db base slow
  expect 0 "faster \($pairs pairs, $test\)" compare --db $pairs.db base fast
  expect 0 "no difference above 0?\.[0-9]+ % \($pairs pairs, $test\)" compare --db $pairs.db base same
  expect 0 'B / A, 95 %.*p \(B-H\).*detectable' compare --db $pairs.db base same
  expect 0 "undecided \($pairs pairs" compare --db $pairs.db --margin 0.001 base same
  expect 1 ' 1\.(19|20)[0-9]+ \[1\.[0-9]+, 1\.2[0-9]+\]' compare --db $pairs.db base slow
  expect 1 'p \(Holm\)' compare --db $pairs.db --gate base slow
done
# The pairs make it: what all heaps of a round share is gone, and without rounds it is not.
{ lines r base 30 1; lines r slow 30 1.01; } | store paired.db
expect 1 'slower \(30 pairs' compare --db paired.db base slow
{ lines r base 30 1 rounds=no; lines r slow 30 1.01 rounds=no; } | store unpaired.db
expect 0 'undecided \(no pairs: 30 and 30 processes, Mann-Whitney\)' compare --db unpaired.db base slow
expect 0 'have no pairs: heaptrial bench A B' compare --db unpaired.db base slow
{ lines r base 30 1 rounds=no; lines r slow 30 1.2 rounds=no; } | store unpaired.db
expect 1 'slower \(no pairs' compare --db unpaired.db base slow
{ lines r base 3 1; lines r slow 3 2; } | store few.db
expect 0 '\[too few\].*undecided \(3 pairs' compare --db few.db base slow

# More a second is better; bytes are not slow but worse.
{ lines r base 30 1 metric=operations unit=1/s better=higher; lines r more 30 1.2 metric=operations unit=1/s better=higher; } | store rate.db
expect 0 'faster' compare --db rate.db --metric operations base more
expect 1 'slower' compare --db rate.db --metric operations more base
{ lines r base 30 1 metric=peak unit=bytes; lines r more 30 1.2 metric=peak unit=bytes; } | store bytes.db
expect 1 'worse \(30 pairs' compare --db bytes.db --metric peak base more
expect 0 'better \(30 pairs' compare --db bytes.db --metric peak more base

# Counts are exact, and do not mind another machine.
count="metric=instructions_per_op unit=instructions rounds=no"
# shellcheck disable=SC2086
{ lines r base 1 1 $count; lines r bit 1 1.0009 $count; lines r more 1 1.0011 $count machine=there; } | store count.db
expect 0 'exact .*no difference above 0.09 %' compare --db count.db base bit
expect 1 'exact .*slower' compare --db count.db base more
expect 0 'exact .*faster' compare --db count.db more base

# Over many benchmarks a p of a twentieth is nothing: one of 40 that differs by chance is not called.
{
  for size in $(seq 8 8 320); do
    lines r base 10 1 params=size:$size noise=10
    lines r other 10 $([ "$size" = 64 ] && echo 1.03 || echo 1) params=size:$size noise=10
  done
} | store many.db
run compare --db many.db --format json base other
python3 - <<'PYTHON' || fail "corrected p-values are not what they should be"
import json
rows = json.load(open('out'))['rows']
p = sorted((r['p'], r['q']) for r in rows)
assert len(rows) == 40 and all(q >= x for x, q in p)
q = 1
for i in range(40, 0, -1):
    q = min(q, p[i - 1][0] * 40 / i)
    assert abs(q - p[i - 1][1]) < 1e-6, (i, q, p[i - 1])
PYTHON

# What cannot be compared says why.
{ lines r base 30 1; lines r other 30 1 machine=there; } | store machine.db
expect 3 'more than one machine' compare --db machine.db base other
{ lines r base 30 1; lines r other 30 1 checksum=00000000000000bb; } | store work.db
expect 3 'not the same work' compare --db work.db base other
{ lines r base 30 1; lines r other 30 1 params=size:128; } | store size.db
expect 3 'different parameters .*size=64.*size=128' compare --db size.db base other
expect 3 'not that metric' compare --db paired.db --metric pause_max base slow
# A crash is a finding where the other ran, and no verdict where it did not.
{ lines r base 30 1; lines r dead 1 1 status=crashed; } | store dead.db
expect 1 'failed: crashed: ended by signal 11' compare --db dead.db base dead
expect 3 'A has no result' compare --db dead.db dead base

# Settings that tell the sides apart, variants, runs and commits.
{
  lines r grown 30 1 params=grow:2
  lines r grown 30 1.2 params=grow:4
  lines r malloc 30 1 variant=one
  lines r malloc 30 1.2 variant=two
} | store names.db
expect 1 'slower' compare --db names.db grown:grow=2 grown:grow=4
expect 1 'slower' compare --db names.db one malloc/two
{
  lines r1 base 30 1 commit=aaaa111 minute=01
  lines r2 base 30 1.2 commit=bbbb222 minute=02
  lines r2 other 30 1 commit=bbbb222 minute=02
} | store runs.db
expect 1 'all heaps of run r1.*' compare --db runs.db r1 r2
grep -q 'base churn size=64' out || fail "the heap is not named: $(cat out)"
expect 1 'no pairs' compare --db runs.db aaaa bbbb
expect 1 'slower' compare --db runs.db --baseline r1
expect 1 'slower' compare --db runs.db --baseline aaaa111 base
expect 0 'faster' compare --db runs.db base@r2 base@r1
expect 0 'faster \(30 pairs' compare --db runs.db base other
expect 0 'faster \(30 pairs' compare --db runs.db --run r2 base other
expect_line 2 'no benchmarks of other in the run "r1"' compare --db runs.db --run r1 base other
expect_line 2 'no heap, no run and no commit' compare --db runs.db base nosuch
expect_line 2 'one is a heap and the other' compare --db runs.db base r1
expect_line 2 'no benchmarks of base in a run or commit "cccc"' compare --db runs.db base@cccc base

run compare --db 30.db --format json base slow
[ "$(verdict)" = slower ] || fail "not JSON that says slower: $(cat out)"
expect 2 'what with what' compare --db 30.db base
expect 2 'takes a percentage' compare --margin much a b
expect 2 'text or json' compare --format xml a b
expect_line 2 'nosuch.db: ' compare --db nosuch.db a b

# Pairs that are measured: what bench writes, compare takes.
sanitized && exit "$([ "$failures" = 0 ] && echo 0 || echo 1)"
expect 0 '^malloc +8 ' bench malloc bump --pairs 8 --workload churn:operations=50000 --db pairs.db
run compare --db pairs.db malloc bump
grep -q '(8 pairs, Mann-Whitney)' out || fail "no pairs: $(cat out err)"
[ "$(sqlite3 pairs.db "SELECT count(DISTINCT value) FROM param WHERE name = 'round'")" = 8 ] || fail "rounds are missing"
expect 2 'is named twice' bench malloc malloc --db twice.db
expect 2 'no suite "nosuch"' bench malloc --suite nosuch --db twice.db
expect 2 'two heaps of a pair' bench --heap malloc --in-step --workload churn --db twice.db
