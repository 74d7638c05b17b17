// Go's size classes against their list (GOA-1), each size (GOA-2) and each offset (GOA-3), and that what
// looks at them finds what is wrong.
//
//   go_classes_test SIZECLASSES   the list as a text
#include "allocators/go/classes/rule.h"
#include "allocators/go/classes/size_classes.h"

#include "base/check.h"

#include <string.h>

// What is looked at, so that it can be looked at when it is wrong too.
struct table {
  size_t count;
  uint16_t size[RULE_CLASSES_MOST];
  uint8_t pages[RULE_CLASSES_MOST];
  uint32_t magic[RULE_CLASSES_MOST];
  unsigned (*class_of_size)(size_t size);
};

static struct table of_heap(void) {
  struct table t = {.count = GO_CLASSES, .class_of_size = go_class_of_size};
  memcpy(t.size, go_class_size, sizeof go_class_size);
  memcpy(t.pages, go_class_pages, sizeof go_class_pages);
  for (size_t number = 0; number < GO_CLASSES; number++) {
    t.magic[number] = go_span_class_magic[2 + 2 * number];
    CHECK(go_span_class_magic[3 + 2 * number] == t.magic[number]);
  }
  return t;
}

static struct table of_rule(const struct rule *rule) {
  struct rule_class classes[RULE_CLASSES_MOST];
  struct table t = {.count = rule_derive(rule, classes), .class_of_size = go_class_of_size};
  for (size_t number = 0; number < t.count; number++) {
    t.size[number] = (uint16_t)classes[number].size;
    t.pages[number] = (uint8_t)classes[number].pages;
    t.magic[number] = rule_magic(classes[number].size);
  }
  return t;
}

// GOA-1: the classes and their spans are those of the list.
static bool is_as_listed(const struct table *t, const char *list) {
  const char *line = list;
  size_t count = 1;
  while ((line = strchr(line, '\n')) != NULL && line[1] == '/') {
    size_t number, size, span, objects;
    CHECK(sscanf(++line, "// %zu %zu %zu %zu", &number, &size, &span, &objects) == 4 && number == count);
    if (count >= t->count || t->size[number] != size || (size_t)t->pages[number] * GO_PAGE_BYTES != span ||
        span / size != objects)
      return false;
    count++;
  }
  CHECK(count > 1);
  return t->count == count && t->size[0] == 0 && t->pages[0] == 0;
}

// GOA-2: each size has the smallest class that is large enough.
static bool every_size_has_its_class(const struct table *t) {
  for (size_t size = 0; size <= GO_SMALL_MAX; size++) {
    unsigned number = t->class_of_size(size);
    if (number < 1 || number >= t->count || t->size[number] < size) return false;
    for (unsigned smaller = 1; smaller < number; smaller++)
      if (t->size[smaller] >= size) return false;
  }
  return true;
}

// GOA-3: the multiplication divides exactly, up to a span's end.
static bool every_offset_divides(const struct table *t) {
  for (unsigned number = 1; number < t->count; number++)
    for (uint64_t offset = 0; offset <= (uint64_t)t->pages[number] * GO_PAGE_BYTES; offset++)
      if (offset * t->magic[number] >> 32 != offset / t->size[number]) return false;
  return t->magic[0] == 0;
}

// What rule_print says, for the caller to free.
static char *printed(const struct rule *rule) {
  struct rule_class classes[RULE_CLASSES_MOST];
  size_t count = rule_derive(rule, classes), size;
  char *text = NULL;
  FILE *out = open_memstream(&text, &size);
  CHECK(out != NULL);
  rule_print(classes, count, out);
  CHECK(fclose(out) == 0 && text != NULL);
  return text;
}

static bool prints(const struct rule *rule, const char *list) {
  char *text = printed(rule);
  bool same = strcmp(text, list) == 0;
  free(text);
  return same;
}

static bool a_part_or_more(size_t tail, size_t span) {
  return tail >= span / RULE_WASTE_PARTS;
}

// Mistakes in the rule. None makes a table that serves no size well: only the list tells (GOA-1).
static void find_mistakes_of_the_rule(const char *list) {
  struct rule inclusive = rule_of_go, separate = rule_of_go, unrounded = rule_of_go;
  inclusive.wastes = a_part_or_more;
  separate.joins = false;
  unrounded.grows = false;
  const struct rule *wrong[] = {&inclusive, &separate, &unrounded};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct table t = of_rule(wrong[i]);
    CHECK(!is_as_listed(&t, list));
    CHECK(!prints(wrong[i], list));
    CHECK(every_offset_divides(&t));
  }
}

// 1016 bytes and those up to 1024 looked up as if fine entries went on.
static unsigned one_boundary_off(size_t size) {
  return size <= GO_CLASS_FINE_MAX ? go_class_fine[size / GO_CLASS_FINE_UNIT % sizeof go_class_fine]
                                   : go_class_of_size(size);
}

// With the header of its object added after the class was chosen.
static unsigned one_class_high(size_t size) {
  unsigned number = go_class_of_size(size);
  return number + (size == 1016 && number + 1 < GO_CLASSES);
}

static void find_mistakes_of_the_table(const char *list) {
  struct table t = of_heap();
  t.class_of_size = one_boundary_off;
  CHECK(!every_size_has_its_class(&t));
  t.class_of_size = one_class_high;
  CHECK(!every_size_has_its_class(&t));

  for (unsigned number = 1; number < GO_CLASSES; number++) {
    t = of_heap();
    t.magic[number] -= 1;
    CHECK(!every_offset_divides(&t));
    t = of_heap();
    t.pages[number] += 1;
    CHECK(!is_as_listed(&t, list));
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: go_classes_test SIZECLASSES\n");
    return 2;
  }
  static char list[16384];
  FILE *file = fopen(argv[1], "r");
  CHECK(file != NULL);
  size_t length = fread(list, 1, sizeof list - 1, file);
  CHECK(length > 0 && length < sizeof list - 1 && fclose(file) == 0);

  struct table heap = of_heap(), rule = of_rule(&rule_of_go);
  CHECK(is_as_listed(&heap, list) && is_as_listed(&rule, list) && prints(&rule_of_go, list));
  CHECK(every_size_has_its_class(&heap));
  CHECK(every_offset_divides(&heap));
  CHECK(GO_SPAN_CLASSES == 136);
  for (unsigned number = 0; number < GO_CLASSES; number++) {
    CHECK(go_object_index(number, go_class_size[number]) == (number > 0));
    for (int noscan = 0; noscan < 2; noscan++) {
      unsigned span_class = go_span_class(number, noscan);
      CHECK(span_class < GO_SPAN_CLASSES && go_span_class_size_class(span_class) == number &&
            go_span_class_noscan(span_class) == noscan);
    }
  }
  find_mistakes_of_the_rule(list);
  find_mistakes_of_the_table(list);
  return 0;
}
