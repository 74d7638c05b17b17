#!/usr/bin/env bash
# macro.sh RUN BENCH_DIRECTORY: whole processes under hyperfine; one that crashes has no times, and the script says so.
set -euo pipefail
fail() {
  echo "macro.sh: $1" >&2
  exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ln -s "$2/bench-bump" "$scratch/bench-bump"
# This one is well when it is tried and crashes when it is timed.
cat >"$scratch/bench-crashing" <<END
#!/usr/bin/env bash
[ ! -e "$scratch/tried" ] || kill -SEGV \$\$
touch "$scratch/tried"
END
chmod +x "$scratch/bench-crashing"
status=0
"$1" -r 2 -o "$scratch/json" -h bump -h crashing "$scratch" churn:operations=10000 2>"$scratch/error" || status=$?
[ "$status" = 1 ] || fail "a crash is answered by $status: $(cat "$scratch/error")"
jq -e '.results | length == 2 and
  (map(select(.parameters.heap == "bump"))[0] | (.times | length == 2) and .exit_codes == [0, 0] and .mean > 0 and
    .parameters.operations == "10000") and
  (map(select(.parameters.heap == "crashing"))[0] | .times == [] and .exit_codes != [0] and (has("mean") | not))' \
  "$scratch/json" >/dev/null || fail "not the JSON that was expected: $(cat "$scratch/json")"
status=0
"$1" -r 1 -h no-such-heap "$scratch" churn >/dev/null 2>&1 || status=$?
[ "$status" = 3 ] || fail "nothing to run is answered by $status"
status=0
"$1" -r x "$scratch" churn >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "a wrong number of rounds is answered by $status"
