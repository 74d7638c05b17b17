// catalogue_test: every workload has sound parameters at every length, and every variant of a suite is one.
#include "bench/test/check.h"
#include "bench/workloads/workload.h"

#include <string.h>

static bool same(const struct ht_workload_params *a, const struct ht_workload_params *b) {
  for (const char *const *name = ht_workload_param_names; *name; name++)
    if (ht_workload_param_get(a, *name) != ht_workload_param_get(b, *name)) return false;
  return true;
}

static void try_names(void) {
  struct ht_workload_params params = {0};
  uint64_t value = 1;
  for (const char *const *name = ht_workload_param_names; *name; name++)
    CHECK(ht_workload_param_set(&params, *name, value++), "%s", *name);
  value = 1;
  for (const char *const *name = ht_workload_param_names; *name; name++)
    CHECK(ht_workload_param_get(&params, *name) == value++, "%s", *name);
  CHECK(!ht_workload_param_set(&params, "siz", 1), "half a name is one");
  CHECK(!ht_workload_param_uses(ht_workload_find("churn"), "siz"), "half a name is used");
  CHECK(!ht_workload_param_uses(ht_workload_find("graph"), "mutators"), "the mark rate has mutators");
}

// Every step down is a run that can be, and the last is the least.
static void try_lengths(const struct ht_workload *workload) {
  struct ht_workload_params params = workload->initial;
  struct ht_workload_expectation longer, shorter;
  CHECK(workload->uses[0] && workload->operation && workload->help, "%s", workload->name);
  for (const char *const *name = ht_workload_param_names; *name; name++)
    if (ht_workload_param_get(&params, *name))
      CHECK(ht_workload_param_uses(workload, *name) || strcmp(*name, "mutators") == 0, "%s: %s is not used",
            workload->name, *name);
  CHECK(!workload->check(&params), "%s: %s", workload->name, workload->check(&params));
  workload->expect(&params, 1, &longer);
  unsigned steps = 0;
  while (ht_workload_shrink(workload, &params)) {
    CHECK(!workload->check(&params), "%s: %s", workload->name, workload->check(&params));
    CHECK(++steps < 24, "%s has more steps than a plan takes", workload->name);
    workload->expect(&params, 1, &shorter);
    CHECK(shorter.operations <= longer.operations && shorter.bytes <= longer.bytes &&
              (shorter.bytes < longer.bytes || shorter.operations < longer.operations ||
               shorter.live_bytes < longer.live_bytes) &&
              shorter.operations > 0 && shorter.live_bytes > 0 && shorter.allocations > 0,
          "%s: step %u is no shorter", workload->name, steps);
    longer = shorter;
  }
  CHECK(same(&params, &workload->least), "%s: the shortest is not the least", workload->name);
}

static void try_fit(const struct ht_workload *workload, struct ht_workload_params params) {
  struct ht_workload_expectation e;
  struct ht_workload_params kept = params;
  ht_workload_fit(workload, HT_COLLECTS, &kept);
  CHECK(same(&kept, &params), "%s: a heap that collects has a shorter run", workload->name);
  ht_workload_fit(workload, 0, &params);
  workload->expect(&params, 1, &e);
  CHECK(e.bytes <= HT_WORKLOAD_NEVER_FREED_BYTES, "%s: %llu bytes that nobody frees", workload->name,
        (unsigned long long)e.bytes);
}

static void try_bad(void) {
  static const struct {
    const char *workload, *params, *message;
  } bad[] = {
      {"churn", "size=131072", "size must be one of"},
      {"churn", "size=8,references=1", "needs a size of at least 16"},
      {"churn", "tasks=1", "churn has no parameter"},
      {"churn", "operations", "is not name=number"},
      {"graph", "mutators=2", "graph has no parameter"},
      {"graph", "collections=0", "collections must be"},
      {"list", "live=1000", "power of two"},
      {"deep-tree", "depth=25", "depth must be"},
      {"escape", "escape=0", "escape must be 1 to 100"},
      {"escape", "escape=101", "escape must be 1 to 100"},
      {"rings", "length=0", "length must be"},
      {"exchange", "size=8", "size must be"},
      {"service", "tasks=2,mutators=4", "at least as many as mutators"},
      {"service", "mutators=65", "mutators must be"},
  };
  char message[256];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const struct ht_workload *workload = ht_workload_find(bad[i].workload);
    struct ht_workload_params params = workload->initial;
    CHECK(!ht_workload_params_read(workload, bad[i].params, &params, message, sizeof message) &&
              strstr(message, bad[i].message),
          "%s:%s: %s", bad[i].workload, bad[i].params, message);
  }
}

static void try_suite(const char *suite) {
  enum { VARIANTS = 256 };
  static char texts[VARIANTS][HT_WORKLOAD_VARIANT_SIZE];
  size_t count = 0;
  bool all = strcmp(suite, "full") == 0, counted = strcmp(suite, "instructions") == 0;
  bool any = strcmp(suite, "quick") == 0;
  while (count < VARIANTS && ht_workload_variant(suite, count, texts[count], sizeof texts[count])) count++;
  CHECK(count > 0 && count < VARIANTS, "%s: %zu variants", suite, count);
  CHECK(!ht_workload_variant(suite, count + 1, texts[count], sizeof texts[count]), "%s goes on", suite);
  for (size_t i = 0; i < count; i++) {
    char name[32], message[256];
    for (size_t k = 0; k < i; k++) CHECK(strcmp(texts[k], texts[i]) != 0, "%s: %s twice", suite, texts[i]);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(texts[i], ":"), texts[i]);
    const struct ht_workload *workload = ht_workload_find(name);
    CHECK(workload, "%s: %s", suite, texts[i]);
    struct ht_workload_params params = workload->initial;
    const char *colon = strchr(texts[i], ':');
    CHECK(!colon || ht_workload_params_read(workload, colon + 1, &params, message, sizeof message), "%s: %s",
          texts[i], message);
    CHECK(!counted || params.mutators == 1, "%s is to be counted", texts[i]);
    CHECK(!any || workload->needs == 0, "%s does not run on any heap", texts[i]);
    try_fit(workload, params);
  }
  for (const struct ht_workload *w = ht_workloads; w->name && (all || counted); w++) {
    size_t i = 0, length = strlen(w->name);
    while (i < count &&
           (strncmp(texts[i], w->name, length) != 0 || (texts[i][length] && texts[i][length] != ':')))
      i++;
    CHECK(i < count, "%s has no %s", suite, w->name);
  }
}

int main(void) {
  char text[HT_WORKLOAD_VARIANT_SIZE];
  try_names();
  for (const struct ht_workload *workload = ht_workloads; workload->name; workload++) try_lengths(workload);
  try_bad();
  for (const struct ht_workload_suite *suite = ht_workload_suites; suite->name; suite++)
    try_suite(suite->name);
  CHECK(!ht_workload_variant("no-such-suite", 0, text, sizeof text), "a suite that is none");
  CHECK(ht_workload_variant("quick", 1, text, sizeof text) && strcmp(text, "churn:references=1") == 0, "%s",
        text);
  return 0;
}
