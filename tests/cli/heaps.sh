# Libraries that are no heaps, or were built for another interface, or do not survive being loaded.
echo 'no library' >text.so
: >empty.so
mkdir folder.so
head -c 200 "$faulty/libno_heap.so" >cut.so

for command in "list" "replay file" "trial --time 5s"; do
  : >file
  # shellcheck disable=SC2086
  {
    expect_line 2 'no such file' $command --heap ./nosuch.so
    expect_line 2 'not a shared library' $command --heap ./text.so
    expect_line 2 'not a shared library' $command --heap ./empty.so
    expect_line 2 'not a file, so no shared library' $command --heap ./folder.so
    expect_line 2 'cannot be loaded: ' $command --heap ./cut.so
    expect_line 2 'exports no heaptrial_heap' $command --heap "$faulty/libno_heap.so"
    expect_line 2 'for version 1 of the heap interface and this is version 0' \
      $command --heap "$faulty/libwrong_version.so"
    expect_line 2 'its table has [0-9]+ bytes and that of version 0 here has [0-9]+' \
      $command --heap "$faulty/libwrong_size.so"
    expect_line 2 'no function alloc, which every heap needs' $command --heap "$faulty/libno_alloc.so"
    expect_line 2 'claims the capability weak and has no function weak_create' \
      $command --heap "$faulty/libclaims_weak.so"
    expect_line 2 'capability bits that do not exist: 0x8000000000000000' $command --heap "$faulty/libunknown_bit.so"
  }
done

expect 0 "crashes when it is loaded: .*$crash" list heaps --heap "$faulty/libcrash_at_load.so"
expect 0 'crashes when it is loaded' list heaps --heap "$faulty/libwild_name.so"
expect 3 "crashes when it is loaded: .*$crash" replay file --heap "$faulty/libcrash_at_load.so"
expect 0 'hangs when it is loaded: not done after 10 s' list heaps --heap "$faulty/libhang_at_load.so"

# A file beside us needs no slash; the name of a heap does not become a file's.
cp "$faulty/libslow.so" .
expect 0 '^  slow$' list heaps --heap libslow.so
