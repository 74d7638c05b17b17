// A library that is no heap.
int ht_test_nothing(void);

int ht_test_nothing(void) {
  return 0;
}
