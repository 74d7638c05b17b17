// One run, and what was chosen in it.
#include "fuzz/schedule/schedule.h"

struct recorder {
  simulated_choose *choose;
  void *context;
  struct ht_trace *trace;
};

static struct simulated_choice choose(void *context, const struct simulated_view *view) {
  struct recorder *recorder = context;
  struct simulated_choice choice = recorder->choose(recorder->context, view);
  ht_trace_add(recorder->trace, choice);
  return choice;
}

void ht_run_chosen(const struct ht_exploration *e, simulated_choose *chooser, void *context,
                   struct ht_trace *trace, struct simulated_end *end) {
  struct recorder recorder = {chooser, context, trace};
  struct simulated_options options = {.choose = choose,
                                      .switches = e->switches,
                                      .switching = e->argument,
                                      .context = &recorder,
                                      .buffers = e->buffers,
                                      .per_address = e->per_address,
                                      .most = e->most_steps};
  simulated_run(&options, e->body, e->argument, end);
}
