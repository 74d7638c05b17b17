// The blind driver: random programs without feedback, the baseline beside which both engines are shown. What
// it was running when it stopped is in the flight recorder. With -write it runs nothing and leaves the
// programs as files, for whoever wants a corpus of a known kind.

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

// Leaves a program as a numbered file.
static bool write_program(const char *directory, uint64_t number, const uint8_t *bytes, size_t size) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%06" PRIu64, directory, number) >= (int)sizeof path) return false;
  FILE *file = fopen(path, "w");
  if (file == NULL) return false;
  bool written = fwrite(bytes, 1, size, file) == size;
  return fclose(file) == 0 && written;
}

int main(int argc, char **argv) {
  static struct ht_program program;
  static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  uint64_t seed = 1, runs = 0, seconds = 0, done = 0, length = 0, mutators = HT_MUTATORS_MAX,
           size_limit = HT_SIZE_LOG_MAX;
  const char *directory = NULL;
  for (int i = 1; i < argc; i++) {
    if (read_option(argv[i], "-seed=", &seed) || read_option(argv[i], "-runs=", &runs) ||
        read_option(argv[i], "-max_total_time=", &seconds) || read_option(argv[i], "-operations=", &length) ||
        read_option(argv[i], "-mutators=", &mutators) || read_option(argv[i], "-size_limit=", &size_limit))
      continue;
    if (strncmp(argv[i], "-write=", strlen("-write=")) == 0) {
      directory = argv[i] + strlen("-write=");
      continue;
    }
    fprintf(stderr,
            "usage: %s [-seed=N] [-runs=N] [-max_total_time=SECONDS] [-operations=N] [-mutators=MOST]\n"
            "  [-size_limit=LOG2] [-write=DIRECTORY]\n",
            argv[0]);
    return HT_TARGET_USAGE;
  }
  if (mutators == 0 || size_limit < HT_SIZE_LOG_MIN || (directory != NULL && runs == 0)) {
    fprintf(stderr, "%s: programs need a mutator and a size limit of at least %d; -write needs -runs\n",
            argv[0], HT_SIZE_LOG_MIN);
    return HT_TARGET_USAGE;
  }
  int status = LLVMFuzzerInitialize(&argc, &argv);
  if (status != 0) return status;
  struct ht_random random = {.state = seed};
  time_t end = time(NULL) + (time_t)seconds;
  while ((runs == 0 || done < runs) && (seconds == 0 || done % CLOCK_PERIOD != 0 || time(NULL) < end)) {
    size_t operations = length ? length : ht_random_logarithmic(&random, OPERATIONS_MAX);
    ht_program_generate(&program, operations, ht_random_next(&random));
    if (program.header.mutators > mutators || program.header.size_limit > size_limit) continue;
    size_t size = ht_program_encode(&program, bytes, sizeof bytes);
    if (directory == NULL) {
      LLVMFuzzerTestOneInput(bytes, size);
    } else if (!write_program(directory, done, bytes, size)) {
      perror(directory);
      return HT_TARGET_NO_VERDICT;
    }
    done++;
  }
  printf("%s %" PRIu64 " programs\n", directory == NULL ? "executed" : "wrote", done);
  return 0;
}
