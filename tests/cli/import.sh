# Files of results on their way into the database: every format, and every way in which a file can be wrong.
count() { sqlite3 results.db "SELECT count(*) FROM line ${1:-}"; }
is() { [ "$2" = "$3" ] || fail "$1: $2, not $3"; }

line() { # line ID [FIELDS]
  printf '{"schema":2,"id":"%s","run":"r","kind":"bench","started":"2026-11-21T07:52:23Z","heap":"malloc",' "$1"
  printf '"benchmark":"churn","status":"ok","measures":[{"metric":"cpu","unit":"ns","better":"lower","samples":[1.5]}]%s}\n' \
    "${2:-}"
}

# Lines: known ones are not added again, broken ones are said and cost no other.
{ line a; line b; } >good.jsonl
expect 0 '^good.jsonl: 2 results added, 0 known already$' import good.jsonl
expect 0 '^good.jsonl: 0 results added, 2 known already$' import good.jsonl
[ ! -s err ] || fail "a good file is complained of: $(cat err)"
{
  echo 'nonsense {"context": "{'
  line c
  line d | sed 's/malloc/\xff\xfe/'
  line e ',"measures":[]'
  line f | sed 's/1.5/NaN/'
  line g | head -c 100
} >partly.jsonl
expect 1 '^partly.jsonl: 1 results added, 0 known already$' import partly.jsonl
for words in '1: not JSON' '3: not JSON.*unable to decode byte' '4: not JSON.*duplicate' '5: not JSON' '6: the file ends within this line'; do
  grep -qE "^heaptrial import: partly.jsonl:$words" err || fail "not said: $words"
done
is "lines of the good part" "$(count "WHERE id IN ('a', 'b', 'c')")" 3
is "all lines" "$(count)" 3
{ printf '\xef\xbb\xbf'; line bom; } >bom.jsonl
expect 0 ': 1 results added' import bom.jsonl

seq 1 500 >numbers.jsonl
expect 3 '^heaptrial import: numbers.jsonl: and 490 more that are broken$' import --format line numbers.jsonl
is "lines said" "$(wc -l <err)" 11

# A large file, most of it known.
for i in $(seq 1 3000); do line "many-$i" ',"env":{"compiler":"gcc 12","flags":"-O3"}'; done >many.jsonl
cat many.jsonl many.jsonl >twice.jsonl
expect 0 '^twice.jsonl: 3000 results added, 3000 known already$' import twice.jsonl
is "compiler and flags" "$(sqlite3 results.db "SELECT DISTINCT compiler, flags FROM line JOIN environment ON environment = environment.number WHERE id LIKE 'many%'")" 'gcc 12|-O3'

# Google Benchmark, as it writes when things go wrong.
cat >gb.json <<'JSON'
{
  "context": {"date": "2026-11-20T18:19:18+00:00", "host_name": "vm", "heap": "boehm", "compiler": "clang 19",
    "flags": "-O2", "commit": "ab12cd3", "commit_seq": "77", "load_avg": [NaN]},
  "benchmarks": [
    {"name": "churn/size:64", "run_name": "churn/size:64", "run_type": "iteration", "real_time": 2, "cpu_time": 1, "time_unit": "us", "odd": -NaN},
    {"name": "churn/size:64", "run_name": "churn/size:64", "run_type": "iteration", "real_time": 3, "cpu_time": 2, "time_unit": "us", "odd": Infinity},
    {"name": "churn/size:64_mean", "run_name": "churn/size:64", "run_type": "aggregate", "real_time": 2.5, "cpu_time": 1.5, "time_unit": "us"},
    {"name": "bad", "run_name": "bad", "run_type": "iteration", "real_time": NaN, "cpu_time": Infinity, "time_unit": "ns"},
    {"name": "error", "run_name": "error", "run_type": "iteration", "error_occurred": true, "error_message": "no memory"},
    {"name": "skip", "run_name": "skip", "run_type": "iteration", "skipped": true, "skip_message": "not here"}
  ]
}
JSON
expect 0 '^gb.json: 4 results added, 0 known already$' import gb.json
expect 0 '^gb.json: 0 results added, 4 known already$' import gb.json
is "failures" "$(sqlite3 -separator ' ' results.db "SELECT benchmark, status FROM line WHERE heap = 'boehm' AND status <> 'ok' ORDER BY benchmark")" \
  "$(printf 'bad failed\nerror failed\nskip no-verdict')"
is "samples without aggregates" "$(sqlite3 results.db "SELECT samples FROM measure JOIN line ON number = line WHERE heap = 'boehm' AND metric = 'cpu_per_op'")" '[1000.0,2000.0]'
is "where it comes from" "$(sqlite3 results.db "SELECT DISTINCT machine, compiler, flags, commit_sha, commit_seq FROM line JOIN environment ON environment = environment.number WHERE heap = 'boehm'")" \
  'vm|clang 19|-O2|ab12cd3|77'
is "runs of one file" "$(sqlite3 results.db "SELECT count(DISTINCT run), min(length(run)) FROM line WHERE heap = 'boehm'")" '1|32'

# Two nights of one benchmark are two runs, also where the file does not say so.
sed 's/"cpu_time": 1,/"cpu_time": 9,/; s/T18/T20/' gb.json >later.json
expect 0 ': 4 results added' import later.json
expect 0 '' export --format bencher
is "the later night alone" "$(jq '.["churn/size=64/boehm"]["cpu-ns-per-op"].value' out)" 5500

# hyperfine
cat >hf.json <<'JSON'
{"results": [
  {"command": "trees 10", "mean": 1, "stddev": null, "user": 0.5, "system": 0.25, "times": [1.0], "exit_codes": [0]},
  {"command": "crash", "mean": null, "user": 0, "system": 0, "times": [1.0, 2.0], "exit_codes": [0, null]},
  {"command": "\u00e9", "times": [NaN], "exit_codes": [0]}, {"command": "none"}, 7]}
JSON
HEAPTRIAL_MACHINE=nightly-3 HEAPTRIAL_COMMIT=cafe HEAPTRIAL_COMMIT_SEQ=5 expect 0 '^hf.json: 5 results added' import --heap jemalloc hf.json
is "hyperfine's statuses" "$(sqlite3 results.db "SELECT group_concat(status) FROM (SELECT status FROM line WHERE heap = 'jemalloc' ORDER BY number)")" \
  'ok,crashed,failed,no-verdict,no-verdict'
is "what the environment says" "$(sqlite3 results.db "SELECT DISTINCT machine, compiler, flags, commit_sha, commit_seq FROM line JOIN environment ON environment = environment.number WHERE heap = 'jemalloc'")" \
  'nightly-3|||cafe|5'
expect 0 '^hf.json: 5 results added' import --heap tcmalloc hf.json
expect 0 '^hf.json: 0 results added, 5 known' import --heap tcmalloc hf.json

# Without a heap there is no line.
expect 3 '^heaptrial import: hf.json: result 1: no heap: name it with --heap, or in the file$' import hf.json
is "reports" "$(wc -l <err)" 5

# Bytes that are no UTF-8 cost a character.
sed 's/trees/tr\xe9\xe9s/' hf.json >latin1.json
expect 0 ': 5 results added' import --heap mimalloc latin1.json
is "the name" "$(sqlite3 results.db "SELECT benchmark FROM line WHERE heap = 'mimalloc' AND status = 'ok'")" 'tr??s 10'

# No use at all: each says why, changes nothing, and does not hide the others.
before=$(count)
head -c 300 gb.json >cut.json
: >empty.json
printf '[]' >array.json
printf 'abc\0def' >binary.json
mkdir folder
printf '{"results":[]}' >nothing.json
while read -r file words; do
  expect 3 "^heaptrial import: $file:? ?$words" import --heap h "$file"
done <<'END'
cut.json [0-9]+: not JSON
empty.json holds no results
array.json neither result lines nor JSON
binary.json neither result lines nor JSON
/dev/zero neither result lines nor JSON
folder .*directory
nothing.json holds no results
nosuch.json No such file
END
expect_line 3 'gb.json: has no "results": not a file of hyperfine' import --format hyperfine gb.json
expect_line 3 'hf.json: has no "benchmarks"' import --format google-benchmark hf.json
expect 1 '^good.jsonl: 0 results added, 2 known' import nosuch.json good.jsonl
expect 0 '^good.jsonl: 0 results added, 2 known' import empty.json good.jsonl
is "lines after all that" "$(count)" "$before"

expect 2 'which FILE' import
expect 2 'there is no format "csv"; there are line' import --format csv good.jsonl
expect_line 2 'nosuch/r.db: ' import --db nosuch/r.db good.jsonl
echo text >text.db
expect_line 2 'text.db: is not a results database' import --db text.db good.jsonl
