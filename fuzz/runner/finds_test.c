// Every check can fail: for each invariant, a heap of the tests made to lie in just that, and only that check
// switched on.
//
//   finds_test LIBRARY...    the libraries of the heaps bump, counting and semispace, in this order
//
// A liar is the honest heap's table with one function replaced. It must be caught within the given number of
// generated programs, under the invariant's own name; the honest heap must get through the same programs with
// every check on. Then a heap with invariants of its own, and one that notices what it is not to free.
#include "fuzz/runner/finds_lies.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAMS = 1500, OWN_PROGRAMS = 200, OPERATIONS = 120, SECONDS = 300 };

// 0: kept through all programs; 1: broken.
static struct ht_runner_counts counts;

static int run(const struct ht_heap_table *table, struct ht_invariant_set only, bool frees, unsigned programs,
               struct ht_verdict *verdict) {
  char message[256] = "";
  struct ht_runner *runner =
      ht_runner_open(&(struct ht_runner_options){.table = table, .only = only}, message, sizeof message);
  if (!runner) {
    fprintf(stderr, "%s: %s\n", table->name, message);
    return 2;
  }
  static struct ht_program program;
  for (uint64_t seed = 0; seed < programs; seed++) {
    ht_program_generate(&program, OPERATIONS, seed);
    // Forking for GEN-12 is rare in generated programs; here it is what is tried.
    if (frees)
      for (size_t i = 8; i < program.operation_count; i += 8) program.operations[i].code = HT_OP_FREE_INVALID;
    ht_runner_run(runner, &program, verdict);
    counts = *ht_runner_counts(runner);
    if (verdict->kind != HT_KEPT) return 1;
  }
  ht_runner_close(runner);
  return 0;
}

static int in_child(const struct lie *lie, const struct ht_heap_table *table) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    alarm(SECONDS);
    struct ht_verdict verdict = {0};
    struct ht_invariant_set only = HT_INVARIANTS_ALL;
    honest = table;
    if (lie) {
      tell(lie->claims, &lie->with);
      only = (struct ht_invariant_set){0};
      ht_invariant_add(&only, lie->invariant);
    }
    int result = run(lie ? &liar : table, only, lie && lie->invariant == HT_GEN_12, PROGRAMS, &verdict);
    if (result == 1) ht_verdict_print(&verdict, table, stdout);
    fflush(stdout);
    _exit(result == 1 && lie && verdict.invariant != lie->invariant ? 2 : result);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// 0: as it should be.
static int try_own(const struct own_case *own_case, const struct ht_heap_table *table) {
  struct ht_verdict verdict = {0};
  struct ht_invariant_set only = HT_INVARIANTS_ALL;
  char line[1024] = "", expected[64];
  honest = table;
  tell(own_case->frees ? HT_RELEASES | HT_DIAGNOSES_FREE : HT_CHECKS, &own_case->with);
  liar.invariants = own_invariants;
  if (own_case->on != ALL) {
    only = (struct ht_invariant_set){0};
    ht_invariant_add(&only, own_case->on);
  }
  if (own_case->off != ALL) ht_invariant_remove(&only, own_case->off);
  int result = run(&liar, only, own_case->frees, OWN_PROGRAMS, &verdict);
  if (gettid() != getpid()) return printf("%s: the run goes on on another thread\n", own_case->what), 1;
  if (own_case->broken == ALL) {
    size_t looked_at = own_case->frees ? HT_GEN_12 : OWN_2;
    if (result == 0 && counts.evaluations[looked_at] > 0) return 0;
    printf("%s: result %d, %llu evaluations\n", own_case->what, result,
           (unsigned long long)counts.evaluations[looked_at]);
  }
  FILE *out = fmemopen(line, sizeof line, "w");
  if (!out) return 2;
  ht_verdict_print(&verdict, &liar, out);
  fclose(out);
  if (own_case->broken == ALL) return fputs(line, stdout), 1;
  snprintf(expected, sizeof expected, "INVARIANT %s operation ",
           ht_invariant_entry(&liar, own_case->broken)->name);
  if (result == 1 && strncmp(line, expected, strlen(expected)) == 0) return 0;
  printf("%s: result %d, not \"%s\" but %s", own_case->what, result, expected, line);
  return 1;
}

static int own_in_child(const struct own_case *own_case, const struct ht_heap_table *table) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    alarm(SECONDS);
    int result = try_own(own_case, table);
    fflush(stdout);
    _exit(result);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv) {
  if (argc != HEAPS + 1) {
    fprintf(stderr, "usage: finds_test BUMP COUNTING SEMISPACE\n");
    return 2;
  }
  const struct ht_heap_table *tables[HEAPS];
  for (unsigned h = 0; h < HEAPS; h++) {
    void *library = dlopen(argv[1 + h], RTLD_NOW | RTLD_LOCAL);
    if (!library || !(tables[h] = dlsym(library, "heaptrial_heap"))) {
      fprintf(stderr, "%s: %s\n", argv[1 + h], dlerror());
      return 2;
    }
  }
  int failures = 0;
  uint64_t tried = 0;
  if (in_child(&no_lie, tables[no_lie.heap]) != 0)
    failures++, printf("what a heap reserves for itself was counted\n");
  for (size_t i = 0; i < lie_count; i++) {
    tried |= (uint64_t)1 << lies[i].invariant;
    int result = in_child(&lies[i], tables[lies[i].heap]);
    if (result == 1) continue;
    failures++;
    printf("a lie about %s on %s was not found (%d)\n", ht_invariants[lies[i].invariant].name,
           tables[lies[i].heap]->name, result);
  }
  for (unsigned i = 0; i < HT_INVARIANTS; i++)
    if (!(tried >> i & 1)) failures++, printf("nothing lies about %s\n", ht_invariants[i].name);
  for (size_t i = 0; i < own_case_count; i++) {
    int result = own_in_child(&own_cases[i], tables[BUMP]);
    if (result != 0) failures++, printf("invariants of its own, %s: %d\n", own_cases[i].what, result);
  }
  for (unsigned h = 0; h < HEAPS; h++)
    if (in_child(NULL, tables[h]) != 0) failures++, printf("the honest %s was not kept\n", tables[h]->name);
  return failures != 0;
}
