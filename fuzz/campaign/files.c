// Folders of small files.

#include "fuzz/campaign/files.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *ht_text(const char *format, ...) {
  va_list arguments;
  char *text;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    fprintf(stderr, "no memory\n");
    abort();
  }
  return text;
}

bool ht_folder_make(const char *path) {
  char *copy = ht_text("%s", path);
  bool made = true;
  for (char *slash = copy + 1; made && *slash != 0; slash++) {
    if (*slash != '/') continue;
    *slash = 0;
    made = mkdir(copy, 0777) == 0 || errno == EEXIST;
    *slash = '/';
  }
  if (made) made = mkdir(copy, 0777) == 0 || errno == EEXIST;
  free(copy);
  return made;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  (void)type;
  (void)where;
  return remove(path);
}

bool ht_folder_remove(const char *path) {
  enum { DESCRIPTORS = 16 };
  return nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

bool ht_files_add(struct ht_files *files, char *path) {
  if ((files->count & (files->count - 1)) == 0) {
    char **paths = realloc(files->paths, (files->count ? files->count * 2 : 1) * sizeof *paths);
    if (paths == NULL) {
      free(path);
      return false;
    }
    files->paths = paths;
  }
  files->paths[files->count++] = path;
  return true;
}

static bool list_into(const char *folder, bool deep, struct ht_files *files) {
  DIR *directory = opendir(folder);
  if (directory == NULL) return errno == ENOENT;
  bool listed = true;
  const struct dirent *entry;
  while (listed && (entry = readdir(directory)) != NULL) {
    struct stat status;
    if (entry->d_name[0] == '.') continue;
    char *path = ht_text("%s/%s", folder, entry->d_name);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
      listed = ht_files_add(files, path);
      continue;
    }
    if (deep && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) listed = list_into(path, deep, files);
    free(path);
  }
  closedir(directory);
  return listed;
}

static int compare_paths(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

bool ht_files_list(const char *folder, bool deep, struct ht_files *files) {
  *files = (struct ht_files){0};
  if (!list_into(folder, deep, files)) {
    ht_files_free(files);
    return false;
  }
  if (files->count != 0) qsort(files->paths, files->count, sizeof *files->paths, compare_paths);
  return true;
}

void ht_files_free(struct ht_files *files) {
  for (size_t i = 0; i < files->count; i++) free(files->paths[i]);
  free(files->paths);
  *files = (struct ht_files){0};
}

char *ht_file_read(const char *path, size_t limit, size_t *size) {
  FILE *file = fopen(path, "rbe");
  if (file == NULL) return NULL;
  char *data = malloc(limit + 1);
  *size = data != NULL ? fread(data, 1, limit + 1, file) : 0;
  bool whole = data != NULL && !ferror(file) && *size <= limit;
  fclose(file);
  if (!whole) {
    free(data);
    return NULL;
  }
  data[*size] = 0;
  return data;
}

bool ht_file_write(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wbe");
  if (file == NULL) return false;
  bool written = size == 0 || fwrite(data, 1, size, file) == size;
  return fclose(file) == 0 && written;
}

bool ht_file_copy(const char *from, const char *to) {
  enum { COPY_MAX = 64 << 20 };
  struct stat status;
  size_t size;
  if (stat(from, &status) != 0) return false;
  size_t limit = status.st_size < COPY_MAX ? (size_t)status.st_size : COPY_MAX;
  char *data = ht_file_read(from, limit, &size);
  bool copied = data != NULL && ht_file_write(to, data, size);
  free(data);
  return copied;
}

bool ht_file_is_there(const char *path) {
  return access(path, F_OK) == 0;
}

bool ht_file_runs(const char *path) {
  return access(path, X_OK) == 0;
}

uint64_t ht_hash(const void *data, size_t size) {
  const unsigned char *bytes = data;
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}
