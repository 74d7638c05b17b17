// The key of a failure, from what the process wrote and how it ended.

#include "fuzz/targets/shrink.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

// The start of the line that holds `mark` after any prefix, or NULL.
static const char *find_after(const char *text, const char *mark) {
  const char *found = strstr(text, mark);
  return found != NULL ? found + strlen(mark) : NULL;
}

// Copies one word; returns where it ended.
static const char *copy_word(const char *from, const char *stops, char *to, size_t size) {
  size_t length = strcspn(from, stops);
  snprintf(to, size, "%.*s", (int)length, from);
  return from + length;
}

// "INVARIANT GEN-3 operation 17 store heap semispace: ..." gives "GEN-3 store".
static bool invariant_key(const char *text, char *key) {
  const char *line = find_after(text, "INVARIANT ");
  char name[32], operation[48] = "";
  if (line == NULL) return false;
  const char *rest = copy_word(line, " \n", name, sizeof name);
  if (strncmp(rest, " operation ", 11) == 0) {
    rest += 11;
    rest += strcspn(rest, " \n");
    if (*rest == ' ') copy_word(rest + 1, " :\n", operation, sizeof operation);
  }
  snprintf(key, HT_KEY_BYTES, "%s%s%s", name, operation[0] ? " " : "", operation);
  return true;
}

// A frame of a stack as a sanitizer prints it ("#1 0x5581 in function file.c:3:4") or as the replay driver
// does ("#1 library(function+0x12)"), if it is one of ours: those of C libraries and of the tools' run-time
// say nothing about the heap.
static bool frame_name(const char *line, char *name, size_t size) {
  static const char *const others[] = {"__asan",   "__interceptor", "__sanitizer", "__ubsan", "abort",
                                       "raise",    "fuzzer::",      "libc.so",     "__libc",  "_start",
                                       "__assert", "gsignal",       "pthread_",    "killpg"};
  size_t length = strcspn(line, "\n");
  char frame[512];
  snprintf(frame, sizeof frame, "%.*s", (int)(length < sizeof frame ? length : sizeof frame - 1), line);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strstr(frame, others[i]) != NULL) return false;
  const char *function = find_after(frame, " in ");
  if (function != NULL) {
    copy_word(function, " (", name, size);
    return name[0] != 0;
  }
  const char *bracket = strchr(frame, '(');
  if (bracket == NULL) return false;
  copy_word(bracket + 1, ")+", name, size);
  // A static function has no name there: the offset in its library is as good while the binary is the same.
  if (name[0] == 0) copy_word(bracket + 1, ")", name, size);
  return name[0] != 0;
}

enum { FRAMES_IN_KEY = 2 };

static void append_frames(const char *text, char *key) {
  unsigned found = 0;
  for (const char *line = strstr(text, "#0 "); line != NULL && found < FRAMES_IN_KEY;
       line = find_after(line, "\n")) {
    const char *mark = line + strspn(line, " ");
    char name[64];
    if (*mark != '#') break;
    if (!frame_name(mark, name, sizeof name)) continue;
    size_t used = strlen(key);
    snprintf(key + used, HT_KEY_BYTES - used, " %s", name);
    found++;
  }
}

// "ERROR: AddressSanitizer: heap-buffer-overflow on ..." and its relatives, and UBSan's "runtime error: ...".
static bool sanitizer_key(const char *text, char *key) {
  static const char *const tools[] = {"AddressSanitizer", "ThreadSanitizer", "MemorySanitizer",
                                      "LeakSanitizer"};
  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
    char mark[48], kind[64];
    snprintf(mark, sizeof mark, "%s: ", tools[i]);
    const char *line = find_after(text, mark);
    if (line == NULL) continue;
    copy_word(line, " \n:", kind, sizeof kind);
    snprintf(key, HT_KEY_BYTES, "%s %s", tools[i], kind);
    return true;
  }
  const char *line = find_after(text, "runtime error: ");
  if (line == NULL) return false;
  // The first words name the kind; then come values that differ from run to run.
  char kind[64];
  copy_word(line, "0123456789\n", kind, sizeof kind);
  size_t length = strlen(kind);
  while (length > 0 && kind[length - 1] == ' ') kind[--length] = 0;
  snprintf(key, HT_KEY_BYTES, "UndefinedBehaviorSanitizer %s", kind);
  return true;
}

void ht_failure_key(const char *text, int wait_status, bool hung, char key[HT_KEY_BYTES]) {
  key[0] = 0;
  if (invariant_key(text, key)) return;
  const char *line = find_after(text, "TEXT ");
  if (line != NULL) {
    copy_word(line, ":\n", key, HT_KEY_BYTES);
    return;
  }
  if (sanitizer_key(text, key)) {
    append_frames(text, key);
    return;
  }
  if (hung)
    snprintf(key, HT_KEY_BYTES, "hang");
  else if (WIFSIGNALED(wait_status)) {
    snprintf(key, HT_KEY_BYTES, "signal %d", WTERMSIG(wait_status));
    append_frames(text, key);
  } else if (WEXITSTATUS(wait_status) != 0)
    snprintf(key, HT_KEY_BYTES, "exit %d", WEXITSTATUS(wait_status));
}
