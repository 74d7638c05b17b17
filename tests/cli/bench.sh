# Measuring from the command line, and the report of what was measured.
sanitized && exit 77
short="--replicates 1 --cpu-time 0.05s --time 60s"

# shellcheck disable=SC2086
{
  expect 0 '^malloc +2 +0 +[0-9.]+ [num]?s +none +[0-9.]+ x live' bench $short --heap malloc --heap bump \
    --workload churn --workload binary-trees
  expect 0 '^report: report.html$' report
  for heap in malloc bump; do grep -q "$heap" report.html || fail "the report says nothing of $heap"; done
  # One that is timed and one that is watched, for each heap and workload.
  [ "$(sqlite3 results.db "SELECT count(*) FROM line WHERE kind = 'bench' AND status = 'ok'")" = 8 ] ||
    fail "not every run has its line"

  # Twins in other languages and limits stand in the same table; one that is not installed says so.
  if command -v go >/dev/null; then
    expect 0 '^native:go:GOGC=50 +1 +0 +[0-9.]+ [num]?s' bench $short --db twins.db --heap malloc --heap native:go:GOGC=50 \
      --heap native:python --heap limit:bump --workload churn:operations=4096
    [ "$(sqlite3 twins.db "SELECT count(DISTINCT checksum), count(*) FROM line WHERE status = 'ok'")" = '1|5' ] ||
      fail "twins do not do the same work, or the store does not take their lines"
  fi
  expect 2 'native:go' bench $short --heap native:nosuch --workload churn
  expect 3 'not written' bench $short --db other.db --heap limit:bump --workload message-ring

  # A heap that crashes, hangs or ends the process has no times.
  for heap in crash_in_alloc exit_in_alloc; do
    expect 1 "^[^ ]*$heap[^ ]* +0 +1 +- +- +-" bench $short --heap "$faulty/lib$heap.so" --workload churn:size=1024
  done
  expect 1 ' +0 +1 +- +- +-' bench $short --process-time 2s --heap "$faulty/libhang_in_alloc.so" \
    --workload churn:size=1024
  [ "$(sqlite3 results.db "SELECT count(*) FROM line WHERE status <> 'ok' AND reason <> ''")" = 3 ] ||
    fail "a run that failed has no line that says why"

  expect 3 'served by|not by nonsense' bench $short --heap malloc:provider=nonsense --workload churn
  expect 2 'nosuch' bench $short --heap malloc --workload nosuch
  expect 2 'nosuch' bench $short --heap malloc --workload churn:nosuch=1
  expect 2 'takes a number' bench --replicates 0
}

expect 0 'churn' list workloads
: >none.db
expect 3 'holds no results' report --db none.db --import /dev/null
printf 'broken\n' >broken.jsonl
expect 2 'broken.jsonl:1: ' report --import broken.jsonl
expect_line 2 'nosuch.json' report --hyperfine nosuch.json
