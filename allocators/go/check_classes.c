// The size classes, held against a list of their own: Go's, as its table gives them.

#include "allocators/go/check.h"

static const struct {
  uint16_t size;
  uint8_t pages;
} expected[GO_CLASSES] = {
    {0, 0},     {8, 1},      {16, 1},    {24, 1},    {32, 1},    {48, 1},    {64, 1},    {80, 1},
    {96, 1},    {112, 1},    {128, 1},   {144, 1},   {160, 1},   {176, 1},   {192, 1},   {208, 1},
    {224, 1},   {240, 1},    {256, 1},   {288, 1},   {320, 1},   {352, 1},   {384, 1},   {416, 1},
    {448, 1},   {480, 1},    {512, 1},   {576, 1},   {640, 1},   {704, 1},   {768, 1},   {896, 1},
    {1024, 1},  {1152, 1},   {1280, 1},  {1408, 2},  {1536, 1},  {1792, 2},  {2048, 1},  {2304, 2},
    {2688, 1},  {3072, 3},   {3200, 2},  {3456, 3},  {4096, 1},  {4864, 3},  {5376, 2},  {6144, 3},
    {6528, 4},  {6784, 5},   {6912, 6},  {8192, 1},  {9472, 7},  {9728, 6},  {10240, 5}, {10880, 4},
    {12288, 3}, {13568, 5},  {14336, 7}, {16384, 2}, {18432, 9}, {19072, 7}, {20480, 5}, {21760, 8},
    {24576, 3}, {27264, 10}, {28672, 7}, {32768, 4},
};

// The first and the last byte of every object of a span, and the one behind it.
static bool divides(unsigned size_class) {
  size_t size = expected[size_class].size, bytes = expected[size_class].pages * GO_PAGE_SIZE;
  for (size_t offset = size; offset <= bytes; offset += size)
    if (go_object_index(size_class, offset) != offset / size ||
        go_object_index(size_class, offset - 1) != offset / size - 1)
      return false;
  return go_object_index(size_class, bytes) == bytes / size;
}

void go_check_classes(struct examination *e) {
  for (unsigned i = 1; i < GO_CLASSES; i++) {
    EXAMINE(e, GOA_1, go_class_size[i] == expected[i].size && go_class_pages[i] == expected[i].pages,
            "class %u has %u bytes and %u pages", i, go_class_size[i], go_class_pages[i]);
    EXAMINE(e, GOA_3, divides(i), "objects of class %u are not found by multiplication", i);
  }
}
