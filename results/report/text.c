/* Text, numbers and units as people read them. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

void put_text(struct report *report, const char *text) {
  for (; *text; text++) {
    switch (*text) {
    case '&':
      fputs("&amp;", report->out);
      break;
    case '<':
      fputs("&lt;", report->out);
      break;
    case '>':
      fputs("&gt;", report->out);
      break;
    case '"':
      fputs("&quot;", report->out);
      break;
    case '\'':
      fputs("&#39;", report->out);
      break;
    default:
      /* Control characters are not allowed in a page, and crashed programs like to print them. */
      fputc((unsigned char)*text < ' ' && *text != '\n' && *text != '\t' ? '?' : *text, report->out);
    }
  }
}

void put_heap(struct report *report, const struct heap *heap) {
  put_text(report, heap->name);
  if (!*heap->variant) return;
  fputs(" \u00b7 ", report->out);
  put_text(report, heap->variant);
}

void put_settings(struct report *report, const struct ht_line *line) {
  const char *separator = "";
  for (size_t i = 0; i < line->param_count; i++) {
    if (ht_line_is_varying(line->params[i].name)) continue;
    fputs(separator, report->out);
    put_text(report, line->params[i].name);
    fputs(" = ", report->out);
    put_text(report, line->params[i].value);
    separator = ", ";
  }
}

void put_anchor(struct report *report, const char *text) {
  for (; *text; text++) {
    unsigned char letter = (unsigned char)*text;
    /* Other bytes by their number, so that different names stay different. */
    if (isascii(letter) && (isalnum(letter) || letter == '-' || letter == '_'))
      fputc(letter, report->out);
    else
      fprintf(report->out, ".%02x", letter);
  }
}

void put_settings_anchor(struct report *report, const struct ht_line *line) {
  for (size_t i = 0; i < line->param_count; i++) {
    if (ht_line_is_varying(line->params[i].name)) continue;
    fputc('-', report->out);
    put_anchor(report, line->params[i].name);
    fputc('-', report->out);
    put_anchor(report, line->params[i].value);
  }
}

void put_trial_anchor(struct report *report, const struct ht_line *line) {
  fputs("bench-", report->out);
  put_anchor(report, line->benchmark);
  put_settings_anchor(report, line);
}

void put_heading(struct report *report, int level, const char *anchor, const char *title) {
  fprintf(report->out, "<h%d id=\"", level);
  put_anchor(report, anchor);
  fputs("\"><a href=\"#", report->out);
  put_anchor(report, anchor);
  fputs("\">", report->out);
  put_text(report, title);
  fprintf(report->out, "</a></h%d>\n", level);
}

/* Steps of a unit, smallest first; the first row of each is the unit as it stands in lines. */
static const struct {
  const char *unit;
  double factor; /* of the unit in lines */
  const char *name;
} steps[] = {
    {"ns", 1, "ns"},
    {"ns", 1e3, "\u00b5s"},
    {"ns", 1e6, "ms"},
    {"ns", 1e9, "s"},
    {"us", 1e-3, "ns"},
    {"us", 1, "\u00b5s"},
    {"us", 1e3, "ms"},
    {"us", 1e6, "s"},
    {"ms", 1e-6, "ns"},
    {"ms", 1e-3, "\u00b5s"},
    {"ms", 1, "ms"},
    {"ms", 1e3, "s"},
    {"s", 1e-9, "ns"},
    {"s", 1e-6, "\u00b5s"},
    {"s", 1e-3, "ms"},
    {"s", 1, "s"},
    {"bytes", 1, "B"},
    {"bytes", 1024, "KiB"},
    {"bytes", 1048576, "MiB"},
    {"bytes", 1073741824, "GiB"},
    {"1/s", 1, "/s"},
    {"1/s", 1e3, "k/s"},
    {"1/s", 1e6, "M/s"},
    {"1/s", 1e9, "G/s"},
    {"instructions", 1, "instructions"},
    {"instructions", 1e3, "k instructions"},
    {"instructions", 1e6, "M instructions"},
    {"instructions", 1e9, "G instructions"},
    {"ratio", 1, "\u00d7"},
    {"count", 1, ""},
    {"", 1, ""},
};

struct scale scale_of(double largest, const char *unit) {
  struct scale best = {1, unit};
  bool found = false;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    if (strcmp(steps[i].unit, unit) != 0) continue;
    if (found && fabs(largest) < steps[i].factor) break;
    best = (struct scale){steps[i].factor, steps[i].name};
    found = true;
  }
  return best;
}

/* Three significant digits; `whole_numbers`: those without a fraction are shown without one. */
static const char *digits(char text[NUMBER_TEXT], double value, bool whole_numbers) {
  char plain[NUMBER_TEXT];
  double size = fabs(value);
  if (!isfinite(value)) return "\u2014";
  if (size >= 1e15 || (size > 0 && size < 1e-4)) {
    snprintf(text, NUMBER_TEXT, "%.3g", value);
    return text;
  }
  bool plain_number = size >= 100 || (whole_numbers && size == floor(size));
  int decimals = plain_number ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
  int length = snprintf(plain, sizeof plain, "%.*f", decimals, size);
  int whole = decimals ? length - decimals - 1 : length;
  size_t at = 0;
  if (value < 0) at += (size_t)snprintf(text, NUMBER_TEXT, "\u2212");
  for (int i = 0; i < length; i++) {
    /* A narrow space that does not break; four digits read well without. */
    if (whole > 4 && i > 0 && i < whole && (whole - i) % 3 == 0)
      at += (size_t)snprintf(text + at, NUMBER_TEXT - at, "\u202f");
    text[at++] = plain[i];
  }
  text[at] = '\0';
  return text;
}

const char *number_text(char text[NUMBER_TEXT], double value) {
  return digits(text, value, true);
}

const char *quantity_text(char text[NUMBER_TEXT], double value, const char *unit) {
  struct scale scale = scale_of(value, unit);
  char number[NUMBER_TEXT];
  if (!isfinite(value)) return "\u2014";
  /* What is counted comes whole; what is measured has its three digits even when the rest are zeros. */
  static const char *const counted_units[] = {"", "count", "bytes", "instructions"};
  bool counted = false;
  for (size_t i = 0; i < sizeof counted_units / sizeof counted_units[0]; i++)
    counted |= strcmp(counted_units[i], unit) == 0 && scale.divisor == 1;
  bool close = strcmp(unit, "ratio") == 0 || !*scale.unit;
  snprintf(text, NUMBER_TEXT, "%s%s%.16s", digits(number, value / scale.divisor, counted),
           close ? "" : "\u00a0", scale.unit);
  return text;
}
