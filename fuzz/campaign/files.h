#ifndef FUZZ_CAMPAIGN_FILES_H
#define FUZZ_CAMPAIGN_FILES_H

// Folders of small files: what a corpus is, and what a campaign leaves behind. Functions that return bool set
// errno when they fail.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Printed into a new string; ends the process if there is no memory for it.
char *ht_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool ht_folder_make(const char *path);   // with all that lead to it
bool ht_folder_remove(const char *path); // with all that is in it; fine if there is none

// The regular files of a folder, with their full paths, sorted by name; of its folders too if `deep`.
struct ht_files {
  size_t count;
  char **paths;
};
bool ht_files_list(const char *folder, bool deep,
                   struct ht_files *files);            // a folder that is missing is empty
bool ht_files_add(struct ht_files *files, char *path); // the path is the list's from now on, or freed
void ht_files_free(struct ht_files *files);

// A whole file, ended by a 0 that is not counted. NULL if it cannot be read or holds more than `limit` bytes.
char *ht_file_read(const char *path, size_t limit, size_t *size);
bool ht_file_write(const char *path, const void *data, size_t size);
bool ht_file_copy(const char *from, const char *to);
bool ht_file_is_there(const char *path);
bool ht_file_runs(const char *path); // exists and may be executed

// FNV-1a: names files by their content.
uint64_t ht_hash(const void *data, size_t size);

#endif
