/* What the readers of other programs' files share: JSON that is not quite JSON, and ids made from contents.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/store/store_internal.h"

/* FNV-1a, 64 bits (Fowler, Noll, Vo), from two starting points: an id needs no secrecy, only to differ. */
#define FNV_PRIME UINT64_C(0x100000001b3)
static const uint64_t hash_start[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};

static void hash_bytes(uint64_t hash[2], const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    for (int k = 0; k < 2; k++) hash[k] = (hash[k] ^ ((const unsigned char *)bytes)[i]) * FNV_PRIME;
}

/* A file is in memory twice while it is parsed, and ten times as JSON. */
#define SIZE_MAX_READ ((size_t)512 << 20)

static char *read_whole(const char *path, size_t *size, int64_t *modified_ns, char *error) {
  FILE *stream = fopen(path, "re");
  char *bytes = NULL;
  struct stat status;
  size_t room = 0;
  *size = 0;
  if (!stream || fstat(fileno(stream), &status) != 0) goto failed;
  do {
    if (room - *size < 2) {
      char *grown = realloc(bytes, room = 2 * room + 65536);
      if (!grown) goto failed;
      bytes = grown;
    }
    *size += fread(bytes + *size, 1, room - *size - 1, stream);
    if (ferror(stream)) goto failed;
    if (*size > SIZE_MAX_READ) {
      errno = EFBIG;
      goto failed;
    }
  } while (!feof(stream));
  fclose(stream);
  bytes[*size] = '\0';
  *modified_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  return bytes;
failed:
  snprintf(error, HT_ERROR_SIZE, "%s: %s", path, strerror(errno));
  free(bytes);
  if (stream) fclose(stream);
  return NULL;
}

static bool is_word(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '+' || letter == '-' || letter == '_';
}

/* Overwrites every bare word that stands for no number with an empty string, in place: a value that is no
 * number, and shorter than any of them. */
static void blank_words(char *json) {
  static const char *const words[] = {"NaN", "nan", "Infinity", "inf", "Inf", "infinity"};
  bool in_string = false;
  for (char *at = json; *at; at++) {
    if (in_string) {
      if (*at == '\\' && at[1])
        at++;
      else if (*at == '"')
        in_string = false;
      continue;
    }
    if (*at == '"') in_string = true;
    if (!is_word(*at)) continue;
    size_t length = 1;
    while (is_word(at[length])) length++;
    size_t sign = *at == '-' || *at == '+';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
      if (strlen(words[i]) == length - sign && strncmp(at + sign, words[i], length - sign) == 0) {
        memset(at, ' ', length);
        memcpy(at, "\"\"", 2);
      }
    at += length - 1;
  }
}

int ht_foreign_open(struct foreign *foreign, const char *path, const char *heap, struct ht_line_file *file,
                    char *error) {
  *foreign = (struct foreign){.path = path, .heap = heap, .file = file};
  *file = (struct ht_line_file){0};
  size_t size;
  char *bytes = read_whole(path, &size, &foreign->modified_ns, error);
  if (!bytes) return -1;
  memcpy(foreign->hash, hash_start, sizeof foreign->hash);
  hash_bytes(foreign->hash, bytes, size);
  json_error_t problem;
  if (strlen(bytes) != size) {
    snprintf(error, HT_ERROR_SIZE, "%s: not JSON: it has a zero byte", path);
    free(bytes);
    return -1;
  }
  char *text = ht_line_copy(bytes);
  free(bytes);
  if (!text) {
    snprintf(error, HT_ERROR_SIZE, "%s: no memory", path);
    return -1;
  }
  blank_words(text);
  static const char mark[] = "\xef\xbb\xbf";
  foreign->root = json_loads(text + (strncmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0), 0, &problem);
  free(text);
  if (foreign->root) return 0;
  snprintf(error, HT_ERROR_SIZE, "%s:%d: not JSON: %s", path, problem.line, problem.text);
  return -1;
}

void ht_foreign_close(struct foreign *foreign) {
  json_decref(foreign->root);
}

struct ht_line *ht_foreign_line(struct foreign *foreign, const char *heap, const char *benchmark) {
  struct ht_line_file *file = foreign->file;
  void *grown = reallocarray(file->lines, file->line_count + 1, sizeof *file->lines);
  if (!grown) return NULL;
  file->lines = grown;
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, heap, benchmark);
  if (!line) return NULL;
  char text[40];
  uint64_t hash[2] = {foreign->hash[0], foreign->hash[1]};
  snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, hash[0], hash[1]);
  if (!*line->run) ht_line_run(line, text);
  /* The same file said to be of another heap is another result. */
  hash_bytes(hash, heap, strlen(heap));
  uint64_t position = file->line_count;
  hash_bytes(hash, &position, sizeof position);
  snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, hash[0], hash[1]);
  ht_line_id(line, text);
  ht_line_started(line, foreign->modified_ns);
  file->lines[file->line_count++] = line;
  return line;
}

bool ht_foreign_number(const json_t *object, const char *name, double *number) {
  const json_t *value = json_object_get(object, name);
  if (!json_is_number(value)) return false;
  *number = json_number_value(value);
  return isfinite(*number);
}

int ht_foreign_check(struct foreign *foreign, char *error) {
  struct ht_line_file *file = foreign->file;
  size_t kept = 0, count = file->line_count;
  int result = count ? 0 : -1;
  if (count == 0) snprintf(error, HT_ERROR_SIZE, "%s: holds no results", foreign->path);
  for (size_t i = 0; i < count; i++) {
    struct ht_line *line = file->lines[i];
    char problem[HT_ERROR_SIZE] = "no heap: name it with --heap, or in the file";
    ht_line_environment_given(line);
    if (*line->heap && ht_line_check(line, problem) == 0) {
      file->lines[kept++] = line;
      continue;
    }
    if (ht_line_file_report(file, i + 1, "%s: result %zu: %s", foreign->path, i + 1, problem) != 0) {
      snprintf(error, HT_ERROR_SIZE, "%s: no memory", foreign->path);
      result = -1;
    }
    ht_line_free(line);
  }
  file->line_count = kept;
  return result;
}
