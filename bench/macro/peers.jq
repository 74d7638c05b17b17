# peers.jq: from the lines of a run of bench/macro/peers, as sqlite3 gives them, to the text of docs/peers.md.
# Arguments: command, replicates, cpu_time, cores, and order, the heaps as they were asked for.
def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def digits: # three of them
  if . >= 100 then round else (if . >= 10 then 10 elif . >= 1 then 100 else 1000 end) as $f | (. * $f | round) / $f end;
def workload: .benchmark + ([
  (.series | select(.size and (.tasks | not)) | " \(.size) B"),
  (.series | select(.references == "1") | "references"),
  (.series | select(.length) | "of \(.length)"),
  (.series | select(.escape) | "\(.escape) %")] | map(" " + ltrimstr(" ")) | join(""));
# What else says how long a run was.
def extent: .series | {operations, depth, live, collections, tasks};
# Of a twin: what its runtime was told.
def settings: [to_entries[] | select(.key | startswith("GO")) | " \(.key)=\(.value)"] | join("");
def row(cells): "| " + (cells | join(" | ")) + " |";
def told_some: test("\\| [0-9.]+( ~)? \\|");
def table($head; $rows): row($head), row($head | map("---")), $rows[];

map(.series |= fromjson | .measures |= fromjson | .name = (if .variant != "" then .variant else .heap + (.series | settings) end)
  | .workload = workload) |
. as $lines |
(reduce (.[] | select(.name != "limit:bandwidth")).workload as $w ([]; if index([$w]) then . else . + [$w] end)) as $workloads |
($order | split(" ") | map(sub("^(?<name>native:[^:/]+):"; "\(.name) ") | gsub(","; " ")
  | sub("^native:.*/"; "native:") | if startswith("native:") or startswith("limit:") then . else sub(":.*"; "") end)) as $names |
([$names[] | select(startswith("limit:") | not)]) as $heaps |
([$names[] | select(startswith("limit:"))]) as $limits |
(map(select(.status == "ok" and .name != "limit:bandwidth")) | group_by(.workload) | map({key: .[0].workload, value: (group_by(extent)
  | max_by(map(.measures.measured_operations // 0) | max) | .[0] | extent)}) | from_entries) as $longest |

def runs($w; $n): [$lines[] | select(.workload == $w and .name == $n)];
# Pages over a handful of bytes mean nothing.
def means_something($metric): $metric != "resident_over_live" or
  (.resident_over_live > 0 and .peak_resident / .resident_over_live > 65536);
def cell($w; $n; $metric; $scale): runs($w; $n) as $runs |
  [$runs[] | select(.status == "ok")] as $good |
  [$good[].measures | select(.[$metric] != null and means_something($metric)) | .[$metric] / $scale] as $values |
  if ($good | length) == 0 then
    (if ($runs | map(.status) | any(. != "no-verdict")) then $runs[0].status else "" end)
  elif ($values | length) == 0 then ""
  else ($values | median | digits | tostring) +
    (if ($good[0] | extent) == $longest[$w] then "" else " ~" end) end;
# Whose limit of a workload is lowest.
def limit($w): [$limits[] | . as $n | {name: ltrimstr("limit:"), value: (cell($w; $n; "cpu_per_op"; 1) | rtrimstr(" ~") | select(. != "") | tonumber?)}]
  | if length == 0 then "" else min_by(.value) | "\(.value) \(.name)" end;
def told($metric): [$heaps[] | . as $n | select(any($lines[]; .name == $n and .status == "ok" and .measures[$metric] != null))];
def spread: map(select(.status == "ok")) | group_by([.workload, .name]) | map(map(.measures.cpu_per_op | select(. != null))
  | select(length > 1) | (max - min) / median) | if length == 0 then null else sort | {most: .[-1], middle: median} end;
def runtimes: [$heaps[] | . as $n | first($lines[] | select(.name == $n and .status == "ok" and .provider != "")) | "\($n): `\(.provider)`"];

($lines[0]) as $one | ($lines | spread) as $spread |
"# Peers on one machine", "",
"Made by", "", "    \($command) -o docs/peers.md build/release/bin/heaptrial", "",
"Every workload on other people's heaps, as native twins and as limits (`bench/native/README.md` says what these are),",
"interleaved in rounds of random order, \($replicates) processes each. Runs are short: a process takes about \($cpu_time) of CPU time",
"in the region. A cell is the median; ~ stands behind one whose runs had to be shorter, or smaller, than the longest of",
"its row. An empty cell: it cannot be run, or is not told.",
(if $spread then "Between the slowest and the fastest process of a cell lie \($spread.middle * 100 | digits) % of the median in the middle of all cells,",
  "\($spread.most * 100 | digits) % in the worst." else empty end), "",
"Machine: \($one.cpu), \($cores) processors, \($one.kernel), \($one.libc); \($one.compiler), \($one.flags).", "",
(runtimes | if length > 0 then "Served by " + join(", ") + ".", "" else empty end),
"## CPU time of an operation, ns", "",
table(["workload"] + $heaps + ["lowest limit"]; [$workloads[] as $w | row([$w] + [$heaps[] as $n | cell($w; $n; "cpu_per_op"; 1)] + [limit($w)])]), "",
"## Peak of resident memory over what lives", "",
table(["workload"] + $heaps; [$workloads[] as $w | row([$w] + [$heaps[] as $n | cell($w; $n; "resident_over_live"; 1)]) | select(told_some)]), "",
"## Longest pause, us", "",
(told("pause_max") as $tell | if $tell == [] then "Nobody told of one." else
  table(["workload"] + $tell; [$workloads[] as $w | row([$w] + [$tell[] as $n | cell($w; $n; "pause_max"; 1000)]) | select(told_some)]) end), "",
"## Limits, ns of CPU time an operation", "",
table(["workload"] + ($limits | map(ltrimstr("limit:"))); [$workloads[] as $w | row([$w] + [$limits[] as $n | cell($w; $n; "cpu_per_op"; 1)]) | select(told_some)]), "",
([$lines[] | select(.name == "limit:bandwidth" and .status == "ok")] | if length == 0 then empty else
  "Memory, over \((.[0].series.working_set | tonumber) / 1048576 | round) MB, GB/s: " + ([("read", "write", "copy") as $kind
    | "\($kind) \(map(.measures["\($kind)_bandwidth"] / 1e9) | median | digits)"] | join(", ")) + "." end)
