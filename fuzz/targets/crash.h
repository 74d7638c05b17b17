#ifndef FUZZ_TARGETS_CRASH_H
#define FUZZ_TARGETS_CRASH_H

// From now on a trap writes "CRASH signal 11" and its stack on standard error before it ends the process.
void ht_crash_report(void);

#endif
