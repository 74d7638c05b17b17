#include "allocators/go/classes/rule.h"

// No object is aligned to more than the page its span begins with.
static size_t alignment_of(size_t size) {
  size_t alignment = size & -size;
  return alignment < RULE_PAGE_BYTES ? alignment : RULE_PAGE_BYTES;
}

// The least size from which on all classes are aligned so.
static size_t aligned_from(const struct rule_class *classes, size_t count, size_t alignment) {
  size_t number = count;
  while (number > 1 && alignment_of(classes[number - 1].size) >= alignment) number--;
  return number < count ? classes[number].size : SIZE_MAX;
}

void rule_print(const struct rule_class *classes, size_t count, FILE *out) {
  fprintf(out, "// class  bytes/obj  bytes/span  objects  tail waste  max waste  min align\n");
  for (size_t number = 1; number < count; number++) {
    const struct rule_class *c = &classes[number];
    size_t span = c->pages * RULE_PAGE_BYTES, tail = span - c->size * c->objects;
    // Every object as small as this class takes.
    size_t waste = (c->size - classes[number - 1].size - 1) * c->objects + tail;
    fprintf(out, "// %5zu  %9zu  %10zu  %7zu  %10zu  %8.2f%%  %9zu\n", number, c->size, span, c->objects,
            tail, 100.0 * (double)waste / (double)span, alignment_of(c->size));
  }
  fprintf(out, "\n// alignment  bits  min obj size\n");
  for (size_t alignment = RULE_LEAST_ALIGNMENT; alignment <= RULE_PAGE_BYTES; alignment *= 2) {
    size_t from = aligned_from(classes, count, alignment);
    // What the next alignment says too is left to it.
    if (alignment < RULE_PAGE_BYTES && from == aligned_from(classes, count, 2 * alignment)) continue;
    fprintf(out, "// %9zu  %4d  %12zu\n", alignment, __builtin_ctzll(alignment), from);
  }
}

// The smallest class with `size` bytes.
static size_t class_with(const struct rule_class *classes, size_t size) {
  size_t number = 1;
  while (classes[number].size < size) number++;
  return number;
}

static void print_value(size_t value, size_t index, size_t a_line, FILE *out) {
  fprintf(out, "%s%zu,", index % a_line == 0 ? "\n  " : " ", value);
}

static void print_classes_of_sizes(const char *name, const struct rule_class *classes, size_t first,
                                   size_t last, size_t unit, FILE *out) {
  fprintf(out, "static const uint8_t %s[] = {", name);
  for (size_t size = first; size <= last; size += unit)
    print_value(class_with(classes, size), (size - first) / unit, 24, out);
  fprintf(out, "\n};\n");
}

void rule_print_header(const struct rule_class *classes, size_t count, FILE *out) {
  fprintf(out, "// Written by make_size_classes, which the build holds it against; not by hand.\n"
               "#ifndef GO_CLASSES_SIZE_CLASS_TABLE_H\n#define GO_CLASSES_SIZE_CLASS_TABLE_H\n\n"
               "#include <stdint.h>\n\n// clang-format off\n\n");
  rule_print(classes, count, out);
  fprintf(out, "\nenum {\n");
  fprintf(out, "  GO_PAGE_BYTES = %d,\n", RULE_PAGE_BYTES);
  fprintf(out, "  GO_SMALL_MAX = %d, // the largest size that has a class\n", RULE_SMALL_MAX);
  fprintf(out, "  GO_CLASSES = %zu, // class 0: large objects\n", count);
  fprintf(out, "  GO_CLASS_FINE_MAX = %d, // bytes\n", RULE_FINE_MAX);
  fprintf(out, "  GO_CLASS_FINE_UNIT = %d,\n", RULE_FINE_UNIT);
  fprintf(out, "  GO_CLASS_COARSE_UNIT = %d,\n", RULE_COARSE_UNIT);
  fprintf(out, "};\n\n// Bytes of an object.\nstatic const uint16_t go_class_size[GO_CLASSES] = {");
  for (size_t number = 0; number < count; number++) print_value(classes[number].size, number, 16, out);
  fprintf(out, "\n};\n\n// Pages of a span.\nstatic const uint8_t go_class_pages[GO_CLASSES] = {");
  for (size_t number = 0; number < count; number++) print_value(classes[number].pages, number, 24, out);
  fprintf(out, "\n};\n\n// ceil(2^32 / size) for each span class, two to a class; 0 for large objects, whose "
               "index is 0.\n// Two zeros in front are for the word of a page in no span: a page's class "
               "byte is the index.\n"
               "static const uint32_t go_span_class_magic[2 + 2 * GO_CLASSES] = {");
  print_value(0, 0, 8, out);
  print_value(0, 1, 8, out);
  for (size_t span_class = 0; span_class < 2 * count; span_class++)
    print_value(rule_magic(classes[span_class / 2].size), 2 + span_class, 8, out);
  fprintf(out, "\n};\n\n// The class of each multiple of 8 bytes below 1024; 0 bytes are served as 1.\n");
  print_classes_of_sizes("go_class_fine", classes, 0, RULE_FINE_MAX - RULE_FINE_UNIT, RULE_FINE_UNIT, out);
  fprintf(out, "\n// The class of each multiple of 128 bytes from 1024 on.\n");
  print_classes_of_sizes("go_class_coarse", classes, RULE_FINE_MAX, RULE_SMALL_MAX, RULE_COARSE_UNIT, out);
  fprintf(out, "\n#endif\n");
}
