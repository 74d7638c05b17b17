/* Files of other programs: what they say in their own way, and what must not become a time. */
#include <stdlib.h>
#include <string.h>

#include "results/store/test.h"

static const char google_benchmark[] =
    "{\"context\":{\"date\":\"2026-11-20T19:19:18+01:00\",\"host_name\":\"vm\",\"heap\":\"malloc\",\"load_"
    "avg\":[NaN]},\n"
    "\"benchmarks\":["
    "{\"name\":\"churn/size:64/16\",\"run_name\":\"churn/size:64/"
    "16\",\"run_type\":\"iteration\",\"iterations\":10,"
    "\"real_time\":1.5e+01,\"cpu_time\":5.5e+00,\"time_unit\":\"us\",\"items_per_second\":1.7e+08,\"rss_kb\":"
    "3.5},"
    "{\"name\":\"bad/NaN\",\"run_name\":\"bad/"
    "NaN\",\"run_type\":\"iteration\",\"real_time\":NaN,\"cpu_time\":-Infinity,"
    "\"time_unit\":\"ns\"},"
    "{\"name\":\"churn/size:64/16\",\"run_name\":\"churn/size:64/"
    "16\",\"run_type\":\"iteration\",\"iterations\":10,"
    "\"real_time\":1.6e+01,\"cpu_time\":5.25e+00,\"time_unit\":\"us\",\"other\":-NaN},"
    "{\"name\":\"err\",\"run_name\":\"err\",\"run_type\":\"iteration\",\"error_occurred\":true,"
    "\"error_message\":\"lost its \\\"NaN\\\" "
    "checksum\",\"real_time\":1,\"cpu_time\":1,\"time_unit\":\"ns\"},"
    "{\"name\":\"skip\",\"run_name\":\"skip\",\"run_type\":\"iteration\",\"skipped\":true,\"skip_message\":"
    "\"why\"},"
    "{\"name\":\"churn/size:64/16_mean\",\"run_name\":\"churn/size:64/16\",\"run_type\":\"aggregate\","
    "\"real_time\":1,\"cpu_time\":1,\"time_unit\":\"ns\"},"
    "{\"name\":\"only_mean\",\"run_name\":\"only\",\"run_type\":\"aggregate\",\"real_time\":1,\"cpu_time\":1,"
    "\"time_unit\":\"ns\"}]}";

static void from_google_benchmark(void) {
  struct ht_line_file file, again;
  const char *path = path_of("foreign.json");
  put(path, google_benchmark);
  CHECK(ht_store_read_google_benchmark(path, "", &file, error) == 0 && file.line_count == 5);
  if (file.line_count != 5) return;
  struct ht_line *churn = file.lines[0];
  CHECK(strcmp(churn->benchmark, "churn") == 0 && strcmp(churn->heap, "malloc") == 0);
  CHECK(strcmp(churn->started, "2026-11-20T18:19:18.000Z") == 0);
  CHECK(strcmp(churn->environment.machine, "vm") == 0 && churn->status == HT_LINE_OK);
  CHECK(strcmp(ht_line_find_param(churn, "size"), "64") == 0);
  CHECK(strcmp(ht_line_find_param(churn, "argument2"), "16") == 0);
  const struct ht_line_measure *cpu = ht_line_find(churn, "cpu_per_op");
  CHECK(cpu && cpu->sample_count == 2 && cpu->samples[0] == 5500 && cpu->samples[1] == 5250);
  CHECK(ht_line_find(churn, "operations") && ht_line_find(churn, "rss_kb") && !ht_line_find(churn, "other"));
  static const struct {
    size_t line;
    enum ht_line_status status;
    const char *words;
  } failed[] = {{1, HT_LINE_FAILED, "not numbers"},
                {2, HT_LINE_FAILED, "lost its \"NaN\" checksum"},
                {3, HT_LINE_NO_VERDICT, "skipped: why"},
                {4, HT_LINE_NO_VERDICT, "only aggregates"}};
  for (size_t i = 0; i < 4; i++) {
    const struct ht_line *line = file.lines[failed[i].line];
    CHECK(line->status == failed[i].status && strstr(line->reason, failed[i].words));
    CHECK(line->measure_count == 0);
  }
  CHECK(ht_store_read_google_benchmark(path, "", &again, error) == 0);
  for (size_t i = 0; i < 5; i++) CHECK(strcmp(file.lines[i]->id, again.lines[i]->id) == 0);
  CHECK(strcmp(file.lines[0]->id, file.lines[1]->id) != 0);
  ht_line_file_free(&again);

  struct ht_store *store = ht_store_open(path_of("new.db"), HT_STORE_WRITE, error);
  struct ht_store_added added;
  CHECK(store && ht_store_add(store, file.lines, file.line_count, &added, error) == 0 && added.added == 5);
  CHECK(ht_store_add(store, file.lines, file.line_count, &added, error) == 0 && added.known == 5);
  ht_store_close(store);
  ht_line_file_free(&file);
}

static const char hyperfine[] =
    "{\"results\":[{\"command\":\"trees 10\",\"mean\":1,\"stddev\":null,\"user\":0.5,\"system\":0.25,"
    "\"times\":[1.0,1.5],\"exit_codes\":[0,0],\"memory_usage_byte\":[1024,2048],"
    "\"parameters\":{\"heap\":\"boehm\",\"benchmark\":\"binary-trees\",\"depth\":\"10\"}},"
    "{\"command\":\"false\",\"user\":0,\"system\":0,\"times\":[1.0,2.0],\"exit_codes\":[0,1]},"
    "{\"command\":\"crash\",\"user\":0,\"system\":0,\"times\":[1.0],\"exit_codes\":[null]},"
    "{\"command\":\"odd\",\"user\":0,\"system\":0,\"times\":[1.0,NaN],\"exit_codes\":[0,0]}]}";

static void from_hyperfine(void) {
  struct ht_line_file file;
  const char *path = path_of("foreign.json");
  put(path, hyperfine);
  CHECK(ht_store_read_hyperfine(path, "malloc", &file, error) == 0 && file.line_count == 4);
  if (file.line_count != 4) return;
  const struct ht_line *trees = file.lines[0];
  CHECK(strcmp(trees->heap, "boehm") == 0 && strcmp(trees->benchmark, "binary-trees") == 0);
  CHECK(trees->param_count == 1 && strcmp(ht_line_find_param(trees, "depth"), "10") == 0);
  CHECK(ht_line_find(trees, "wall")->samples[1] == 1.5 &&
        ht_line_find(trees, "cpu_mean")->samples[0] == 0.75);
  CHECK(ht_line_find(trees, "peak_resident")->sample_count == 2);
  CHECK(file.lines[1]->status == HT_LINE_FAILED &&
        strstr(file.lines[1]->reason, "run 2 ended with exit code 1"));
  CHECK(file.lines[2]->status == HT_LINE_CRASHED && file.lines[3]->status == HT_LINE_FAILED);
  for (size_t i = 1; i < 4; i++)
    CHECK(strcmp(file.lines[i]->heap, "malloc") == 0 && file.lines[i]->measure_count == 0);
  ht_line_file_free(&file);
}

/* A result that cannot be a line is said, and costs no other; a file is a run of its own. */
static void reported(void) {
  struct ht_line_file file, other;
  const char *path = path_of("foreign.json");
  put(path, "{\"benchmarks\":["
            "{\"name\":\"good\",\"real_time\":1,\"cpu_time\":1,\"time_unit\":\"ns\"},"
            "{\"name\":\"bad\",\"real_time\":1,\"cpu_time\":1,\"time_unit\":\"ns\",\"cpu_per_op\":3},"
            "{\"name\":\"l\xe4st\",\"real_time\":1,\"cpu_time\":1,\"time_unit\":\"ns\"}]}");
  CHECK(ht_store_read_google_benchmark(path, "malloc", &file, error) == 0);
  CHECK(file.line_count == 2 && file.broken_count == 1);
  CHECK(file.broken_count == 1 && strstr(file.broken[0].text, "result 2: cpu_per_op was in ns"));
  if (file.line_count != 2) return;
  CHECK(strcmp(file.lines[1]->benchmark, "l?st") == 0);
  CHECK(strlen(file.lines[0]->run) == 32 && strcmp(file.lines[0]->run, file.lines[1]->run) == 0);
  CHECK(*file.lines[0]->environment.compiler == '\0' && file.lines[0]->commit.seq == -1);
  /* The same file, said to be of another heap, is another result of the same run. */
  CHECK(ht_store_read_google_benchmark(path, "boehm", &other, error) == 0 && other.line_count == 2);
  CHECK(strcmp(file.lines[0]->run, other.lines[0]->run) == 0);
  CHECK(strcmp(file.lines[0]->id, other.lines[0]->id) != 0);
  ht_line_file_free(&file);
  ht_line_file_free(&other);
  CHECK(ht_store_read_google_benchmark(path, "", &file, error) == 0 && file.line_count == 0);
  CHECK(file.broken_count == 3 && strstr(file.broken[0].text, "no heap"));
  ht_line_file_free(&file);
}

/* What the files are told apart by. */
static void told_apart(void) {
  static const struct {
    const char *text;
    enum ht_store_format format;
  } files[] = {{"{\"schema\":2,\"context\":{}}", HT_STORE_LINES},
               {"{\"context\": {\"schema\": \"}\"}, \"benchmarks\": []}", HT_STORE_GOOGLE_BENCHMARK},
               {" \n  {\n  \"benchmarks\": [{\"results\": 1}]}", HT_STORE_GOOGLE_BENCHMARK},
               {"{\n  \"results\": [\n    {\"schema\": 1}]}", HT_STORE_HYPERFINE},
               {"broken {\"results\": \"\n{\"id\":\"a\",\"schema\":2}", HT_STORE_LINES},
               {"{\"id\":{\"[\n{\"id\":\"a\",\"schema\":2}", HT_STORE_LINES},
               {"\n", HT_STORE_LINES},
               {"[{\"results\": 1}]", HT_STORE_FORMATS},
               {"\"results\":", HT_STORE_FORMATS},
               {"{\"a\":\"results", HT_STORE_FORMATS}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    put(path_of("foreign.json"), files[i].text);
    enum ht_store_format format = ht_store_format_of(path_of("foreign.json"), error);
    if (format != files[i].format) fprintf(stderr, "file %zu: format %d\n", i, (int)format);
    CHECK(format == files[i].format);
  }
}

static void refused(const char *text, const char *words) {
  struct ht_line_file file;
  put(path_of("foreign.json"), text);
  CHECK(ht_store_read_google_benchmark(path_of("foreign.json"), "h", &file, error) == -1);
  CHECK(strstr(error, words) && file.line_count == 0);
  CHECK(ht_store_read_hyperfine(path_of("foreign.json"), "h", &file, error) == -1 && file.line_count == 0);
}

void foreign_tests(void) {
  from_google_benchmark();
  from_hyperfine();
  reported();
  told_apart();
  refused("", "not JSON");
  refused("{\"benchmarks\":[{\"name\":", "not JSON");
  refused("[]", "has no \"benchmarks\"");
  refused("{\"benchmarks\":[],\"results\":[]}", "holds no results");
  struct ht_line_file file;
  CHECK(ht_store_read_hyperfine("/nowhere", "h", &file, error) == -1 && strstr(error, "No such file"));
}
