// Who sweeps a span, and when all is swept (GOA-10, GOA-11, GOA-12): by two mutators, the sweeper, and who
// needs pages, on the same spans.
#include "allocators/go/schedules/schedules.h"
#include "allocators/go/schedules/sweep_program.h"

#define PROGRAM(...) (&(const struct sweep_program){__VA_ARGS__})
// Stores never overtake each other here: a heap that is made has thousands of them under way, and at every
// step each would be asked whether it may be next.
#define NONE SCHEDULES_NONE

static const struct schedules_trial trials[] = {
    {"two sweep the last ones", PROGRAM(NULL, {"o", "o"}, 1, false), {1, 1, NONE}},
    {"one sweeps, one waits for a span", PROGRAM(NULL, {"o", "0"}, 0, false), {2, 1, NONE}},
    {"two need the same span", PROGRAM(NULL, {"2", "2"}, 0, false), {2, 1, NONE}},
    {"two need an empty one", PROGRAM(NULL, {"1", "1"}, 0, false), {2, 1, NONE}},
    {"two sweep the last one, one asks", PROGRAM(NULL, {"o", "o", "d"}, 2, false), {1, 0, NONE}},
    {"one sweeps all, one asks", PROGRAM(NULL, {"s", "dd"}, 0, false), {2, 1, NONE}},
    {"one needs, one asks", PROGRAM(NULL, {"ss", "2d"}, 0, false), {2, 1, NONE}},
    {"one allocates, one sweeps", PROGRAM(NULL, {"a", "oo"}, 0, false), {2, 1, NONE}},
    {"two allocate", PROGRAM(NULL, {"a", "a"}, 0, false), {2, 1, NONE}},
    {"one reclaims, one sweeps", PROGRAM(NULL, {"r", "ooo"}, 0, false), {2, 1, NONE}},
    {"one reclaims, one needs", PROGRAM(NULL, {"r", "1"}, 0, false), {2, 1, NONE}},
    {"weak references, and who sweeps", PROGRAM(NULL, {"wv", "oo"}, 0, false), {2, 1, NONE}},
    {"three", PROGRAM(NULL, {"o", "1", "r"}, 0, false), {1, 0, NONE}},
    {"one collects, one needs", PROGRAM(NULL, {"c", "0"}, 0, false), {1, NONE, NONE}},
    {"the sweeper, and who needs", PROGRAM("sweeper=yes", {"2d"}, 0, false), {1, NONE, NONE}},
    {0},
};
static const struct schedules_trial larger[] = {
    {"two sweep the last one, one asks often",
     PROGRAM(NULL, {"o", "o", "dddddddddddddddd"}, 2, false),
     {0, 0, NONE}},
    {"three do all there is", PROGRAM(NULL, {"a0rsd", "bwdosa", "r1v2abd"}, 0, true), {0, 0, NONE}},
    {"three collect and allocate", PROGRAM(NULL, {"acbw", "obac", "rd02c"}, 0, true), {0, 0, NONE}},
    {"with the sweeper", PROGRAM("sweeper=yes", {"a0cwd", "bocad", "rv2cb"}, 0, true), {0, 0, NONE}},
    {"with three markers", PROGRAM("markers=3", {"acb", "bca"}, 0, true), {0, 0, NONE}},
    {0},
};

int main(int argc, char **argv) {
  return schedules_main(&(const struct schedules){sweep_run, trials, larger, .drawn = 5}, argc, argv);
}
