#!/usr/bin/env bash
# counted.sh BENCH_MALLOC COUNT_MALLOC_SO: no compiler has removed what is measured. Each way of calling makes the calls
# of malloc and free that its line says.
set -euo pipefail
operations=20000 live=64
for calls in direct table hand; do
  said=$(LD_PRELOAD=$2 "$1" --workload churn --param "size=48,live=$live,operations=$operations" --calls "$calls" \
    --output /dev/null 2>&1)
  read -r word mallocs frees _ <<<"$said"
  if [ "$word" != counted ] || [ "$mallocs" -lt $((operations + live + 1)) ] || [ "$frees" -lt $((operations + live + 1)) ] ||
    [ "$mallocs" -gt $((operations + live + 100)) ]; then
    echo "counted.sh: $calls: $said, expected $((operations + live + 1)) of both" >&2
    exit 1
  fi
done
# Every workload that runs on malloc asks it for as many blocks as its line says it allocated, and frees them. (The rest of
# the program asks for some four hundred.)
scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
for workload in churn:references=1,operations=2000 binary-trees:depth=8 message-ring:live=64,operations=4000 \
  exchange:live=64,operations=4000 service:live=64,tasks=16,operations=500 escape:operations=10000 \
  rings:live=16,operations=4000; do
  for calls in direct table; do
    : >"$scratch"
    said=$(LD_PRELOAD=$2 "$1" --workload "${workload%%:*}" --param "${workload#*:}" --calls "$calls" --output "$scratch" 2>&1)
    read -r word _ frees all <<<"$said"
    allocations=$(sed -n 's/.*"allocations":"\?\([0-9]*\).*/\1/p' "$scratch")
    if [ "$word" != counted ] || [ "${allocations:-0}" -lt 4000 ] || [ "$all" -lt "$allocations" ] ||
      [ "$frees" -lt "$allocations" ]; then
      echo "counted.sh: $workload, $calls: $said, and its line says ${allocations:-nothing}" >&2
      exit 1
    fi
  done
done
# The proof of the provider: the wrong one is refused, without a line that says ok.
status=0
line=$("$1" --workload churn --param operations=1000 --expect-provider libnone 2>/dev/null) || status=$?
if [ "$status" != 3 ] || [[ $line != *'"no-verdict"'* ]] || [[ $line == *cpu_per_op* ]]; then
  echo "counted.sh: a wrong provider is answered by $status: $line" >&2
  exit 1
fi
