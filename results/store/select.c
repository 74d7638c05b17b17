/* Lines by where they come from. */
#include "results/store/store_internal.h"

/* A condition that is there or not could use no index. */
#define OF_RUN "run = ?2 AND "
#define MATCHES                                               \
  " (?3 = '' OR substr(commit_sha, 1, length(?3)) = ?3) AND " \
  "(?4 = '' OR (heap = ?4 AND variant = ?5) OR (?5 = '' AND variant = ?4))"

/* The same of one run; lines without a run count as one if they share their commit. */
#define NEWEST(matches)                                                          \
  matches " AND (run, CASE run WHEN '' THEN commit_sha ELSE '' END) = "          \
          "(SELECT run, CASE run WHEN '' THEN commit_sha ELSE '' END FROM line " \
          "WHERE kind = ?1 AND " matches " ORDER BY started DESC, number DESC LIMIT 1)"

int ht_store_select(struct ht_store *store, enum ht_line_kind kind, const struct ht_store_filter *filter,
                    struct ht_line_file *lines, char *error) {
  const char *texts[] = {filter->run, filter->commit, filter->heap, filter->variant};
  const int count = sizeof texts / sizeof texts[0];
  for (int i = 0; i < count; i++)
    if (!texts[i]) texts[i] = "";
  const char *condition = *texts[0]        ? filter->newest ? NEWEST(OF_RUN MATCHES) : OF_RUN MATCHES
                          : filter->newest ? NEWEST(MATCHES)
                                           : MATCHES;
  return ht_store_query_where(store, kind, condition, texts, count, lines, error);
}
