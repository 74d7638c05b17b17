// Markers that share words of bits (GOG-1, GOG-2, GOG-4): what two of them find at a time is marked, looked
// at, and counted once.
#include "allocators/go/schedules/mark_program.h"
#include "allocators/go/schedules/schedules.h"

#define TWO(...) (&(const struct mark_program){"markers=2", false, {__VA_ARGS__}})
#define SWEPT(option, ...) (&(const struct mark_program){option, true, {__VA_ARGS__}})
#define NONE SCHEDULES_NONE

// The first marker looks at object 3, while the other one begins with object 2.
static const struct schedules_trial trials[] = {
    {"two find neighbours", TWO("a", "b", "c 4", "d 5", "E", "E"), {2, 1, NONE}},
    {"two find neighbours that refer", TWO("a", "b", "c 4", "d 5", "e 6", "e 7", "F", "F"), {2, 1, NONE}},
    {"two find the same one", TWO("a", "b", "c 4", "d 4", "E"), {1, 1, NONE}},
    {"two find the same one that refers", TWO("a", "b", "c 4", "d 4", "e 5", "F"), {1, 1, NONE}},
    {"two find a ring", TWO("a", "b", "c 4", "d 5", "e 5", "e 4"), {1, 1, NONE}},
    {0},
};

#define MANY                                                                                            \
  "a 4 5 6 7", "b 7 8 9 4", "c 5 9 10 11", "d 11 10 8 6", "e 12 13", "e 13 14", "e 14 5", "e 15 4",     \
      "f 16 12", "f 17", "f 18 9", "f 19 8", "g 20", "g 20 21", "g 21", "g 12", "a 17", "b 18", "c 19", \
      "d 16", "H", "H"
static const struct schedules_trial larger[] = {
    {"two find many", SWEPT("markers=2", MANY), {0, 0, NONE}},
    {"three find many", SWEPT("markers=3", MANY), {0, 0, NONE}},
    {0},
};

int main(int argc, char **argv) {
  return schedules_main(&(const struct schedules){mark_run, trials, larger, .drawn = 100}, argc, argv);
}
