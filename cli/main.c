#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const char *argp_program_version = "heaptrial " HEAPTRIAL_VERSION;

static const struct cli_command commands[] = {
    {"list", "what there is: heaps, options, workloads, fuzz targets, invariants", cli_list},
    {"trial", "tries heaps, for safety and for speed, and writes a report", cli_trial},
    {"fuzz", "looks for broken invariants with libFuzzer, AFL++ or blindly", cli_fuzz},
    {"replay", "runs heap programs from files and says what they break", cli_replay},
    {"shrink", "makes a heap program that breaks something as small as it goes", cli_shrink},
    {"explore", "runs a heap program under every schedule, in a simulated world", cli_explore},
    {"mutants", "plants bugs in heaps and looks which are caught", cli_mutants},
    {"bench", "measures heaps", cli_bench},
    {"compare", "says which of two heaps, runs or commits is faster, and how surely", cli_compare},
    {"doctor", "says what on this machine spoils measurements, and how to mend it", cli_doctor},
    {"import", "adds results from files: lines, or JSON of Google Benchmark or hyperfine", cli_import},
    {"export", "writes results as other programs read them", cli_export},
    {"report", "makes a report of what was measured so far", cli_report},
    {"attempt", NULL, cli_attempt},
};

static void print_help(FILE *out) {
  fputs("Usage: heaptrial COMMAND [OPTION...]\n"
        "Puts memory managers on trial: is what they do right, and how fast is it?\n\n",
        out);
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (commands[i].summary) fprintf(out, "  %-9s%s\n", commands[i].name, commands[i].summary);
  fputs("\n"
        "heaptrial COMMAND --help says more. Exit codes: 0 fine, 1 a finding, 2 usage, 3 no verdict.\n",
        out);
}

int main(int argc, char **argv) {
  argp_err_exit_status = CLI_USAGE;
  // A limit on the size of files is an error like a full disk, not the end.
  signal(SIGXFSZ, SIG_IGN);
  const char *name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-?") == 0 || strcmp(name, "help") == 0) {
    print_help(stdout);
    return CLI_FINE;
  }
  if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
    puts(argp_program_version);
    return CLI_FINE;
  }
  if (!*name) {
    print_help(stderr);
    return CLI_USAGE;
  }
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (strcmp(commands[i].name, name) != 0) continue;
    char title[64];
    snprintf(title, sizeof title, "heaptrial %s", name);
    program_invocation_name = program_invocation_short_name = argv[1] = title;
    int code = commands[i].run(argc - 1, argv + 1);
    // What was asked for did not arrive: a full disk, or a reader that went away.
    if (fflush(stdout) != 0 || ferror(stdout)) {
      cli_say("the output could not be written: %m");
      return code == CLI_FINE ? CLI_NO_VERDICT : code;
    }
    return code;
  }
  return cli_usage("there is no command \"%s\"; heaptrial --help lists them", name);
}
