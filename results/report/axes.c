/* Axes: which values a drawing spans, where each of them stands, and which are named. */
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

#define STEPS 5 /* about so many on a linear axis */

/* 1, 2 or 5 times a power of ten, at least `step`. */
static double round_up(double step) {
  double power = pow(10, floor(log10(step)));
  double rest = step / power;
  return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static double linear_step(const struct axis *axis) {
  return round_up((axis->high - axis->low) / STEPS * 0.9999);
}

/* The units whose steps are powers of ten: on a logarithmic axis over many of them each tick has its own. */
static bool is_decimal(const char *unit) {
  return ht_line_is_cost(unit);
}

enum axis_kind axis_kind_for(double low, double high) {
  return low > 0 && high / low > AXIS_LOG_FROM ? AXIS_LOGARITHMIC : AXIS_LINEAR;
}

void axis_fit(struct axis *axis, enum axis_kind kind, double low, double high, const char *unit) {
  axis->kind = kind;
  axis->unit = unit;
  axis->scale = scale_of(fmax(fabs(low), fabs(high)), unit);
  axis->low = low / axis->scale.divisor;
  axis->high = high / axis->scale.divisor;
  if (kind != AXIS_LINEAR) {
    axis->low = pow(10, floor(log10(axis->low)));
    axis->high = pow(10, ceil(log10(axis->high) - 1e-9));
    if (axis->high <= axis->low) axis->high = axis->low * 10;
    return;
  }
  axis->low = fmin(axis->low, 0);
  if (axis->high <= axis->low) axis->high = axis->low + 1;
  double step = linear_step(axis);
  axis->high = step * ceil(axis->high / step - 1e-9);
  axis->low = step * floor(axis->low / step);
}

double axis_place(const struct axis *axis, double value) {
  double scaled = value / axis->scale.divisor;
  double fraction = axis->kind == AXIS_LINEAR ? (scaled - axis->low) / (axis->high - axis->low)
                                              : log(scaled / axis->low) / log(axis->high / axis->low);
  return axis->begin + fmin(fmax(fraction, 0), 1) * (axis->end - axis->begin);
}

double axis_value(const struct axis *axis, double fraction) {
  double scaled = axis->kind == AXIS_LINEAR ? axis->low + fraction * (axis->high - axis->low)
                                            : axis->low * pow(axis->high / axis->low, fraction);
  return scaled * axis->scale.divisor;
}

size_t axis_ticks(const struct axis *axis, double ticks[AXIS_TICKS]) {
  size_t count = 0;
  if (axis->kind != AXIS_LINEAR) {
    if (axis->kind == AXIS_PERCENTILE && axis->low <= 1) ticks[count++] = 1, ticks[count++] = 2;
    double factor = pow(10, ceil(log10(axis->high / axis->low) / 6));
    double begin = count ? 10 : axis->low;
    for (double value = begin; value <= axis->high * 1.001 && count < AXIS_TICKS; value *= factor)
      ticks[count++] = value * axis->scale.divisor;
  } else {
    double step = linear_step(axis);
    long last = lround((axis->high - axis->low) / step);
    for (long i = 0; i <= last && count < AXIS_TICKS; i++)
      ticks[count++] = (axis->low + step * (double)i) * axis->scale.divisor;
  }
  return count;
}

static const char *percentile_text(char text[NUMBER_TEXT], double one_in) {
  snprintf(text, NUMBER_TEXT, "%.8g", 100 * (1 - 1 / one_in));
  return text;
}

const char *axis_tick_text(const struct axis *axis, double value, char text[NUMBER_TEXT]) {
  if (axis->kind == AXIS_PERCENTILE) return percentile_text(text, value);
  bool own = axis->kind == AXIS_LOGARITHMIC && is_decimal(axis->unit);
  struct scale scale = own ? scale_of(value * 1.0001, axis->unit) : axis->scale;
  double scaled = value / scale.divisor;
  if (fabs(scaled) < 1e-12) scaled = 0;
  /* Ticks are round numbers: no zeros to fill them up. */
  if (fabs(scaled) >= 1e4) return number_text(text, scaled);
  snprintf(text, NUMBER_TEXT, "%.6g%s%.16s", scaled, own ? "\u00a0" : "", own ? scale.unit : "");
  return text;
}

const char *axis_text(const struct axis *axis, double value, char text[NUMBER_TEXT]) {
  if (axis->kind != AXIS_PERCENTILE) return quantity_text(text, value, axis->unit);
  percentile_text(text, value);
  return strncat(text, "\u00a0%", NUMBER_TEXT - 1 - strlen(text));
}

void put_axis_name(struct report *report, const struct axis *axis, const char *title) {
  put_text(report, title);
  bool own = axis->kind == AXIS_LOGARITHMIC && is_decimal(axis->unit);
  if (*axis->scale.unit && !own && axis->kind != AXIS_PERCENTILE) {
    fputs(", in ", report->out);
    put_text(report, axis->scale.unit);
  }
  if (axis->kind == AXIS_LOGARITHMIC) fputs(", logarithmic", report->out);
}
