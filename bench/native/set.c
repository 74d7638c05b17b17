// The workloads that are written by hand.
#include "bench/workloads/task.h"

extern const struct ht_workload_code HT_CODE(churn), HT_CODE(binary_trees);

static const struct ht_workload_code *const codes[] = {&HT_CODE(churn), &HT_CODE(binary_trees), NULL};

const struct ht_workload_set HT_CODE(workloads) = {"hand", codes};
