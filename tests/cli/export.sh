# What others read: every format, against what its readers demand, and no file where there is nothing to say.
# good ARGUMENT...: exit code 0 and not a word of complaint.
good() {
  run "$@"
  [ "$code" = 0 ] && [ ! -s err ] || fail "heaptrial $*: exit code $code: $(cat err)"
}
is() { [ "$2" = "$3" ] || fail "$1: $2, not $3"; }
formats="benchstat github-action-benchmark github-action-benchmark-bigger bencher openmetrics junit sarif"

# line ID KIND HEAP BENCHMARK PARAMS STATUS REASON MEASURES [RUN]
line() {
  jq -nc --arg id "$1" --arg kind "$2" --arg heap "$3" --arg benchmark "$4" --argjson params "$5" --arg status "$6" \
    --arg reason "$7" --argjson measures "$8" --arg run "${9:-new}" \
    '{schema: 2, id: $id, run: $run, kind: $kind, started: (if $run == "old" then "2026-11-20T07:52:23Z" else "2026-11-21T07:52:23Z" end),
      heap: $heap, benchmark: $benchmark, params: $params, status: $status, reason: $reason, measures: $measures,
      env: {machine: "nightly \"3\"", cpu: "EPYC", kernel: "Linux 6", libc: "glibc", compiler: "gcc 12", flags: "-O2\n-g"},
      commit: {sha: "ab12", seq: 3}}'
}
cpu() { printf '[{"metric":"cpu_per_op","unit":"us","better":"lower","samples":[%s]},{"metric":"operations","unit":"1/s","better":"higher","samples":[%s]},{"metric":"instructions_per_op","unit":"instructions","better":"lower","samples":[40]},{"metric":"faults","unit":"count","better":"none","samples":[0]}]' "$1" "$2"; }

size='{"size":"64","a b/c":"x\"y\n","seed":"1"}'
{
  line old bench malloc churn "$size" ok '' "$(cpu 99 1)" old
  for i in 1 2 3 4 5 6 7; do line "m$i" bench malloc churn "${size/\"1\"/\"$i\"}" ok '' "$(cpu "$i.5,$i.25,$i" "$((i * 1000))")"; done
  line b1 bench go-1 churn "$size" crashed 'ended by <signal> 11 & "more"
'$'\x01' '[]'
  line b2 bench go-1 Élan '{}' ok '' "$(cpu 0.1 3)"
  line b3 bench bump churn '{}' no-verdict 'not <here>' '[]'
  line b4 bench bump empty '{}' ok '' '[]'
  line t1 trial malloc safety '{"verdict":"kept"}' ok '' '[{"metric":"programs","unit":"count","better":"none","samples":[3]}]'
  line f1 fuzz malloc campaign '{"engine":"blind"}' ok '' '[]'
  line f2 fuzz go campaign '{"engine":"aflpp","finding.GEN-3 store":"INVARIANT GEN-3 <x>","program.GEN-3 store":"./findings/go x/GEN-3.bin","finding.signal 11":"signal 11"}' failed 'first' '[]'
  line f3 fuzz bump campaign '{"engine":"blind"}' no-verdict 'nothing ran' '[]'
  line f4 fuzz cpython campaign '{"engine":"blind"}' failed 'an older line' '[]'
} >lines.jsonl
expect 0 '17 results added' import lines.jsonl

for format in $formats; do
  good export --format "$format" --output "out.$format"
  [ ! -s out ] || fail "$format: it was written to standard output too"
  good export --format "$format" --latest
  cmp -s out "out.$format" || fail "$format: standard output is another text"
done

# benchstat: the published grammar, line by line (keys, units, results), and what it must come to.
awk '
  function bad(why) { print "line " NR ": " why ": " $0; wrong = 1 }
  /^Unit / {
    for (i = 3; i <= NF; i++) if ($i !~ /^(better=(lower|higher)|assume=(exact|nothing))$/) bad("a unit is said to be")
    if (unit[$2]++) bad("a unit twice")
    next
  }
  /^[a-z][^ \t\r\nA-Z]*:([ \t]|$)/ { next }
  /^Benchmark/ {
    if ($1 !~ /^Benchmark[^a-z]/) bad("a name that begins small")
    if ($1 ~ /-[0-9]+$/) bad("a number of processors")
    if ($2 !~ /^[1-9][0-9]*$/) bad("no count of iterations")
    if (NF < 4 || NF % 2) bad("values without units")
    for (i = 3; i < NF; i += 2) {
      if ($i !~ /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) bad("no number")
      if (!($(i + 1) in unit)) bad("a unit not said before")
    }
    results++
    next
  }
  { bad("not of the format") }
  END { if (results != 8) { print results " results"; wrong = 1 } exit wrong }' out.benchstat >said ||
  fail "benchstat: $(cat said)"
for wanted in 'Unit cpu-ns/op better=lower assume=nothing' 'Unit operations/s better=higher assume=nothing' \
  'Unit instructions/op better=lower assume=exact' 'Unit faults-count assume=nothing' 'machine: nightly "3"' \
  'flags: -O2 -g' 'commit: ab12' 'run: new' \
  "$(printf 'BenchmarkChurn/a_b_c=x"y_/size=64/heap=malloc\t1\t3250 cpu-ns/op\t3000 operations/s\t40 instructions/op\t0 faults-count')"; do
  grep -qxF -- "$wanted" out.benchstat || fail "benchstat: no line: $wanted"
done
is "benchstat: processes" "$(grep -c '^BenchmarkChurn' out.benchstat)" 7

# github-action-benchmark: name, unit and value are demanded.
for format in github-action-benchmark github-action-benchmark-bigger; do
  jq -e 'type == "array" and length > 0 and all(.[]; (.name | type) == "string" and (.unit | type) == "string" and
    (.value | type) == "number" and (.range // "" | type) == "string" and (.extra | type) == "string") and
    ([.[].name] | length == (unique | length))' "out.$format" >said || fail "$format: $(cat said)"
done
is "smaller" "$(jq -c '[.[] | .name | split("/")[-1]] | unique' out.github-action-benchmark)" '["cpu_per_op","instructions_per_op"]'
is "bigger" "$(jq -c '[.[] | .name | split("/")[-1]] | unique' out.github-action-benchmark-bigger)" '["operations"]'
is "a point" "$(jq -c '.[] | select(.name | test("malloc/cpu_per_op")) | [.unit, .value, .range]' out.github-action-benchmark)" \
  '["us",4.25,"± 3"]'
jq -r '.[0].extra' out.github-action-benchmark | grep -qx 'compiler gcc 12' || fail "a point does not say its compiler"

# Bencher: names and slugs within its limits, bounds around the value.
jq -e 'type == "object" and all(to_entries[]; (.key | length) <= 1024 and all(.value | to_entries[];
  (.key | test("^[a-z0-9]+(-[a-z0-9]+)*$") and length <= 64) and (.value.value | type) == "number" and
  (.value | (keys - ["value", "lower_value", "upper_value"]) == [] and
    ((has("lower_value") | not) or (.lower_value <= .value and .value <= .upper_value)))))' out.bencher >said ||
  fail "bencher: $(cat said)"
is "bencher" "$(jq -c '.["churn/a b/c=x\"y\n/size=64/malloc"]["cpu-ns-per-op"], .["Élan/go-1"]["cpu-ns-per-op"]' out.bencher | tr -d '\n')" \
  '{"value":4250,"lower_value":1250,"upper_value":7250}{"value":100}'

# OpenMetrics: what its specification demands, and base units.
awk '
  function bad(why) { print "line " NR ": " why ": " $0; wrong = 1 }
  ended { bad("something after EOF") }
  /^# EOF$/ { ended = 1; next }
  /^# (TYPE|UNIT|HELP) / {
    if ($3 != family) { if (seen[$3]++) bad("a family in two places"); family = $3 }
    if ($2 == "TYPE" && $4 != "gauge") bad("no gauge")
    if ($2 == "UNIT" && $3 !~ "_" $4 "$") bad("a name without its unit")
    next
  }
  /^[a-zA-Z_][a-zA-Z0-9_]*\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\} -?[0-9.]+(e[-+]?[0-9]+)?$/ {
    name = $0; sub(/\{.*/, "", name)
    if (name != family) bad("a sample outside its family")
    labels = $0; sub(/ [^ ]*$/, "", labels)
    if (sample[labels]++) bad("a sample twice")
    next
  }
  { bad("not of the format") }
  END { if (!ended) { print "no EOF"; wrong = 1 } exit wrong }' out.openmetrics >said || fail "openmetrics: $(cat said)"
for wanted in '# UNIT heaptrial_cpu_per_op_seconds seconds' '# UNIT heaptrial_operations_per_second per_second' \
  'heaptrial_cpu_per_op_seconds{benchmark="churn",heap="malloc",variant="",setting_a_b_c_1="x\"y\n",setting_size="64",stat="median"} 4.25e-06' \
  'heaptrial_lines{benchmark="churn",heap="bump",variant="",kind="bench",status="no-verdict"} 1' \
  'heaptrial_environment_info{machine="nightly \"3\"",cpu="EPYC",kernel="Linux 6",libc="glibc",compiler="gcc 12",flags="-O2\n-g",commit="ab12"} 1'; do
  grep -qxF -- "$wanted" out.openmetrics || fail "openmetrics: no line: $wanted"
done

# JUnit: well-formed, counts that are true, every end of a run in its own word.
if command -v xmllint >/dev/null; then
  xmllint --noout out.junit 2>said || fail "junit: $(cat said)"
  number() { xmllint --xpath "number($1)" out.junit; }
  for suite in testsuites 'testsuites/testsuite[1]'; do
    is "junit: $suite tests" "$(number "/$suite/@tests")" "$(number "count(/$suite//testcase)")"
    for what in failure error skipped; do
      attribute=${what}s
      [ $what != skipped ] || attribute=skipped
      is "junit: $suite $attribute" "$(number "/$suite/@$attribute")" "$(number "count(/$suite//$what)")"
    done
  done
  is "junit: failure" "$(xmllint --xpath 'string(//testcase[@classname="bench.churn"]/failure/@message)' out.junit)" \
    "$(printf 'ended by <signal> 11 & "more"\n?')"
  is "junit: crashed" "$(number 'count(//failure[@type="crashed"])')" 1
  is "junit: failures" "$(number /testsuites/@failures)" 3
  is "junit: skipped" "$(xmllint --xpath 'string(//testcase[@classname="bench.churn"]/skipped/@message)' out.junit)" 'not <here>'
  is "junit: no data" "$(xmllint --xpath 'string(//testcase[error]/@name)' out.junit)" 'empty/bump'
  is "junit: flags" "$(xmllint --xpath 'string(//testsuite[1]/properties/property[@name="flags"]/@value)' out.junit)" "$(printf -- '-O2\n-g')"
fi

# SARIF: every finding, whatever is known of it; a campaign without a verdict is no success.
jq -e '.version == "2.1.0" and (.runs | length) == 1 and (.runs[0] |
  .tool.driver.name == "heaptrial" and ([.tool.driver.rules[].id] | length == (unique | length)) and
  ([.tool.driver.rules[].id] as $rules | all(.results[]; .ruleId as $id | $rules | index($id))) and
  all(.results[]; (.message.text | length) > 0 and (.partialFingerprints | length) == 1 and .level == "error"))' \
  out.sarif >said || fail "sarif: $(cat said)"
is "sarif: findings" "$(jq -c '[.runs[0].results[] | [.ruleId, .partialFingerprints[], (.locations[0].physicalLocation.artifactLocation.uri)]] | sort' out.sarif)" \
  '[["GEN-3","go/GEN-3 store","findings/go%20x/GEN-3.bin"],["failed","cpython/failed",null],["signal-11","go/signal 11",null]]'
is "sarif: success" "$(jq -c '.runs[0].invocations[0] | [.executionSuccessful, .toolExecutionNotifications[].message.text]' out.sarif)" \
  '[false,"no verdict on heap bump: nothing ran"]'
is "sarif: where from" "$(jq -c '.runs[0].results[0].properties | [.compiler, .flags, .machine]' out.sarif)" '["gcc 12","-O2\n-g","nightly \"3\""]'

# One run, and nothing of the others.
good export --format bencher --run old
is "the old run" "$(jq -c '[.[]["cpu-ns-per-op"]]' out)" '[{"value":99000}]'
expect_line 3 'nothing to export as junit: no result in run "nosuch"$' export --format junit --run nosuch
expect_line 3 'nothing to export as sarif: no campaign or trial with a verdict in run "old"$' export --format sarif --run old

# Names beyond Bencher's limits stay different.
long=$(printf 'x%.0s' $(seq 1100))
{
  line l1 bench malloc "${long}é1" '{}' ok '' "$(cpu 1 1 | sed "s/faults/${long:0:90}/")" long
  line l2 bench malloc "${long}é2" '{}' ok '' "$(cpu 2 2)" long
} >long.jsonl
good import long.jsonl
good export --format bencher --run long
is "long names" "$(jq -c '[length, ([keys[] | utf8bytelength] | max <= 1024), ([.[] | keys[] | length] | max <= 64)]' out)" '[2,true,true]'

# What a real run leaves names its environment and its findings.
if ! sanitized; then
  expect 1 '' fuzz --engine blind --executions 500 --time 60s --heap "$faulty/libscribble.so" --db real.db
  expect 1 '' trial --safety-only --programs 20 --time 60s --heap "$faulty/libscribble.so" --db real.db
  good export --format sarif --db real.db
  is "campaign and trial" "$(jq -c '[.runs[0].results[].properties.benchmark] | unique' out)" '["campaign","safety"]'
  jq -r '.runs[0].results[].locations[0].physicalLocation.artifactLocation.uri' out >uris
  [ -s uris ] || fail "no location"
  while read -r uri; do [ -s "$uri" ] || fail "the location is no file: $uri"; done <uris
  # What it scribbles over may also end the process.
  jq -r ".runs[0].results[].ruleId" out | grep -qx GEN-3 || fail "no rule is the invariant: $(cat out)"
  # A busy machine is told of on standard error.
  expect 0 '' bench --replicates 1 --cpu-time 0.02s --time 60s --heap bump --workload churn:size=64 --db real.db
  is "lines without an environment" "$(sqlite3 real.db "SELECT count(*) FROM line JOIN environment ON environment = environment.number
    WHERE machine = '' OR kernel = '' OR libc = '' OR compiler = '' OR flags = ''")" 0
  is "kinds" "$(sqlite3 real.db "SELECT group_concat(kind) FROM (SELECT DISTINCT kind FROM line ORDER BY kind)")" 'bench,fuzz,trial'
fi

# Nothing to say is never an empty file.
line t trial malloc safety '{}' no-verdict 'why not' '[]' >only.jsonl
good import --db only.db only.jsonl
echo before >kept
for format in $formats; do
  case $format in openmetrics | junit) continue ;; esac
  expect_line 3 "nothing to export as $format: no " export --format "$format" --db only.db --output kept
  expect_line 3 "nothing to export as $format: no " export --format "$format" --db only.db
  [ ! -s out ] || fail "$format: something was written"
done
is "the file that was there" "$(cat kept)" before
good export --format junit --db only.db
grep -q '<skipped message="why not"/>' out || fail "junit: a trial without a verdict is not skipped"
sqlite3 only.db 'DELETE FROM line'
for format in $formats; do expect_line 3 'nothing to export' export --format "$format" --db only.db; done

# Bad input.
expect 2 'which --format' export
expect 2 'there is no format "csv"' export --format csv
expect 2 'either --latest or --run' export --format junit --latest --run new
expect 2 'takes the name of a run' export --format junit --run ''
expect_line 2 'nosuch.db: No such file' export --format junit --db nosuch.db
expect_line 2 'lines.jsonl: is not a results database' export --format junit --db lines.jsonl
expect_line 3 'nosuch/out: cannot be written: No such file' export --format junit --output nosuch/out
expect_line 3 '/dev/full: cannot be written: No space left' export --format junit --output /dev/full
[ -c /dev/full ] || fail "/dev/full is gone"
head -c 5000 results.db >cut.db
expect_line 2 'cut.db: ' export --format junit --db cut.db
sqlite3 results.db "UPDATE measure SET samples = 'x'"
expect_line 3 'samples that cannot be read' export --format junit
