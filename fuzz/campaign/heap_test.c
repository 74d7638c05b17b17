// A heap against the oracle with a fixed budget from the committed corpus: heap_test ENGINE HEAP EXECUTIONS
// OUTPUT. Exit code of the campaign, but that no verdict is a skip, with its reason.

#include "fuzz/campaign/campaign.h"

#include <stdlib.h>

// Of fuzzing: a heap that needs longer for its programs runs fewer of them.
enum { SECONDS_MAX = 20, SKIP = 77 };

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: %s ENGINE HEAP EXECUTIONS OUTPUT\n", argv[0]);
    return 2;
  }
  struct ht_campaign_options options = {.engine = ht_engine_named(argv[1]),
                                        .heap = argv[2],
                                        .executions = strtoull(argv[3], NULL, 10),
                                        .output = argv[4],
                                        .seconds = SECONDS_MAX,
                                        .seed = 1,
                                        .keep_corpus = true,
                                        .until_first = true,
                                        .progress = stdout};
  struct ht_campaign_result result;
  int code = ht_campaign_run(&options, &result);
  printf("%s: %llu programs, %llu operations, %.1f s, %.1f s of CPU: %s\n", argv[2],
         (unsigned long long)result.executions, (unsigned long long)result.operations, result.seconds,
         result.cpu_seconds, result.message);
  ht_campaign_result_free(&result);
  return code == 3 ? SKIP : code;
}
