#ifndef FUZZ_TARGETS_SETTINGS_H
#define FUZZ_TARGETS_SETTINGS_H

// What a target's environment asks of the runner.

#include "fuzz/runner/runner.h"

enum { HT_TARGET_SETTINGS_MAX = 32 };

// Fills `options` but for the table, which says what invariants there are; settings that are there already
// stay, in front of those of the environment. What it points to lives as long as the process. False with a
// message for a name that does not exist.
bool ht_target_settings(struct ht_runner_options *options, char *message, size_t message_size);

#endif
