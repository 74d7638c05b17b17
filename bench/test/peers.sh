#!/usr/bin/env bash
# peers.sh PEERS HEAPTRIAL: the peers' table holds what was measured, and of a heap that lies no times.
set -euo pipefail
fail() {
  echo "peers.sh: $1" >&2
  exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/liar" <<'END'
#!/bin/sh
printf 'checksum 1\nallocations 99999\ncpu_ns 1\nwall_ns 1\npage_faults 1\ncontext_switches 1\n'
END
chmod +x "$scratch/liar"
status=0
"$1" -n 2 -c 1s -d "$scratch/db" -o "$scratch/table" -h malloc -h "native:$scratch/liar" -h limit:bump \
  -w churn:operations=1000 -w rings:operations=1000,length=10 "$2" 2>"$scratch/error" || status=$?
[ "$status" = 1 ] || fail "a heap that lies is answered by $status: $(cat "$scratch/error")"
row=$(grep -m 1 '^| churn 64 B |' "$scratch/table") || fail "no row of churn: $(cat "$scratch/table")"
[[ $row =~ ^\|\ churn\ 64\ B\ \|\ ([0-9.]+)\ \|\ checksum\ \|\ [0-9.]+\ bump\ \|$ ]] || fail "not the row of churn: $row"
# The cell is the median of the two that were measured, to three digits.
sqlite3 "$scratch/db" "SELECT avg(json_extract(samples, '\$[0]')) FROM measure JOIN line ON line.number = measure.line
  WHERE metric = 'cpu_per_op' AND heap = 'malloc' AND benchmark = 'churn'" |
  awk -v cell="${BASH_REMATCH[1]}" '{ exit !(cell > $1 * 0.99 && cell < $1 * 1.01) }' ||
  fail "the cell says ${BASH_REMATCH[1]}"
# Rings are not written for the limit: its cell is empty.
grep -q '^| rings of 10 | [0-9.]* | checksum |  |$' "$scratch/table" || fail "not the row of rings: $(cat "$scratch/table")"

status=0
"$1" -n 1 -h limit:marker -w churn -o "$scratch/none" "$2" 2>"$scratch/error" || status=$?
[ "$status" = 3 ] && [ ! -s "$scratch/none" ] || fail "nothing to measure is answered by $status: $(cat "$scratch/error")"
status=0
"$1" -n 1 -h no-such-heap -w churn "$2" >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "a heap that is none is answered by $status"
