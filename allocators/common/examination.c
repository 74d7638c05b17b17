#include "allocators/common/examination.h"

#include <stdarg.h>
#include <stdio.h>

bool examination_holds(struct examination *e, size_t invariant) {
  if (invariant != EXAMINATION_UNNAMED && e->examiner.examined)
    e->examiner.examined(e->examiner.context, invariant, NULL);
  return true;
}

bool examination_broken(struct examination *e, size_t invariant, const char *format, ...) {
  char said[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(said, sizeof said, format, arguments);
  va_end(arguments);
  bool named = invariant != EXAMINATION_UNNAMED;
  if (!e->broken && e->message)
    snprintf(e->message, e->message_size, "%s%s%s", named ? e->invariants[invariant].name : "",
             named ? ": " : "", said);
  e->broken = true;
  if (named && e->examiner.examined) e->examiner.examined(e->examiner.context, invariant, said);
  return false;
}
