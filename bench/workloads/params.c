// Parameters by name, from text, and shorter.
#include "bench/workloads/catalogue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ht_workload_param_names[] = {"size",     "live",       "references", "length",
                                               "depth",    "escape",     "tasks",      "collections",
                                               "mutators", "operations", NULL};

static uint64_t *param_of(struct ht_workload_params *p, const char *name) {
  uint64_t *const places[] = {&p->size,   &p->live,  &p->references,  &p->length,   &p->depth,
                              &p->escape, &p->tasks, &p->collections, &p->mutators, &p->operations};
  for (size_t i = 0; ht_workload_param_names[i]; i++)
    if (strcmp(ht_workload_param_names[i], name) == 0) return places[i];
  return NULL;
}

bool ht_workload_param_set(struct ht_workload_params *params, const char *name, uint64_t value) {
  uint64_t *place = param_of(params, name);
  if (place) *place = value;
  return place != NULL;
}

uint64_t ht_workload_param_get(const struct ht_workload_params *params, const char *name) {
  struct ht_workload_params copy = *params;
  return *param_of(&copy, name);
}

bool ht_workload_param_uses(const struct ht_workload *workload, const char *name) {
  size_t length = strlen(name);
  for (const char *word = workload->uses; *word; word += strspn(word, " ")) {
    size_t found = strcspn(word, " ");
    if (found == length && strncmp(word, name, length) == 0) return true;
    word += found;
  }
  return false;
}

bool ht_workload_params_read(const struct ht_workload *workload, const char *text,
                             struct ht_workload_params *params, char *message, size_t message_size) {
  while (*text) {
    size_t length = strcspn(text, ",");
    const char *equals = memchr(text, '=', length);
    char name[32], *end;
    if (!equals || (size_t)(equals - text) >= sizeof name) {
      snprintf(message, message_size, "\"%.*s\" is not name=number", (int)length, text);
      return false;
    }
    *stpncpy(name, text, (size_t)(equals - text)) = 0;
    errno = 0;
    uint64_t value = strtoull(equals + 1, &end, 0);
    if (end != text + length || end == equals + 1 || equals[1] == '-' || errno) {
      snprintf(message, message_size, "\"%.*s\" is not name=number", (int)length, text);
      return false;
    }
    if (!param_of(params, name) || !ht_workload_param_uses(workload, name)) {
      snprintf(message, message_size, "%s has no parameter \"%s\"", workload->name, name);
      return false;
    }
    ht_workload_param_set(params, name, value);
    text += length + (text[length] == ',');
  }
  const char *wrong = workload->check(params);
  if (wrong) snprintf(message, message_size, "%s: %s", workload->name, wrong);
  return !wrong;
}

// An eighth, but not below the least. False: it is there already.
static bool divide(uint64_t *value, uint64_t least) {
  enum { STEP = 8 };
  if (*value <= least) return false;
  *value = *value / STEP > least ? *value / STEP : least;
  return true;
}

bool ht_workload_shrink(const struct ht_workload *workload, struct ht_workload_params *params) {
  enum { DEPTH_STEP = 2 };
  const struct ht_workload_params *least = &workload->least;
  if (params->depth >= least->depth + DEPTH_STEP) {
    params->depth -= DEPTH_STEP;
    return true;
  }
  // What is held makes the benchmark what it is, so it goes last.
  return divide(&params->collections, least->collections) || divide(&params->operations, least->operations) ||
         divide(&params->tasks, least->tasks) || divide(&params->live, least->live);
}

void ht_workload_fit(const struct ht_workload *workload, uint64_t capabilities,
                     struct ht_workload_params *params) {
  struct ht_workload_expectation e;
  if (capabilities & (HT_COLLECTS | HT_RELEASES)) return;
  do workload->expect(params, 1, &e);
  while (e.bytes > HT_WORKLOAD_NEVER_FREED_BYTES && ht_workload_shrink(workload, params));
}
