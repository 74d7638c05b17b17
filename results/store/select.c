/* Lines by where they come from. */
#include "results/store/store_internal.h"

#define MATCHES                                                                        \
  "(?2 = '' OR run = ?2) AND (?3 = '' OR substr(commit_sha, 1, length(?3)) = ?3) AND " \
  "(?4 = '' OR (heap = ?4 AND variant = ?5) OR (?5 = '' AND variant = ?4))"

static const char any_sql[] = MATCHES;
/* The same of one run; lines without a run count as one if they share their commit. */
static const char newest_sql[] =
    MATCHES " AND (run, CASE run WHEN '' THEN commit_sha ELSE '' END) = "
            "(SELECT run, CASE run WHEN '' THEN commit_sha ELSE '' END FROM line "
            "WHERE kind = ?1 AND " MATCHES " ORDER BY started DESC, number DESC LIMIT 1)";

int ht_store_select(struct ht_store *store, enum ht_line_kind kind, const struct ht_store_filter *filter,
                    struct ht_line_file *lines, char *error) {
  const char *texts[] = {filter->run, filter->commit, filter->heap, filter->variant};
  const int count = sizeof texts / sizeof texts[0];
  for (int i = 0; i < count; i++)
    if (!texts[i]) texts[i] = "";
  return ht_store_query_where(store, kind, filter->newest ? newest_sql : any_sql, texts, count, lines, error);
}
