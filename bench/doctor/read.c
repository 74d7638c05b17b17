// Files below a root, and the few shapes that the kernel gives them.
#include "bench/doctor/doctor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// cpuinfo is the longest: 1.5 KB a CPU.
enum { FILE_BYTES_MAX = DOCTOR_CPUS_MAX * 2048 };

// In a root that is not this machine's, a link to /etc/passwd is one to DIR/etc/passwd. A kernel without
// openat2 (before 5.6), or a filter that refuses it, gets the plain call.
int doctor_open(const struct doctor *doctor, int root, const char *path, int flags) {
  flags |= O_CLOEXEC;
  if (!(flags & O_PATH)) flags |= O_NONBLOCK | O_NOCTTY; // a pipe in the place of a file must not hang
  if (!doctor->here) {
    struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT};
    long file = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (file >= 0 || (errno != ENOSYS && errno != EPERM)) return (int)file;
  }
  return openat(root, path, flags);
}

// What cannot be told is there: who reads it then says why it cannot be read.
bool doctor_exists(const struct doctor *doctor, const char *path) {
  int file = doctor_open(doctor, doctor->root, path, O_PATH);
  if (file < 0) return errno != ENOENT && errno != ENOTDIR;
  close(file);
  return true;
}

static bool is_text(const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c == 127 || (c < ' ' && c != '\n' && c != '\t')) return false;
  }
  return true;
}

// All of an open file, to be freed, or what is wrong with it. The kernel ends every line: a file whose last
// line does not end is not all that there was.
static const char *read_all(int file, char **text) {
  size_t size = 4096, length = 0;
  char *bytes = malloc(size);
  const char *wrong = bytes ? NULL : "no memory";
  while (!wrong) {
    ssize_t got = read(file, bytes + length, size - length - 1);
    if (got < 0) wrong = strerror(errno);
    if (got <= 0) break;
    length += (size_t)got;
    if (length + 1 < size) continue;
    if (size >= FILE_BYTES_MAX) {
      wrong = "too long";
      break;
    }
    char *grown = realloc(bytes, size *= 2);
    if (grown)
      bytes = grown;
    else
      wrong = "no memory";
  }
  if (!wrong && length == 0) wrong = "empty";
  if (!wrong && !is_text(bytes, length)) wrong = "binary, not text";
  if (!wrong && bytes[length - 1] != '\n') wrong = "cut short: its last line does not end";
  if (wrong) {
    free(bytes);
    return wrong;
  }
  while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == ' ' || bytes[length - 1] == '\t'))
    length--;
  bytes[length] = '\0';
  *text = bytes;
  return NULL;
}

char *doctor_read_from(const struct doctor *doctor, int root, const char *path,
                       struct ht_doctor_finding *finding) {
  struct stat status;
  char *text = NULL;
  snprintf(finding->file, sizeof finding->file, "/%s", path);
  int file = doctor_open(doctor, root, path, O_RDONLY);
  if (file < 0) {
    doctor_unknown(finding, "%s", errno == ENOENT || errno == ENOTDIR ? "no such file" : strerror(errno));
    return NULL;
  }
  const char *wrong = fstat(file, &status) != 0  ? strerror(errno)
                      : !S_ISREG(status.st_mode) ? "not a regular file"
                                                 : read_all(file, &text);
  close(file);
  if (wrong) doctor_unknown(finding, "%s", wrong);
  return text;
}

char *doctor_read(const struct doctor *doctor, const char *path, struct ht_doctor_finding *finding) {
  return doctor_read_from(doctor, doctor->root, path, finding);
}

bool doctor_number(const char *text, long long least, long long most, long long *number) {
  char *end;
  errno = 0;
  *number = strtoll(text, &end, 10);
  return end != text && !*end && errno == 0 && *number >= least && *number <= most;
}

bool doctor_read_number(const struct doctor *doctor, const char *path, long long least, long long most,
                        struct ht_doctor_finding *finding, long long *number) {
  char *text = doctor_read(doctor, path, finding);
  if (!text) return false;
  bool good = doctor_number(text, least, most, number);
  if (!good) doctor_unknown(finding, "\"%.40s\" is no number from %lld to %lld", text, least, most);
  free(text);
  return good;
}

const char *doctor_line(const char *text, const char *key, size_t *length) {
  size_t key_length = strlen(key);
  for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
    if (strncmp(line, key, key_length) != 0) continue;
    line += key_length;
    line += strspn(line, " \t");
    *length = strcspn(line, "\n");
    return line;
  }
  return NULL;
}

bool doctor_has_word(const char *line, size_t length, const char *word) {
  size_t word_length = strlen(word);
  for (size_t at = 0; at < length;) {
    size_t end = at;
    while (end < length && line[end] != ' ') end++;
    if (end - at == word_length && memcmp(line + at, word, word_length) == 0) return true;
    at = end + 1;
  }
  return false;
}

bool doctor_cpus(const char *text, size_t length, struct doctor_cpus *cpus) {
  *cpus = (struct doctor_cpus){0};
  size_t at = 0;
  while (at < length) {
    unsigned long range[2];
    for (int i = 0; i < 2; i++) {
      size_t digits = at;
      range[i] = 0;
      while (at < length && text[at] >= '0' && text[at] <= '9' && range[i] < DOCTOR_CPUS_MAX)
        range[i] = range[i] * 10 + (unsigned long)(text[at++] - '0');
      if (at == digits || range[i] >= DOCTOR_CPUS_MAX) return false;
      if (i == 0 && (at == length || text[at] != '-')) {
        range[1] = range[0];
        break;
      }
      at += i == 0;
    }
    if (range[1] < range[0]) return false;
    for (unsigned long cpu = range[0]; cpu <= range[1]; cpu++) {
      cpus->count += !cpus->in[cpu];
      cpus->in[cpu] = true;
    }
    if (at < length && (text[at++] != ',' || at == length)) return false;
  }
  return true;
}
