#include "fuzz/program/program_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct parser {
  struct ht_program *program;
  unsigned line;
  const char *at; // what is still to be read of the line
  char *message;
  size_t message_size;
  bool failed;
  // Labels are numbers below HT_OPERATIONS_MAX; 0 is none, else the operation it stands before, plus one.
  uint16_t labels[HT_OPERATIONS_MAX];
  uint16_t lines[HT_OPERATIONS_MAX]; // of the operations, for what is wrong only once all are known
};

__attribute__((format(printf, 2, 3))) static bool fail(struct parser *parser, const char *format, ...) {
  if (parser->failed) return false;
  parser->failed = true;
  int used = snprintf(parser->message, parser->message_size, "line %u: ", parser->line);
  if (used >= 0 && (size_t)used < parser->message_size) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->message + used, parser->message_size - (size_t)used, format, arguments);
    va_end(arguments);
  }
  return false;
}

static void skip_spaces(struct parser *parser) {
  parser->at += strspn(parser->at, " \t\r");
}

static bool at_end(struct parser *parser) {
  skip_spaces(parser);
  return *parser->at == 0;
}

// How long the word at the cursor is.
static int word_length(const struct parser *parser) {
  return (int)strcspn(parser->at, " \t\r.:");
}

// For messages: what stands where something else was expected.
static const char *found(struct parser *parser, int *length) {
  skip_spaces(parser);
  *length = word_length(parser);
  if (*length == 0 && *parser->at) *length = 1;
  if (*length) return parser->at;
  *length = (int)strlen("the end of the line");
  return "the end of the line";
}

static bool expected(struct parser *parser, const char *what) {
  int length;
  const char *text = found(parser, &length);
  return fail(parser, "expected %s, found %.*s", what, length, text);
}

// Reads `text` as the whole next word if it is there.
static bool accept_word(struct parser *parser, const char *text, size_t length) {
  skip_spaces(parser);
  if ((size_t)word_length(parser) != length || memcmp(parser->at, text, length) != 0) return false;
  parser->at += length;
  return true;
}

static bool expect_text(struct parser *parser, const char *text) {
  skip_spaces(parser);
  size_t length = strlen(text);
  if (strncmp(parser->at, text, length) != 0) {
    char what[16];
    snprintf(what, sizeof what, "\"%.*s\"", (int)strcspn(text, " "), text);
    return expected(parser, what);
  }
  parser->at += length;
  return true;
}

// A number from first to last behind `prefix`, which has no space after it.
static bool expect_number(struct parser *parser, const char *prefix, size_t first, size_t last,
                          size_t *value) {
  skip_spaces(parser);
  const char *digits = parser->at + strlen(prefix);
  char *end = NULL;
  unsigned long long number = 0;
  bool there = strncmp(parser->at, prefix, strlen(prefix)) == 0 && *digits >= '0' && *digits <= '9';
  if (there) number = strtoull(digits, &end, 10);
  if (!there || number < first || number > last) {
    char what[64];
    snprintf(what, sizeof what, "%s%zu to %s%zu", prefix, first, prefix, last);
    return expected(parser, what);
  }
  parser->at = end;
  *value = number;
  return true;
}

static bool expect_type(struct parser *parser, size_t *value) {
  for (unsigned i = 0; i < HT_PROGRAM_TYPES; i++)
    if (accept_word(parser, ht_program_types[i].name, strlen(ht_program_types[i].name))) {
      *value = i;
      return true;
    }
  return expected(parser, "a type (byte, word, pair, references, mixed, wide, node, leaf48)");
}

static bool expect_layout(struct parser *parser, size_t *value) {
  enum { ALIGNMENT_LOG_LAST = 15, ZEROED = 16 };
  *value = 0;
  if (accept_word(parser, "align", strlen("align"))) {
    const char *start = parser->at;
    size_t alignment;
    if (!expect_number(parser, "", 2, 1 << ALIGNMENT_LOG_LAST, &alignment)) return false;
    if (alignment & (alignment - 1)) {
      parser->at = start;
      return expected(parser, "a power of two");
    }
    *value = (size_t)__builtin_ctzll(alignment);
  }
  if (accept_word(parser, "zeroed", strlen("zeroed"))) *value |= ZEROED;
  return true;
}

static bool expect_run(struct parser *parser, size_t *value) {
  size_t count;
  if (!expect_number(parser, "", 0, (1 << RUN_FIELD_BITS) - 1, value) || !expect_text(parser, "count ") ||
      !expect_number(parser, "", 1, 16, &count))
    return false;
  *value |= (count - 1) << RUN_FIELD_BITS;
  return true;
}

static bool expect_operand(struct parser *parser, struct ht_operation *operation, unsigned operand) {
  static const char *const prefixes[] = {
      [OPERAND_SLOT] = "s", [OPERAND_GLOBAL] = "g",  [OPERAND_CELL] = "cell",
      [OPERAND_WEAK] = "w", [OPERAND_MUTATOR] = "m", [OPERAND_CARRIER] = "carrier",
      [OPERAND_FIELD] = "", [OPERAND_NUMBER] = "",   [OPERAND_INDEX] = "@",
  };
  const struct ht_program_header *header = &parser->program->header;
  enum operand_kind kind = ht_operand_kind(operation, operand);
  size_t value = 0;
  bool fine = true;
  switch (kind) {
  case OPERAND_TYPE:
    fine = expect_type(parser, &value);
    break;
  case OPERAND_SIZE:
    fine =
        expect_text(parser, "size ") && expect_number(parser, "", 0, (size_t)1 << header->size_limit, &value);
    value = ht_code_of_size(value);
    break;
  case OPERAND_LAYOUT:
    fine = expect_layout(parser, &value);
    break;
  case OPERAND_RUN:
    fine = expect_run(parser, &value);
    break;
  case OPERAND_WORDS:
    fine = expect_text(parser, "count ") && expect_number(parser, "", 1, 16, &value);
    value--;
    break;
  default:
    fine = expect_number(parser, prefixes[kind], 0,
                         ht_operand_last(operation, operand, header, HT_OPERATIONS_MAX), &value);
  }
  ht_operand_set(operation, operand, (unsigned)value);
  return fine;
}

// Reads the operands as the operation's text has them.
static bool expect_operands(struct parser *parser, struct ht_operation *operation) {
  const char *text = ht_operation_shapes[operation->code].text;
  while (*text) {
    if (*text == ' ') {
      text++;
    } else if (*text != '%') {
      size_t length = strcspn(text, " %");
      char literal[16];
      snprintf(literal, sizeof literal, "%.*s", (int)length, text);
      if (!expect_text(parser, literal)) return false;
      text += length;
    } else {
      unsigned operand = (unsigned)(text[1] - 'a');
      text += 2;
      if (*text == '[') {
        size_t length = strcspn(text, "]") - 1;
        ht_operand_set(operation, operand, accept_word(parser, text + 1, length));
        text += length + 2;
      } else if (!expect_operand(parser, operation, operand)) {
        return false;
      }
    }
  }
  return true;
}

static bool expect_code(struct parser *parser, enum ht_operation_code *code) {
  for (*code = 0; *code < HT_OPERATION_CODES; ++*code) {
    const char *name = ht_operation_name(*code);
    if (accept_word(parser, name, strlen(name))) return true;
  }
  return expected(parser, "an operation (alloc, load, store, ...)");
}

static bool parse_operation(struct parser *parser) {
  struct ht_program *program = parser->program;
  if (program->operation_count == HT_OPERATIONS_MAX)
    return fail(parser, "more than %d operations", HT_OPERATIONS_MAX);
  size_t label, mutator;
  if (*parser->at == '@') {
    if (!expect_number(parser, "@", 0, HT_OPERATIONS_MAX - 1, &label) || !expect_text(parser, ":"))
      return false;
    if (parser->labels[label]) return fail(parser, "@%zu stands before another operation already", label);
    parser->labels[label] = (uint16_t)(program->operation_count + 1);
  }
  enum ht_operation_code code;
  if (!expect_number(parser, "m", 0, program->header.mutators - 1u, &mutator) || !expect_code(parser, &code))
    return false;
  if (program->header.disabled >> code & 1)
    return fail(parser, "%s is among the disabled operations", ht_operation_name(code));
  struct ht_operation operation = {.code = (uint8_t)code, .mutator = (uint8_t)mutator};
  if (!expect_operands(parser, &operation)) return false;
  parser->lines[program->operation_count] = (uint16_t)parser->line;
  program->operations[program->operation_count++] = operation;
  return true;
}

static bool parse_schedule(struct parser *parser) {
  struct ht_program *program = parser->program;
  while (!at_end(parser)) {
    size_t mutator, operations;
    if (program->header.schedule_length == HT_SCHEDULE_MAX)
      return fail(parser, "more than %d choices in the schedule", HT_SCHEDULE_MAX);
    if (!expect_number(parser, "m", 0, 15, &mutator) || !expect_number(parser, "*", 1, 16, &operations))
      return false;
    program->schedule[program->header.schedule_length++] = (uint8_t)(mutator | (operations - 1) << 4);
  }
  return true;
}

static bool parse_disabled(struct parser *parser) {
  while (!at_end(parser)) {
    enum ht_operation_code code;
    if (!expect_code(parser, &code)) return false;
    if (code == HT_OP_NOTHING) return fail(parser, "%s cannot be disabled", ht_operation_name(code));
    parser->program->header.disabled |= UINT64_C(1) << code;
  }
  return true;
}

// Returns whether the line is a setting of the header.
static bool parse_setting(struct parser *parser) {
  struct ht_program_header *header = &parser->program->header;
  const struct {
    const char *name, *prefix;
    size_t first, last;
    uint8_t *value;
  } settings[] = {
      {"mutators", "", 1, HT_MUTATORS_MAX, &header->mutators},
      {"carriers", "", 1, HT_CARRIERS_MAX, &header->carriers},
      {"collect_every", "", 0, UINT8_MAX, &header->collect_period},
      {"switch_every", "", 1, UINT8_MAX, &header->switch_period},
      {"size_limit", "2^", HT_SIZE_LOG_MIN, HT_SIZE_LOG_MAX, &header->size_limit},
      {"refuse", "", 0, UINT8_MAX, &header->refuse},
      {"zeal", "", 0, UINT8_MAX, &header->zeal},
  };
  for (unsigned i = 0; i <= sizeof settings / sizeof *settings; i++) {
    bool is_disabled = i == sizeof settings / sizeof *settings;
    const char *name = is_disabled ? "disabled" : settings[i].name;
    if (!accept_word(parser, name, strlen(name))) continue;
    size_t value;
    if (parser->program->operation_count)
      fail(parser, "%s belongs before the first operation", name);
    else if (is_disabled)
      parse_disabled(parser);
    else if (expect_number(parser, settings[i].prefix, settings[i].first, settings[i].last, &value))
      *settings[i].value = (uint8_t)value;
    return true;
  }
  return false;
}

static bool parse_line(struct parser *parser) {
  if (at_end(parser)) return true;
  if (accept_word(parser, "schedule", strlen("schedule"))) return parse_schedule(parser);
  if (!parse_setting(parser) && !parser->failed) {
    if (*parser->at != 'm' && *parser->at != '@')
      return expected(parser, "a setting, an operation (m0 alloc ...) or a schedule");
    parse_operation(parser);
  }
  if (!parser->failed && !at_end(parser)) return expected(parser, "the end of the line");
  return !parser->failed;
}

// Labels become the operations they stand before.
static bool resolve_labels(struct parser *parser) {
  struct ht_program *program = parser->program;
  for (size_t i = 0; i < program->operation_count; i++)
    for (unsigned operand = 0; operand < OPERANDS; operand++) {
      struct ht_operation *operation = &program->operations[i];
      if (ht_operand_kind(operation, operand) != OPERAND_INDEX) continue;
      unsigned label = ht_operand(operation, operand);
      parser->line = parser->lines[i];
      if (parser->labels[label] == 0) return fail(parser, "no operation has the label @%u", label);
      ht_operand_set(operation, operand, parser->labels[label] - 1u);
    }
  return true;
}

bool ht_program_parse(FILE *in, struct ht_program *program, char *message, size_t message_size) {
  struct parser parser = {.program = program, .message = message, .message_size = message_size};
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  ht_program_decode(NULL, 0, program);
  while (!parser.failed && (length = getline(&line, &capacity, in)) >= 0) {
    parser.line++;
    if (memchr(line, 0, (size_t)length)) {
      fail(&parser, "a zero byte: this is no text");
      break;
    }
    line[strcspn(line, "#\n")] = 0;
    parser.at = line;
    parse_line(&parser);
  }
  free(line);
  if (!parser.failed && ferror(in)) {
    parser.line++;
    fail(&parser, "cannot be read");
  }
  return !parser.failed && resolve_labels(&parser);
}
