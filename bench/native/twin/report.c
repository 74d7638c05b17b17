// What a twin says, word by word.
#include "bench/native/twin/twin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Numbers that are told once, and where they go. What is not needed may be left out by a runtime that cannot
// tell.
static const struct word {
  const char *name;
  size_t place;
  bool needed;
} words[] = {
    {"checksum", offsetof(struct twin_report, checksum), true},
    {"allocations", offsetof(struct twin_report, allocations), true},
    {"cpu_ns", offsetof(struct twin_report, region.cpu_ns), true},
    {"wall_ns", offsetof(struct twin_report, region.wall_ns), true},
    {"page_faults", offsetof(struct twin_report, region.page_faults), true},
    {"context_switches", offsetof(struct twin_report, region.context_switches), true},
    {"resident_bytes", offsetof(struct twin_report, space.resident_bytes), false},
    {"peak_resident_bytes", offsetof(struct twin_report, space.peak_resident_bytes), false},
};
enum { WORDS = sizeof words / sizeof *words };

static void keep_event(struct ht_bench_events *events, enum ht_event_kind kind, uint64_t end) {
  if (events->count < events->capacity)
    events->events[events->count] = (struct ht_event){.kind = kind, .end = end};
  events->count++;
}

static void keep_sample(struct ht_workload_samples *samples, uint64_t ns) {
  if (samples->count < samples->capacity)
    samples->ns[samples->count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

// False: no such word.
static bool take(struct twin_report *report, const char *name, uint64_t value, unsigned *told) {
  if (strcmp(name, "pause") == 0)
    keep_event(&report->events, HT_EVENT_PAUSE, value);
  else if (strcmp(name, "sample") == 0)
    keep_sample(&report->samples, value);
  else if (strcmp(name, "cycles") == 0)
    for (; value > 0 && report->events.count <= report->events.capacity; value--)
      keep_event(&report->events, HT_EVENT_CYCLE, 0);
  else {
    size_t i = 0;
    while (i < WORDS && strcmp(words[i].name, name) != 0) i++;
    if (i == WORDS) return false;
    *(uint64_t *)((char *)report + words[i].place) = value;
    *told |= 1u << i;
  }
  return true;
}

bool twin_report_read(char *text, struct twin_report *report, char *message, size_t size) {
  unsigned told = 0;
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n"));) {
    if (!*line) continue;
    char *value = strchr(line, ' '), *end;
    if (value && strncmp(line, "runtime ", strlen("runtime ")) == 0) {
      snprintf(report->runtime, sizeof report->runtime, "%s", value + 1);
      continue;
    }
    errno = 0;
    uint64_t number = value ? strtoull(value + 1, &end, 10) : 0;
    if (value) *value = 0;
    if (!value || value[1] < '0' || value[1] > '9' || *end || errno || !take(report, line, number, &told)) {
      snprintf(message, size, "the twin says what no twin says: \"%.60s%s%.60s\"", line, value ? " " : "",
               value ? value + 1 : "");
      return false;
    }
  }
  for (size_t i = 0; i < WORDS; i++)
    if (words[i].needed && !(told >> i & 1)) {
      snprintf(message, size, "the twin does not say its %s", words[i].name);
      return false;
    }
  return true;
}
