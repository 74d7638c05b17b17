// Programs as text: what is printed parses back to the same program, and what does not parse says why.

#include "fuzz/program/program_test.h"

static struct ht_program program, parsed;

static void check_round_trip(const struct ht_program *expected) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  CHECK(out && ht_program_print(expected, out) && fclose(out) == 0, "cannot print");
  FILE *in = fmemopen(text, size, "r");
  char message[200] = "";
  memset(&parsed, 0xa5, sizeof parsed);
  CHECK(in && ht_program_parse(in, &parsed, message, sizeof message), "%s in\n%s", message, text);
  CHECK(same_program(expected, &parsed), "not the same after\n%s", text);
  fclose(in);
  free(text);
}

static bool parse(const char *text, char *message, size_t size) {
  FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
  CHECK(in, "no stream");
  bool fine = ht_program_parse(in, &parsed, message, size);
  fclose(in);
  return fine;
}

static void test_generated_and_mutated(void) {
  static uint8_t data[HT_PROGRAM_BYTES_MAX];
  size_t size = 0;
  for (unsigned seed = 0; seed < 5000; seed++) {
    struct ht_random random = {seed};
    ht_program_generate(&program, ht_random_logarithmic(&random, 400), seed);
    check_round_trip(&program);
    if (seed % 16 == 0) size = ht_program_encode(&program, data, sizeof data);
    size = ht_program_mutate(data, size, sizeof data, seed);
    ht_program_decode(data, size, &program);
    check_round_trip(&program);
  }
}

// Every operation with every operand at its ends, and every byte of a schedule.
static void test_every_operation(void) {
  ht_program_decode(NULL, 0, &program);
  program.header.mutators = HT_MUTATORS_MAX;
  program.header.carriers = HT_CARRIERS_MAX;
  program.header.size_limit = HT_SIZE_LOG_MAX;
  program.header.schedule_length = 256;
  for (unsigned i = 0; i < 256; i++) program.schedule[i] = (uint8_t)i;
  for (unsigned ends = 0; ends < 1 << OPERANDS; ends++)
    for (enum ht_operation_code code = 0; code < HT_OPERATION_CODES; code++) {
      struct ht_operation operation = {.code = (uint8_t)code, .mutator = ends % HT_MUTATORS_MAX};
      for (unsigned i = 0; i < OPERANDS; i++)
        ht_operand_set(&operation, i,
                       ends >> i & 1 ? ht_operand_last(&operation, i, &program.header, HT_OPERATION_CODES)
                                     : 0);
      program.operations[program.operation_count++] = operation;
    }
  ht_program_canonicalise(&program);
  check_round_trip(&program);
}

static void test_by_hand(void) {
  char message[200] = "";
  CHECK(parse("# two mutators pass an object on\n"
              "mutators 2\n"
              "size_limit 2^16   # bytes\n"
              "disabled resize pin\n"
              "\n"
              "m1 alloc s3 pair size 100 align 16 zeroed\n"
              "m1 store s3.1 s3\r\n"
              "m1 finalizer s3 runs 2 from @7\n"
              "  m1 send cell2 s3\n"
              "@7: m0 recv s1 cell2\n"
              "m0 copy s1.0 s1.1 count 1\n"
              "m0 collect full\n"
              "schedule m1*4 m0*16\n"
              "schedule m1*1",
              message, sizeof message),
        "%s", message);
  CHECK(parsed.header.mutators == 2 && parsed.header.size_limit == 16 && parsed.header.carriers == 1,
        "header");
  CHECK(parsed.header.disabled == (UINT64_C(1) << HT_OP_RESIZE | UINT64_C(1) << HT_OP_PIN), "disabled");
  CHECK(parsed.operation_count == 7, "%zu", parsed.operation_count);
  const struct ht_operation *alloc = &parsed.operations[0];
  CHECK(alloc->code == HT_OP_ALLOC && alloc->mutator == 1 && alloc->a == 3 && alloc->b == TYPE_PAIR &&
            ht_size_of_code(alloc->c) == 100 && ht_operation_alignment(alloc->d) == 16 &&
            ht_operation_zeroed(alloc->d),
        "alloc");
  CHECK(parsed.operations[2].c == 4, "the label names operation %u", parsed.operations[2].c);
  CHECK(parsed.operations[6].a == 1, "full");
  CHECK(parsed.header.schedule_length == 3 && parsed.schedule[0] == 0x31 && parsed.schedule[1] == 0xf0 &&
            parsed.schedule[2] == 0x01,
        "schedule");
  check_valid(&parsed);
}

static void test_errors(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"mutators 9\n", "line 1: expected 1 to 8, found 9"},
      {"\n\nmutators\n", "line 3: expected 1 to 8, found the end of the line"},
      {"size_limit 16\n", "line 1: expected 2^4 to 2^22, found 16"},
      {"size_limit 2^40\n", "line 1: expected 2^4 to 2^22, found 2^40"},
      {"mutators 99999999999999999999999\n", "line 1: expected 1 to 8, found 99999999999999999999999"},
      {"m0 aloc s0\n", "line 1: expected an operation (alloc, load, store, ...), found aloc"},
      {"m1 push\n", "line 1: expected m0 to m0, found m1"},
      {"# x\nm0 alloc s0 pear size 8\n",
       "line 2: expected a type (byte, word, pair, references, mixed, wide, node, leaf48), found pear"},
      {"m0 alloc s0 pair 8\n", "line 1: expected \"size\", found 8"},
      {"m0 alloc s0 pair size 17\n", "line 1: expected 0 to 16, found 17"},
      {"m0 alloc s0 pair size 8 align 3\n", "line 1: expected a power of two, found 3"},
      {"m0 alloc s64 pair size 8\n", "line 1: expected s0 to s63, found s64"},
      {"m0 alloc s0 pair size 8 zeroed twice\n", "line 1: expected the end of the line, found twice"},
      {"m0 load s0 s1\n", "line 1: expected \".\", found the end of the line"},
      {"m0 clear s0.1 count 17\n", "line 1: expected 1 to 16, found 17"},
      {"m0 push\nm0 finalizer s0 runs 1 from @5\nm0 pop\n", "line 2: no operation has the label @5"},
      {"@1: m0 push\n@1: m0 pop\n", "line 2: @1 stands before another operation already"},
      {"disabled push\nm0 push\n", "line 2: push is among the disabled operations"},
      {"disabled nothing\n", "line 1: nothing cannot be disabled"},
      {"m0 push\nzeal 1\n", "line 2: zeal belongs before the first operation"},
      {"schedule m0*17\n", "line 1: expected *1 to *16, found *17"},
      {"what is this\n", "line 1: expected a setting, an operation (m0 alloc ...) or a schedule, found what"},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    char message[200] = "";
    CHECK(!parse(cases[i].text, message, sizeof message), "parsed:\n%s", cases[i].text);
    CHECK(strcmp(message, cases[i].message) == 0, "\n%s says \"%s\" instead of \"%s\"", cases[i].text,
          message, cases[i].message);
    char small[8];
    CHECK(!parse(cases[i].text, small, sizeof small) && strlen(small) < sizeof small, "%s", small);
  }
}

static void test_too_much(void) {
  char *text = NULL, message[200] = "";
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  CHECK(out, "no stream");
  for (unsigned i = 0; i <= HT_OPERATIONS_MAX; i++) fputs("m0 push\n", out);
  fclose(out);
  CHECK(!parse(text, message, sizeof message), "more operations than there is room for");
  CHECK(strcmp(message, "line 4097: more than 4096 operations") == 0, "%s", message);
  free(text);

  static const char binary[] = "mutators 1\n\0\0\n";
  FILE *in = fmemopen((void *)(uintptr_t)binary, sizeof binary - 1, "r");
  CHECK(in && !ht_program_parse(in, &parsed, message, sizeof message), "bytes are no text");
  CHECK(strcmp(message, "line 2: a zero byte: this is no text") == 0, "%s", message);
  fclose(in);
}

int main(void) {
  test_by_hand();
  test_errors();
  test_too_much();
  test_every_operation();
  test_generated_and_mutated();
  return 0;
}
