/* Which format a file has, and its way into the store. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/store_internal.h"

static const char *const names[HT_STORE_FORMATS] = {
    [HT_STORE_LINES] = "line",
    [HT_STORE_GOOGLE_BENCHMARK] = "google-benchmark",
    [HT_STORE_HYPERFINE] = "hyperfine",
};

/* Keys of the outermost object. */
static const struct {
  const char *key;
  enum ht_store_format format;
} keys[] = {
    {"schema", HT_STORE_LINES},
    {"context", HT_STORE_GOOGLE_BENCHMARK},
    {"benchmarks", HT_STORE_GOOGLE_BENCHMARK},
    {"results", HT_STORE_HYPERFINE},
};

/* Enough to get past the context that Google Benchmark writes first, and past some broken lines. */
#define LOOKED_AT (1 << 20)

const char *ht_store_format_name(enum ht_store_format format) {
  return names[format];
}

enum ht_store_format ht_store_format_named(const char *name) {
  for (int format = 0; format < HT_STORE_FORMATS; format++)
    if (strcmp(names[format], name) == 0) return (enum ht_store_format)format;
  return HT_STORE_FORMATS;
}

static enum ht_store_format format_of_key(const char *text, size_t length) {
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (strlen(keys[i].key) == length && strncmp(keys[i].key, text, length) == 0) return keys[i].format;
  return HT_STORE_FORMATS;
}

/* Walks over JSON that need not be whole. The outermost brace begins a line, and no string goes on over the
 * end of one: so what a broken line left open is forgotten at the next. */
static enum ht_store_format find_key(const char *text) {
  int depth = 0;
  bool begins = true; /* nothing but space so far in this line */
  for (const char *at = text; *at; at++) {
    if (*at == '{' || *at == '[') {
      bool outermost = at == text || at[-1] == '\n' || (begins && depth == 0);
      depth = outermost ? 1 : (depth > 0 ? depth : 1) + 1;
    }
    begins = *at == '\n' || (begins && strchr(" \t\r", *at));
    if (*at == '}' || *at == ']') depth--;
    if (*at != '"') continue;
    const char *begin = ++at;
    while (*at && *at != '"' && *at != '\n') at += *at == '\\' && at[1] ? 2 : 1;
    if (!*at) break;
    if (*at == '\n') {
      begins = true;
      continue;
    }
    bool is_key = at[1 + strspn(at + 1, " \t")] == ':';
    enum ht_store_format format =
        is_key && depth == 1 ? format_of_key(begin, (size_t)(at - begin)) : HT_STORE_FORMATS;
    if (format != HT_STORE_FORMATS) return format;
  }
  return HT_STORE_FORMATS;
}

enum ht_store_format ht_store_format_of(const char *path, char *error) {
  static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8 */
  FILE *stream = fopen(path, "re");
  char *text = calloc(1, LOOKED_AT + 1);
  enum ht_store_format format = HT_STORE_FORMATS;
  size_t size = stream && text ? fread(text, 1, LOOKED_AT, stream) : 0;
  if (!stream || !text || ferror(stream))
    snprintf(error, HT_ERROR_SIZE, "%s: %s", path, strerror(errno));
  else if (strspn(text, " \t\r\n") == size)
    format = HT_STORE_LINES; /* none */
  else if ((format = find_key(text + (strncmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0))) ==
           HT_STORE_FORMATS)
    snprintf(error, HT_ERROR_SIZE,
             "%s: neither result lines nor JSON of Google Benchmark or hyperfine; if it is meant to be one, "
             "--format says which",
             path);
  free(text);
  if (stream) fclose(stream);
  return format;
}

int ht_store_import_as(struct ht_store *store, const char *path, enum ht_store_format format,
                       const char *heap, struct ht_line_file *file, struct ht_store_added *added,
                       char *error) {
  *added = (struct ht_store_added){0};
  if (format == HT_STORE_LINES) return ht_store_import(store, path, file, added, error);
  struct ht_line_file read;
  int result = format == HT_STORE_HYPERFINE ? ht_store_read_hyperfine(path, heap, &read, error)
                                            : ht_store_read_google_benchmark(path, heap, &read, error);
  if (file) *file = (struct ht_line_file){0};
  if (result != 0) return -1;
  result = ht_store_add(store, read.lines, read.line_count, added, error);
  for (size_t i = 0; i < read.line_count; i++) ht_line_free(read.lines[i]);
  read.line_count = 0;
  if (file && result == 0)
    *file = read;
  else
    ht_line_file_free(&read);
  return result;
}
