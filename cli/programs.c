// Heap programs in files.
#include "cli/attempt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_named_text(const char *path) {
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, ".txt") == 0;
}

static bool looks_like_text(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (!isprint(data[i]) && !isspace(data[i])) return false;
  return size > 0;
}

static bool parse(const uint8_t *data, size_t size, struct ht_program *program, char *message,
                  size_t message_size) {
  FILE *in = fmemopen((void *)data, size, "r");
  if (!in) {
    snprintf(message, message_size, "cannot be read as text: %s", strerror(errno));
    return false;
  }
  bool parsed = ht_program_parse(in, program, message, message_size);
  fclose(in);
  return parsed;
}

// Every byte string is a program; one that is longer than a program can be is read in part.
static void decode(const char *path, const uint8_t *data, size_t size, struct ht_program *program) {
  static uint8_t canonical[HT_PROGRAM_BYTES_MAX];
  ht_program_decode(data, size, program);
  size_t used = ht_program_encode(program, canonical, sizeof canonical);
  if (size == 0)
    cli_say("%s: empty: a program without operations", path);
  else if (used < size)
    cli_say("%s: %zu of %zu bytes ignored: a program has whole operations of %d bytes, at most %d of them",
            path, size - used, size, HT_OPERATION_BYTES, HT_OPERATIONS_MAX);
}

bool program_read(const char *path, struct ht_program *program) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) {
    cli_say("%s: %s", path, strerror(errno));
    if (file >= 0) close(file);
    return false;
  }
  if (!S_ISREG(status.st_mode)) {
    cli_say("%s: %s, not a file with a program", path, S_ISDIR(status.st_mode) ? "a folder" : "a device");
    close(file);
    return false;
  }
  // Mapped and not read: the tail of a huge file matters and its middle does not.
  size_t size = (size_t)status.st_size;
  void *data = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
  close(file);
  if (data == MAP_FAILED) {
    cli_say("%s: %s", path, strerror(errno));
    return false;
  }

  bool read = true;
  char message[256];
  if (is_named_text(path)) {
    if (size == 0)
      decode(path, data, size, program);
    else if (!(read = parse(data, size, program, message, sizeof message)))
      cli_say("%s: %s", path, message);
  } else if (!looks_like_text(data, size) || !parse(data, size, program, message, sizeof message)) {
    decode(path, data, size, program);
  }
  if (data) munmap(data, size);
  return read;
}

bool program_write(const char *path, const struct ht_program *program) {
  static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  // Written beside and then renamed: what stood there is kept until the new one is whole.
  char *part;
  if (asprintf(&part, "%s.part", path) < 0) return false;
  FILE *out = fopen(part, "we");
  bool written = out != NULL;
  if (written && is_named_text(path)) {
    written = ht_program_print(program, out);
  } else if (written) {
    size_t size = ht_program_encode(program, bytes, sizeof bytes);
    written = fwrite(bytes, 1, size, out) == size;
  }
  if (out && fclose(out) != 0) written = false;
  if (written) written = rename(part, path) == 0;
  if (!written) {
    cli_say("%s: cannot be written: %s", path, strerror(errno));
    if (out) unlink(part);
  }
  free(part);
  return written;
}

static uint32_t fold(const uint8_t *bytes, size_t size) {
  // FNV-1a, 32 bits.
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

bool program_save(const char *folder, const char *heap, const char *what, const struct ht_program *program,
                  char *path, size_t path_size) {
  static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  size_t size = ht_program_encode(program, bytes, sizeof bytes);
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
    cli_say("%s: cannot be made: %s", folder, strerror(errno));
    return false;
  }
  snprintf(path, path_size, "%s/%s-%s-%08x.program", folder, heap, what, (unsigned)fold(bytes, size));
  return program_write(path, program);
}
