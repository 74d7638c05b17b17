#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

// heaptrial mutants --document: the table of invariants, docs/invariants.md.

#include "cli/cli.h"
#include "fuzz/mutants/mutants.h"

// Exit code. `mutants`: all.
int cli_document(const struct ht_mutants *mutants, const char *database, const char *path);

#endif
