/* The style sheet, carried inside the library. */
#include "results/report/report_internal.h"

__asm__(".pushsection .rodata\n"
        ".globl report_style\n"
        ".hidden report_style\n"
        "report_style:\n"
        ".incbin \"" HEAPTRIAL_STYLE "\"\n"
        ".byte 0\n"
        ".popsection\n");
