# The list of planted bugs; what they are worth is tested where they live.
expect 0 '^  retells ' mutants --list
[ "$(grep -c '^  breaks ' out)" -ge 10 ] || fail "fewer than 10 mutants are listed"
first=$(head -n 1 out)
expect 0 "^$first\$" mutants --list "$first"
[ "$(wc -l <out)" = 4 ] || fail "more than one mutant is listed: $(cat out)"
expect_line 2 'there is no mutant "nosuch"; heaptrial mutants --list' mutants nosuch
expect 2 'there is no engine "afl"' mutants --engine afl
expect 2 'needs no --engine' mutants --replay --engine blind
expect 2 'gate says itself' mutants --gate --time 20s
expect 2 'is of all mutants' mutants --document inv.md "$first"
