#!/usr/bin/env bash
# micro.sh MICRO MICRO_BROKEN: Google Benchmark's JSON has what results read from it; a heap that corrupts has an error
# there and no time, and the program says so.
set -euo pipefail
fail() {
  echo "micro.sh: $1" >&2
  exit 1
}
options=(--benchmark_min_time=0.01 --benchmark_format=json)
"$1" "${options[@]}" --benchmark_filter='churn/size:(16|64)/|binary' | jq -e '
  (.context | .heap and has("provider")) and (.benchmarks | length == 5) and
  all(.benchmarks[]; .cpu_time > 0 and .cpu_time < 100000 and .allocations > 0 and .label != "" and
    .items_per_second > 0 and (.error_occurred | not))' >/dev/null || fail "not the JSON that was expected"
status=0
"$2" "${options[@]}" --benchmark_filter='churn/size:16/.*references:0' >"${TMPDIR:-/tmp}/micro.$$" || status=$?
trap 'rm -f "${TMPDIR:-/tmp}/micro.$$"' EXIT
[ "$status" = 1 ] || fail "a heap that corrupts ends with exit code $status"
jq -e 'all(.benchmarks[]; .error_occurred and (.error_message | startswith("checksum")))' "${TMPDIR:-/tmp}/micro.$$" \
  >/dev/null || fail "a heap that corrupts has no error"
status=0
"$1" --expect-provider=libnone "${options[@]}" >/dev/null 2>&1 || status=$?
[ "$status" = 3 ] || fail "a wrong provider ends with exit code $status"
status=0
"$1" --no-such-option >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "a wrong option ends with exit code $status"
