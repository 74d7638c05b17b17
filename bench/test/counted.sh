#!/usr/bin/env bash
# counted.sh BENCH_MALLOC COUNT_MALLOC_SO: no compiler has removed what is measured. Each way of calling makes the calls
# of malloc and free that its line says.
set -euo pipefail
operations=20000 live=64
for calls in direct table hand; do
  said=$(LD_PRELOAD=$2 "$1" --workload churn --param "size=48,live=$live,operations=$operations" --calls "$calls" \
    --output /dev/null 2>&1)
  read -r word mallocs frees <<<"$said"
  if [ "$word" != counted ] || [ "$mallocs" -lt $((operations + live + 1)) ] || [ "$frees" -lt $((operations + live + 1)) ] ||
    [ "$mallocs" -gt $((operations + live + 100)) ]; then
    echo "counted.sh: $calls: $said, expected $((operations + live + 1)) of both" >&2
    exit 1
  fi
done
# The proof of the provider: the wrong one is refused, without a line that says ok.
status=0
line=$("$1" --workload churn --param operations=1000 --expect-provider libnone 2>/dev/null) || status=$?
if [ "$status" != 3 ] || [[ $line != *'"no-verdict"'* ]] || [[ $line == *cpu_per_op* ]]; then
  echo "counted.sh: a wrong provider is answered by $status: $line" >&2
  exit 1
fi
