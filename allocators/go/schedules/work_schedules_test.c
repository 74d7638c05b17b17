// Markers that share what is to be looked at (GOG-1, BAR-8, BAR-9): nothing is lost, nothing comes twice, and
// marking is over when no work is left, not before.
#include "allocators/go/schedules/schedules.h"
#include "allocators/go/schedules/work_program.h"

#define PROGRAM(...) (&(const struct work_program){__VA_ARGS__})
#define NONE SCHEDULES_NONE

static const struct schedules_trial trials[] = {
    {"two, nothing to share", PROGRAM(2, 0, 2), {2, 2, 1}},
    {"two, one offer", PROGRAM(2, 0, 5), {2, 1, 1}},
    {"two, a tree", PROGRAM(2, 2, 7), {2, 1, 1}},
    {"two, a larger tree", PROGRAM(2, 3, 13), {2, 1, NONE}},
    {"three, one offer", PROGRAM(3, 0, 5), {2, 1, NONE}},
    {"three, a tree", PROGRAM(3, 2, 7), {1, 1, NONE}},
    {0},
};
static const struct schedules_trial larger[] = {
    {"two, all of it", PROGRAM(2, 3, WORK_NODES), {0}},
    {"three, all of it", PROGRAM(3, 4, WORK_NODES), {0}},
    {"three, all from one", PROGRAM(3, 0, WORK_NODES), {0}},
    {0},
};

int main(int argc, char **argv) {
  return schedules_main(&(const struct schedules){work_run, trials, larger, .drawn = 300}, argc, argv);
}
