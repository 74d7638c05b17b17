// The plain driver: runs the target on files, in this process, one after the other. And shrinks: a program
// that fails is made as small as it goes while it fails in the same way, each attempt in a child of its own.

#include "fuzz/targets/crash.h"
#include "fuzz/targets/shrink.h"
#include "fuzz/targets/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// More than any target looks at; the rest of a huge file is not read.
enum { INPUT_BYTES_MAX = 1 << 20 };

static uint8_t input[INPUT_BYTES_MAX];

// Linked into targets that run heap programs; other inputs are libFuzzer's to shrink (-minimize_crash=1).
extern __typeof__(ht_target_shrink) ht_target_shrink __attribute__((weak));

static bool read_input(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    return false;
  }
  *size = fread(input, 1, sizeof input, file);
  bool failed = ferror(file);
  fclose(file);
  if (failed) fprintf(stderr, "%s: cannot be read: not a file of bytes\n", path);
  return !failed;
}

static int usage(const char *name) {
  fprintf(stderr,
          "usage: %s FILE...              run each; stops at the first that fails\n"
          "       %s --shrink FILE OUT    make a failing program small (program targets)\n",
          name, name);
  return HT_TARGET_USAGE;
}

int main(int argc, char **argv) {
  if (argc < 2) return usage(argv[0]);
  bool shrink = strcmp(argv[1], "--shrink") == 0;
  if (shrink && ht_target_shrink == NULL) {
    fprintf(stderr, "%s: this target does not shrink: use libFuzzer's -minimize_crash=1\n", argv[0]);
    return HT_TARGET_USAGE;
  }
  if (shrink ? argc != 4 : argv[1][0] == '-') return usage(argv[0]);
  ht_crash_report();
  int status = LLVMFuzzerInitialize(&argc, &argv);
  if (status != 0) return status;
  size_t size;
  if (shrink) return read_input(argv[2], &size) ? ht_target_shrink(input, size, argv[3]) : HT_TARGET_USAGE;
  for (int i = 1; i < argc; i++) {
    if (!read_input(argv[i], &size)) return HT_TARGET_USAGE;
    LLVMFuzzerTestOneInput(input, size);
  }
  return 0;
}
