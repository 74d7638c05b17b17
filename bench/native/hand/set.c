// The workloads that are written by hand.
#include "bench/workloads/task.h"

extern const struct ht_workload_code HT_CODE(churn), HT_CODE(binary_trees);

static const struct ht_workload_code *const codes[] = {&HT_CODE(churn), &HT_CODE(binary_trees), NULL};

#define TEXT_(word) #word
#define TEXT(word) TEXT_(word)
const struct ht_workload_set HT_CODE(workloads) = {TEXT(HT_CALLS), codes};
