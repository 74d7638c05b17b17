#ifndef CLI_KEEP_H
#define CLI_KEEP_H

// Where results go as they are measured: into the database, one by one, so that an interrupt or a crash of
// this program costs at most the one in hand. What the database refuses is appended to a file of lines beside
// it.

#include "cli/cli.h"
#include "cli/safety.h"
#include "line/line.h"
#include "results/store/store.h"

struct keep {
  const char *path;
  struct ht_store *store;
  size_t kept, spared, lost; // lines: in the database, in the file beside it, nowhere
};

// Opens the database for writing and gives this invocation a name that its lines share. False after an error
// message.
bool keep_open(struct keep *keep, const char *path);
void keep_line(struct keep *keep, const struct ht_line *line);
// Says what became of lines that are not in the database. False if there are any.
bool keep_close(struct keep *keep);

// The result line of a heap's safety; freed with ht_line_free. NULL: no memory.
struct ht_line *keep_safety(const struct safety *safety, const struct safety_plan *plan);

#endif
