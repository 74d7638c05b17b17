// Writes size_class_table.h, or prints the table of classes as Go's sizeclasses.go has it.
//
//   make_size_classes FILE
//   make_size_classes --print
#include "allocators/go/classes/rule.h"

#include <string.h>

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: make_size_classes FILE | --print\n");
    return 2;
  }
  struct rule_class classes[RULE_CLASSES_MOST];
  size_t count = rule_derive(&rule_of_go, classes);
  if (strcmp(argv[1], "--print") == 0) {
    rule_print(classes, count, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
  }
  FILE *out = fopen(argv[1], "w");
  if (!out) {
    perror(argv[1]);
    return 1;
  }
  rule_print_header(classes, count, out);
  return fclose(out) == 0 ? 0 : 1;
}
