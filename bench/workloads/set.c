// All workloads that are compiled one way.
#include "bench/workloads/task.h"

#define EACH(code)                                                                                        \
  code(churn) code(binary_trees) code(message_ring) code(exchange) code(service) code(escape) code(rings) \
      code(graph) code(list) code(deep_tree)

#define DECLARE(name) extern const struct ht_workload_code HT_CODE(name);
EACH(DECLARE)

#define PLACE(name) &HT_CODE(name),
static const struct ht_workload_code *const codes[] = {EACH(PLACE) NULL};

#define TEXT_(word) #word
#define TEXT(word) TEXT_(word)
const struct ht_workload_set HT_CODE(workloads) = {TEXT(HT_CALLS), codes};
