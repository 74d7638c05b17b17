/* The SQL files, carried inside the library. */
#include "results/store/store_internal.h"

#define CARRY(symbol, file)                     \
  __asm__(".pushsection .rodata\n"              \
          ".globl " #symbol "\n"                \
          ".hidden " #symbol "\n" #symbol ":\n" \
          ".incbin \"" file "\"\n"              \
          ".byte 0\n"                           \
          ".popsection\n")

CARRY(ht_store_schema, HEAPTRIAL_SCHEMA);
CARRY(ht_store_schema_2, HEAPTRIAL_SCHEMA_2);
CARRY(ht_store_latest_sql, HEAPTRIAL_LATEST);
