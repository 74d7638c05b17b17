# Files with programs: empty, huge, random, text, unreadable, none; what a broken heap makes of them.
: >empty
head -c 20000000 /dev/zero >huge
perl -e 'srand 1; print pack "C*", map { int rand 256 } 1 .. 3000' >random

expect 0 'empty: a program without operations' replay --text empty
expect 0 '[0-9]+ of 20000000 bytes ignored: .* at most 4096' replay --text huge
[ "$(grep -c '^m0 ' out)" -le 4096 ] || fail "a huge file has more than 4096 operations"
expect 0 '^mutators ' replay --text random
cp out random.txt
expect 0 '^mutators ' replay --text random.txt
cmp -s out random.txt || fail "the text of a program's text is another text"
expect 2 'nosuch: No such file' replay --text nosuch
expect 2 'a folder, not a file with a program' replay --text .
expect 2 'a device, not a file' replay --text /dev/null
echo 'alloc everything' >bad.txt
expect_line 2 'bad.txt: line 1: ' replay --text bad.txt

# The same files on a heap. Without an answer from the system's malloc there is none of the malloc heap's.
if sanitized; then
  expect 3 'no verdict: malloc is served by' replay --heap malloc random
else
  for file in empty huge random random.txt; do
    expect 0 'kept by malloc: [0-9]+ operations' replay --heap malloc $file
  done
  expect 2 'kept by malloc' replay --heap malloc random nosuch
  for heap in jemalloc mimalloc tcmalloc; do
    ldconfig -p | grep -q "lib$heap" || continue
    expect 0 "kept by $heap" replay --heap $heap random
  done
fi
expect 3 'no verdict: malloc is served by .*, not by nonsense' replay --heap malloc:provider=nonsense random
expect 3 'no verdict: .*nonsense' replay --heap malloc:nonsense=1 random

# Heaps that break, each in its way. The trigger is an allocation of 1000 to 4000 bytes.
cat >small.txt <<'TEXT'
mutators 1
size_limit 2^16
m0 alloc s0 byte size 24
m0 alloc s1 byte size 32
m0 alloc s2 byte size 2000
m0 alloc s3 byte size 24
TEXT
run replay --text small.txt
[ "$code" = 0 ] || fail "the program of this test does not parse: $(cat err)"
expect 1 "CRASH heap crash_in_alloc: .*$crash .*in operation +2 +m0 alloc s2" replay --heap "$faulty/libcrash_in_alloc.so" small.txt
expect 1 'CRASH heap exit_in_alloc: the heap ended the process' replay --heap "$faulty/libexit_in_alloc.so" small.txt
expect 1 'HANG heap hang_in_alloc: .*in operation +2 +m0 alloc s2' replay --time 2s --heap "$faulty/libhang_in_alloc.so" small.txt
expect 1 'INVARIANT GEN-3 ' replay --heap "$faulty/libscribble.so" small.txt
expect 1 'alloc s2' replay --trace --heap "$faulty/libcrash_in_alloc.so" small.txt

# Shrinking keeps what is broken, and nothing that does not matter.
for heap in crash_in_alloc exit_in_alloc scribble; do
  expect 0 'operations, from 4' shrink --heap "$faulty/lib$heap.so" -o small-$heap.txt small.txt
  [ "$(grep -c '^m0 ' small-$heap.txt)" -le 2 ] || fail "$heap: shrunk to more than two operations"
  expect 1 "$heap" replay --heap "$faulty/lib$heap.so" small-$heap.txt
done
expect 3 'breaks nothing on' shrink --heap "$faulty/libslow.so" -o out.txt small.txt
[ ! -e out.txt ] || fail "shrink wrote a program that breaks nothing"
expect 3 'cannot be written' shrink --heap "$faulty/libscribble.so" -o nosuch/out small.txt
expect 2 'nosuch: No such file' shrink --heap malloc -o out nosuch
