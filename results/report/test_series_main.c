/* Writes the made-up series into a database: for whoever wants to look at a large report, as the browser test
 * does. */
#include "results/report/test_series.h"

int main(int argc, char **argv) {
  char error[HT_ERROR_SIZE] = "usage: report_test_series DATABASE";
  struct ht_store *store = argc == 2 ? ht_store_open(argv[1], HT_STORE_WRITE, error) : NULL;
  int code = store ? test_series_add(store, error) != 0 : 2;
  if (code) fprintf(stderr, "%s\n", error);
  ht_store_close(store);
  return code;
}
