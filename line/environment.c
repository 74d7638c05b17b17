/* What a number depends on besides the heap: the machine, the system, the compiler and the commit. */
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "commit.h"
#include "line/line_internal.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The first "model name" of /proc/cpuinfo. Not its clock or its bogomips: they differ between boots of one
 * machine and would cut its history in pieces. */
static void read_cpu(struct ht_line *line) {
  FILE *stream = fopen("/proc/cpuinfo", "re");
  if (!stream) return;
  char *text = NULL;
  size_t room = 0;
  while (getline(&text, &room, stream) >= 0) {
    if (strncmp(text, "model name", strlen("model name")) != 0) continue;
    const char *colon = strchr(text, ':');
    if (!colon) continue;
    text[strcspn(text, "\n")] = '\0';
    ht_line_set(line, &line->environment.cpu, colon + 1 + strspn(colon + 1, " \t"));
    break;
  }
  free(text);
  fclose(stream);
}

static const char *given(const char *variable) {
  const char *text = getenv(variable);
  return text && *text ? text : NULL;
}

void ht_line_environment_given(struct ht_line *line) {
  const char *machine = given("HEAPTRIAL_MACHINE"), *sha = given("HEAPTRIAL_COMMIT"),
             *seq = given("HEAPTRIAL_COMMIT_SEQ");
  if (machine) ht_line_set(line, &line->environment.machine, machine);
  if (sha) {
    ht_line_set(line, &line->commit.sha, sha);
    /* A sequence number of another commit is worse than none. */
    line->commit.seq = -1;
  }
  if (!seq) return;
  char *end;
  errno = 0;
  long long number = strtoll(seq, &end, 10);
  if (errno || *end || number < 0)
    ht_line_mistake(line, "HEAPTRIAL_COMMIT_SEQ is \"%.40s\", not a count of commits", seq);
  else
    line->commit.seq = number;
}

void ht_line_environment(struct ht_line *line) {
  struct utsname system;
  char text[256];
  if (uname(&system) == 0) {
    ht_line_set(line, &line->environment.machine, system.nodename);
    snprintf(text, sizeof text, "%s %s", system.sysname, system.release);
    ht_line_set(line, &line->environment.kernel, text);
  }
  snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version());
  ht_line_set(line, &line->environment.libc, text);
  ht_line_set(line, &line->environment.compiler, COMPILER);
  ht_line_set(line, &line->environment.flags, HEAPTRIAL_FLAGS);
  read_cpu(line);
  ht_line_set(line, &line->commit.sha, HEAPTRIAL_BUILD_COMMIT);
  line->commit.seq = HEAPTRIAL_BUILD_COMMIT_SEQ;
  ht_line_environment_given(line);
}
