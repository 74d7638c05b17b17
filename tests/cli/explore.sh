# Every schedule: what it says, its exit codes, and what cannot be explored.
cat >two.txt <<'TEXT'
mutators 2
carriers 2
size_limit 2^6
m0 alloc s0 references size 32
m1 alloc s0 references size 32
m0 send cell0 s0
m1 recv s1 cell0
m1 store s1.0 s0
TEXT
expect 2 'which --program' explore --heap python
expect 2 'on which --heap' explore --program two.txt
expect 2 'no heap|there is no' explore --heap nosuch --program two.txt
expect 2 'none, total or partial' explore --heap python --program two.txt --buffers some
expect 2 'preemptions' explore --heap python --program two.txt --preemptions many
expect_line 3 'cpython cannot run in the simulated world' explore --heap cpython --program two.txt
expect_line 3 'malloc cannot run in the simulated world' explore --heap malloc --program two.txt

# Beside ThreadSanitizer there is no such world.
if [ "$sanitizers" = thread ]; then
  expect_line 3 'python cannot run in the simulated world' explore --heap python --program two.txt
else
  expect 2 'nosuch: No such file' explore --heap python --program nosuch
  for heap in bump counting semispace python python:threads=lock; do
    expect 0 'no violation in all [1-9][0-9]* schedules' explore --heap $heap --program two.txt --preemptions 1
  done
  schedules() { sed -n 's/^\([0-9]*\) schedules with .*/\1/p' out; }
  expect 0 'with at most 0 preemptions' explore --heap python --program two.txt --preemptions 0
  none=$(schedules)
  expect 0 'with at most 1 preemptions' explore --heap python --program two.txt --preemptions 1
  one=$(schedules)
  expect 0 'with at most 1 preemptions' explore --heap python --program two.txt --preemptions 1 --no-reduction
  all=$(schedules)
  [ "$none" -lt "$one" ] && [ "$one" -le "$all" ] || fail "$none, $one and, without reduction, $all schedules"
  expect 0 'no violation in all' explore --heap python --program two.txt --preemptions 0 --buffers total --time 60s
  expect 3 'not all schedules were tried' explore --heap python --program two.txt --preemptions 3 --runs 10
  expect 0 'no violation in 100 drawn schedules' explore --heap python --program two.txt --draw 100 --depth 2
  expect 0 'no violation in this schedule of [1-9]' explore --heap python --program two.txt --from-program
  expect 0 '^ +[0-9]+ {22,}(begin fiber 1|lock word)' explore --heap python --program two.txt --from-program --columns
  echo '0x3 1x2 0x1' >schedule
  expect 0 'no violation in this schedule' explore --heap python --program two.txt --schedule schedule
  echo 'first 0, then 1' >schedule
  expect 2 'schedule: is no schedule|is no schedule: schedule' explore --heap python --program two.txt --schedule schedule
  expect 3 'neither lock nor interpreters' explore --heap python:threads=none --program two.txt
fi
