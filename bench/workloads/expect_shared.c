// What a right run makes of the workloads that share: arrays between mutators, carriers between tasks.
#include "bench/workloads/catalogue.h"

const char *ht_exchange_check(const struct ht_workload_params *p) {
  if (p->size < HT_EXCHANGE_WORDS_LEAST * HT_WORD || p->size % HT_WORD || p->size > MESSAGE_MOST)
    return "size must be a multiple of 8 from 16 to 1048576";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  return ht_common_check(p);
}

void ht_exchange_expect(const struct ht_workload_params *p, uint64_t entries,
                        struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t operations = p->operations * entries, array = p->live * HT_WORD;
  for (uint64_t number = 0; number < p->mutators; number++) {
    uint64_t base = ht_task_base(p->seed, number);
    for (uint64_t k = 0; k < p->live + operations; k++) {
      uint64_t place = k < p->live ? k : ht_exchange_place(base + k, p->live);
      e->checksum = ht_checksum_add(e->checksum, place, base + k);
      e->bytes += ht_exchange_words(base + k, p->size) * HT_WORD;
    }
  }
  e->bytes += array * p->mutators;
  e->operations = operations * p->mutators;
  e->allocations = (1 + p->live + operations) * p->mutators;
  // Objects are half as large as they may be, on average.
  e->live_bytes = (array + (p->live + 1) * (p->size + HT_EXCHANGE_WORDS_LEAST * HT_WORD) / 2) * p->mutators;
}

// The array, and an object that comes and one that goes.
size_t ht_exchange_slots(const struct ht_workload_params *p) {
  (void)p;
  return 3;
}

const char *ht_service_check(const struct ht_workload_params *p) {
  if (p->tasks < p->mutators) return "tasks must be at least as many as mutators";
  if (p->tasks > TASKS_MOST) return "tasks must be at most 1000000";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  return ht_common_check(p);
}

// The requests of one mutator, but for the sessions.
static void expect_requests(const struct ht_workload_params *p, uint64_t base, uint64_t requests,
                            struct ht_workload_expectation *e) {
  for (uint64_t r = 0; r < requests; r++) {
    uint64_t word = base + r, x = ht_mix(word), y = ht_mix(x), place = y % p->live;
    uint64_t sum = HT_SERVICE_PARTS * word + HT_SERVICE_PARTS * (HT_SERVICE_PARTS - 1) / 2;
    e->checksum = ht_checksum_add(e->checksum, 1, sum);
    e->checksum = ht_checksum_add(e->checksum, place, place);
    e->allocations += HT_SERVICE_PARTS;
    for (unsigned part = 0; part < HT_SERVICE_PARTS; part++)
      e->bytes += ht_service_part_words(x, part) * HT_WORD;
    if (!ht_service_renews(y)) continue;
    e->checksum = ht_checksum_add(e->checksum, place, word);
    e->allocations++;
    e->bytes += HT_SERVICE_ENTRY_WORDS * HT_WORD;
  }
}

static void expect_sessions(uint64_t tasks, uint64_t base, uint64_t requests,
                            struct ht_workload_expectation *e) {
  for (uint64_t task = 0; task < tasks; task++) {
    uint64_t served = 0, session = 0;
    for (uint64_t r = task; r < requests; r += tasks) {
      if (served == 0) {
        e->allocations++;
        e->bytes += HT_SERVICE_SESSION_WORDS * HT_WORD;
      }
      session += HT_SERVICE_PARTS * (base + r) + HT_SERVICE_PARTS * (HT_SERVICE_PARTS - 1) / 2;
      if (++served < HT_SERVICE_LIFE) continue;
      e->checksum = ht_checksum_add(e->checksum, task, session);
      served = session = 0;
    }
    if (served > 0) e->checksum = ht_checksum_add(e->checksum, task, session);
  }
}

void ht_service_expect(const struct ht_workload_params *p, uint64_t entries,
                       struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t requests = p->operations * entries;
  uint64_t cache = p->live * (HT_SERVICE_ENTRY_WORDS + 1) * HT_WORD;
  for (uint64_t number = 0; number < p->mutators; number++) {
    uint64_t base = ht_task_base(p->seed, number);
    e->allocations += 1 + p->live;
    e->bytes += cache;
    for (uint64_t place = 0; place < p->live; place++)
      e->checksum = ht_checksum_add(e->checksum, place, ht_service_first(base, place));
    expect_requests(p, base, requests, e);
    expect_sessions(ht_service_tasks(p, number), base, requests, e);
  }
  e->operations = requests * p->mutators;
  e->live_bytes = cache * p->mutators + p->tasks * HT_SERVICE_SESSION_WORDS * HT_WORD +
                  HT_SERVICE_PARTS * HT_SERVICE_PART_WORDS_MOST * HT_WORD * p->mutators;
}

// The cache, and an entry of it; they are numbered as those of the tasks are.
size_t ht_service_slots(const struct ht_workload_params *p) {
  (void)p;
  return HT_SERVICE_SLOTS;
}
