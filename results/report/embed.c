/* What is carried inside the library: the style sheet, the script, and the charts that the build made. */
#include "results/report/report_internal.h"

#define EMBED(symbol, path)                     \
  __asm__(".pushsection .rodata\n"              \
          ".globl " #symbol "\n"                \
          ".hidden " #symbol "\n" #symbol ":\n" \
          ".incbin \"" path "\"\n"              \
          ".byte 0\n"                           \
          ".popsection\n")

EMBED(report_style, HEAPTRIAL_STYLE);
EMBED(report_script, HEAPTRIAL_SCRIPT);
EMBED(report_charts, HEAPTRIAL_CHARTS_SCRIPT);
EMBED(report_charts_style, HEAPTRIAL_CHARTS_STYLE);
