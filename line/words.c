/* The words of the format, each beside the constant it stands for. */
#include <stdlib.h>
#include <string.h>

#include "line/line_internal.h"

static const char *const kinds[] = {
    [HT_LINE_BENCH] = "bench",
    [HT_LINE_FUZZ] = "fuzz",
    [HT_LINE_MUTANT] = "mutant",
    [HT_LINE_TRIAL] = "trial",
};
static const char *const statuses[] = {
    [HT_LINE_OK] = "ok",           [HT_LINE_FAILED] = "failed",     [HT_LINE_CRASHED] = "crashed",
    [HT_LINE_TIMEOUT] = "timeout", [HT_LINE_CHECKSUM] = "checksum", [HT_LINE_NO_VERDICT] = "no-verdict",
};
static const char *const betters[] = {
    [HT_LINE_LOWER] = "lower",
    [HT_LINE_HIGHER] = "higher",
    [HT_LINE_NONE] = "none",
};

/* Units that a run which did not end well cannot have measured, alone or after a '/'. */
static const char *const time_units[] = {"ns", "us", "ms", "s", "min", "h"};
static const char *const work_units[] = {"instructions", "cycles"};

static const char *const varying_params[] = {"seed",  "caught_by", "way",       "verdict", "round",
                                             "place", "padding",   "pinned_to", "warmups"};
static const char *const varying_prefixes[] = {HT_LINE_FINDING, HT_LINE_PROGRAM};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int find(const char *const *words, size_t count, const char *word) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(words[i], word) == 0) return (int)i;
  return -1;
}

const char *ht_line_kind_name(enum ht_line_kind kind) {
  return kinds[kind];
}
const char *ht_line_status_name(enum ht_line_status status) {
  return statuses[status];
}
const char *ht_line_better_name(enum ht_line_better better) {
  return betters[better];
}
int ht_line_kind_of(const char *name) {
  return find(kinds, COUNT(kinds), name);
}
int ht_line_status_of(const char *name) {
  return find(statuses, COUNT(statuses), name);
}
int ht_line_better_of(const char *name) {
  return find(betters, COUNT(betters), name);
}

bool ht_line_is_cost(const char *unit) {
  if (find(work_units, COUNT(work_units), unit) >= 0) return true;
  const char *slash = strrchr(unit, '/');
  return find(time_units, COUNT(time_units), slash ? slash + 1 : unit) >= 0;
}

bool ht_line_is_varying(const char *param) {
  for (size_t i = 0; i < COUNT(varying_prefixes); i++)
    if (strncmp(param, varying_prefixes[i], strlen(varying_prefixes[i])) == 0) return true;
  return find(varying_params, COUNT(varying_params), param) >= 0;
}

/* Bytes of the UTF-8 sequence at `text`, 0 if there is none; sequences longer than needed, surrogates and
 * what lies beyond U+10FFFF are none. */
static size_t sequence(const unsigned char *text) {
  if (text[0] < 0x80) return 1;
  size_t length = text[0] >= 0xc2 && text[0] <= 0xdf   ? 2
                  : text[0] >= 0xe0 && text[0] <= 0xef ? 3
                  : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
                                                       : 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80) return 0;
  bool too_long = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
  bool surrogate = text[0] == 0xed && text[1] > 0x9f;
  bool beyond = text[0] == 0xf4 && text[1] > 0x8f;
  return too_long || surrogate || beyond ? 0 : length;
}

char *ht_line_copy(const char *text) {
  char *copy = strdup(text ? text : "");
  if (!copy) return NULL;
  for (size_t at = 0; copy[at];) {
    size_t length = sequence((const unsigned char *)copy + at);
    if (length == 0) {
      copy[at] = '?';
      length = 1;
    }
    at += length;
  }
  return copy;
}
