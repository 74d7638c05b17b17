/* The launcher itself, as bytes in the library. */
#include "process/process_internal.h"

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        ".globl ht_launcher_begin, ht_launcher_end\n"
        ".hidden ht_launcher_begin, ht_launcher_end\n"
        "ht_launcher_begin:\n"
        ".incbin \"" HEAPTRIAL_LAUNCHER "\"\n"
        "ht_launcher_end:\n"
        ".popsection\n");
