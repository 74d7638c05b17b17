// All workloads that are compiled one way.
#include "bench/workloads/task.h"

extern const struct ht_workload_code HT_CODE(churn), HT_CODE(binary_trees), HT_CODE(message_ring);

static const struct ht_workload_code *const codes[] = {&HT_CODE(churn), &HT_CODE(binary_trees),
                                                       &HT_CODE(message_ring), NULL};

#define TEXT_(word) #word
#define TEXT(word) TEXT_(word)
const struct ht_workload_set HT_CODE(workloads) = {TEXT(HT_CALLS), codes};
