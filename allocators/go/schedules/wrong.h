// What is wrong in a run of a small program.
#ifndef GO_SCHEDULES_WRONG_H
#define GO_SCHEDULES_WRONG_H

#include <stdbool.h>

// A run begins.
void wrong_begin(void);
// What is wrong first counts.
void must(bool holds, const char *what);
const char *wrong_first(void); // NULL: nothing is

#endif
