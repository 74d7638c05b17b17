/* The schema file, carried inside the library. */
#include "results/store/store_internal.h"

__asm__(".pushsection .rodata\n"
        ".globl ht_store_schema\n"
        ".hidden ht_store_schema\n"
        "ht_store_schema:\n"
        ".incbin \"" HEAPTRIAL_SCHEMA "\"\n"
        ".byte 0\n"
        ".popsection\n");
