// What to do in a loop that waits for another thread. Calls, not inline instructions, because the scheduler
// of a simulated world has to know that its caller makes no progress; the instruction itself takes tens of
// cycles, so the call is not noticed.
#ifndef BASE_PAUSE_H
#define BASE_PAUSE_H

// One step of a short spin: tells the processor so. Orders nothing.
void base_pause(void);

// Lets another thread have the processor.
void base_yield(void);

#endif
