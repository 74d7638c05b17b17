/* Curves of a line: points in order, kept whole or not at all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line/line_internal.h"

static void curve_finish(struct ht_line_curve *curve) {
  free(curve->name);
  free(curve->x_unit);
  free(curve->y_unit);
  free(curve->x);
  free(curve->y);
}

static double *copy_points(const double *points, size_t count) {
  double *copy = reallocarray(NULL, count, sizeof *copy);
  return copy ? memcpy(copy, points, count * sizeof *copy) : NULL;
}

static bool good_points(struct ht_line *line, const char *name, const double *x, const double *y,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(x[i]) || !isfinite(y[i])) {
      ht_line_mistake(line, "point %zu of %s is not finite", i + 1, name);
      return false;
    }
    if (i > 0 && x[i] < x[i - 1]) {
      ht_line_mistake(line, "point %zu of %s lies before the one it follows", i + 1, name);
      return false;
    }
  }
  return true;
}

void ht_line_curve(struct ht_line *line, const char *name, const char *x_unit, const char *y_unit,
                   const double *x, const double *y, size_t count) {
  if (!name || !*name || !x_unit || !y_unit || count == 0) {
    ht_line_mistake(line, "a curve needs a name, units and a point");
    return;
  }
  if (ht_line_find_curve(line, name)) {
    ht_line_mistake(line, "curve %s is there twice", name);
    return;
  }
  if (!good_points(line, name, x, y, count)) return;
  struct ht_line_curve *curves = reallocarray(line->curves, line->curve_count + 1, sizeof *curves);
  if (curves) line->curves = curves;
  struct ht_line_curve new = {ht_line_copy(name),    ht_line_copy(x_unit), ht_line_copy(y_unit), count,
                              copy_points(x, count), copy_points(y, count)};
  if (!curves || !new.name || !new.x_unit || !new.y_unit || !new.x || !new.y) {
    curve_finish(&new);
    ht_line_mistake(line, "no memory");
    return;
  }
  curves[line->curve_count++] = new;
}

void ht_line_curves_drop(struct ht_line *line) {
  while (line->curve_count > 0) curve_finish(&line->curves[--line->curve_count]);
  free(line->curves);
  line->curves = NULL;
}

const struct ht_line_curve *ht_line_find_curve(const struct ht_line *line, const char *name) {
  for (size_t i = 0; i < line->curve_count; i++)
    if (strcmp(line->curves[i].name, name) == 0) return &line->curves[i];
  return NULL;
}
