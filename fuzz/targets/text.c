// The target of the text form: any bytes either parse or are refused with a message, and what parses prints
// and parses back to the same program.

#include "fuzz/program/program.h"
#include "fuzz/targets/flight.h"
#include "fuzz/targets/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = HT_FLIGHT_BYTES };

static struct ht_flight *flight;
static struct ht_program program, again;
static uint8_t bytes[HT_PROGRAM_BYTES_MAX], bytes_again[HT_PROGRAM_BYTES_MAX];

static _Noreturn void broken(const char *what) {
  fprintf(stderr, "TEXT %s\n", what);
  fflush(stderr);
  abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  flight = ht_flight_open();
  return flight == NULL ? HT_TARGET_NO_VERDICT : 0;
}

static void check_round_trip(void) {
  char *text = NULL;
  size_t text_size = 0;
  FILE *out = open_memstream(&text, &text_size);
  if (out == NULL) return; // no memory is no finding
  bool printed = ht_program_print(&program, out);
  fclose(out);
  if (!printed) broken("print: a program that was parsed does not print");
  char message[256];
  FILE *in = fmemopen(text, text_size, "r");
  if (in != NULL) {
    if (!ht_program_parse(in, &again, message, sizeof message)) broken("parse: what was printed is refused");
    fclose(in);
    size_t size = ht_program_encode(&program, bytes, sizeof bytes);
    size_t size_again = ht_program_encode(&again, bytes_again, sizeof bytes_again);
    if (size == 0 || size != size_again || memcmp(bytes, bytes_again, size) != 0)
      broken("round trip: what was printed parses to another program");
  }
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0; // fmemopen refuses it
  if (size > TEXT_BYTES_MAX) size = TEXT_BYTES_MAX;
  ht_flight_start(flight, data, size);
  FILE *in = fmemopen((void *)data, size, "r");
  if (in == NULL) return 0;
  char message[256] = "";
  if (ht_program_parse(in, &program, message, sizeof message))
    check_round_trip();
  else if (message[0] == 0)
    broken("parse: refused without a message");
  fclose(in);
  ht_flight_finish(flight, 0);
  return 0;
}
