# A campaign from the command line: the driver that needs no engine, so that every build can run this.
sanitized && exit 77

expect 2 'which heap' fuzz
expect 2 'there is no engine "afl"; there are libfuzzer, aflpp and blind' fuzz --engine afl --heap malloc
expect 0 'no finding in [0-9]+ programs' fuzz --engine blind --heap malloc --time 2s
expect 1 'GEN-3' fuzz --engine blind --heap "$faulty/libscribble.so" --time 3s
file=$(find findings/blind-scribble -name '*.bin' -path '*/findings/*' | sort | head -n 1)
expect 1 'INVARIANT GEN-' replay --heap "$faulty/libscribble.so" "${file:-none}"
[ "$(sqlite3 results.db "SELECT group_concat(status) FROM (SELECT status FROM line ORDER BY number)")" = ok,failed ] ||
  fail "not every campaign has its line: $(sqlite3 results.db 'SELECT kind, status FROM line')"
expect 3 'served by .*, not by nonsense' fuzz --engine blind --heap malloc:provider=nonsense --time 2s

# A database that is no use is known before the time is spent.
echo 'no database' >text.db
expect_line 2 'text.db: ' fuzz --engine blind --heap malloc --time 60s --db text.db
