// The blind driver: random programs without feedback, the baseline beside which both engines are shown. What
// it was running when it stopped is in the flight recorder.

#include "fuzz/program/program.h"
#include "fuzz/program/random.h"
#include "fuzz/targets/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  OPERATIONS_MAX = 500, // of a program; as long as those the engines make of 4096 bytes
  CLOCK_PERIOD = 64,    // programs between two looks at the clock
};

static bool read_option(const char *argument, const char *name, uint64_t *value) {
  size_t length = strlen(name);
  char *end;
  if (strncmp(argument, name, length) != 0) return false;
  *value = strtoull(argument + length, &end, 10);
  return argument[length] != 0 && *end == 0;
}

int main(int argc, char **argv) {
  static struct ht_program program;
  static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  uint64_t seed = 1, runs = 0, seconds = 0, done = 0;
  for (int i = 1; i < argc; i++) {
    if (read_option(argv[i], "-seed=", &seed) || read_option(argv[i], "-runs=", &runs) ||
        read_option(argv[i], "-max_total_time=", &seconds))
      continue;
    fprintf(stderr, "usage: %s [-seed=N] [-runs=N] [-max_total_time=SECONDS]\n", argv[0]);
    return HT_TARGET_USAGE;
  }
  int status = LLVMFuzzerInitialize(&argc, &argv);
  if (status != 0) return status;
  struct ht_random random = {.state = seed};
  time_t end = time(NULL) + (time_t)seconds;
  while ((runs == 0 || done < runs) && (seconds == 0 || done % CLOCK_PERIOD != 0 || time(NULL) < end)) {
    size_t operations = ht_random_logarithmic(&random, OPERATIONS_MAX);
    ht_program_generate(&program, operations, ht_random_next(&random));
    LLVMFuzzerTestOneInput(bytes, ht_program_encode(&program, bytes, sizeof bytes));
    done++;
  }
  printf("executed %" PRIu64 " programs\n", done);
  return 0;
}
