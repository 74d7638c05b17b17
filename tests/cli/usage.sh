# Help, version and usage errors of every command.
commands="list trial fuzz replay shrink mutants bench compare doctor import export report"

expect 0 '^Usage: heaptrial COMMAND' --help
for command in $commands; do
  grep -q "^  $command " out || fail "heaptrial --help does not list $command"
done
expect 0 '^heaptrial [0-9]+\.[0-9]+\.[0-9]+$' --version
expect 2 '^Usage: heaptrial COMMAND'
expect_line 2 'there is no command "frobnicate"; heaptrial --help' frobnicate

for command in $commands; do
  expect 0 "^Usage: heaptrial $command" "$command" --help
  grep -q -- --help out || fail "heaptrial $command --help: no options"
  [ ! -s err ] || fail "heaptrial $command --help: $(cat err)"
  expect 0 '^heaptrial [0-9]' "$command" --version
  expect 2 "Try .heaptrial $command --help" "$command" --no-such-option
  [ ! -s out ] || fail "heaptrial $command: a usage error on standard output"
done

expect 2 'which FILE' replay --heap malloc
expect 2 'on which heap' replay file
expect 2 'where to' shrink --heap malloc file
expect 2 'takes a duration such as' replay --heap malloc --time soon file
expect 2 'takes a number from' shrink --heap malloc --attempts 0 -o out file
expect 2 'there is no list of "nothing"' list nothing

# All there is, by kinds; and what `bench` takes beside heaps is what is listed.
run list --heap malloc
[ "$code" = 0 ] || fail "list: $code, $(cat err)"
cp out all
for kind in heaps twins limits workloads targets invariants; do
  grep -qx "$kind" all || fail "list shows no $kind"
  expect 0 "^$kind$" list "$kind" --heap malloc
  [ "$(grep -c '^[a-z]' out)" = 1 ] || fail "list $kind shows more than that: $(cat out)"
done
for kind in twins limits; do
  expect 0 "^$kind$" list "$kind" --heap malloc
  sed -nE 's/^  ([a-z]+:[a-z-]+) .*/\1/p' out >>listed
done
run bench --heap limit:nosuch --workload churn
grep -oE '(native|limit):[a-z-]+' err | grep -v nosuch >taken
[ -s taken ] && diff listed taken || fail "list does not show the twins and limits that bench takes: $(cat err)"
expect_line 2 'there is no heap "nosuch"; there are malloc' list --heap nosuch
expect_line 2 'no such file' list --heap ./nosuch.so
expect_line 2 'is not of the form option=value' list --heap malloc:provider
