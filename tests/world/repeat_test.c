// A program and its schedule are the run: whatever ran before in the process, and as often as it runs, each
// step is the same.
//
//   repeat_test ROUNDS FOLDER...     programs are the files of the folders
#include "fuzz/schedule/heap_run.h"

#include "allocators/base/check.h"

#include <dirent.h>
#include <string.h>

extern const struct ht_heap_table heaptrial_heap;

enum { PROGRAMS_MAX = 512 };

struct input {
  char name[512];
  uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  size_t size;
  uint64_t steps, fold; // of the first run
};

static struct input inputs[PROGRAMS_MAX];
static size_t input_count;

// Kinds, fibers, and what addresses are of the world's own, where they are the same.
static void told(void *context, unsigned fiber, const struct simulated_step *step) {
  uint64_t *fold = context;
  uintptr_t address = (uintptr_t)step->address;
  if (address >> 40 != 0x21) address = 0;
  *fold = (*fold ^ fiber ^ (uint64_t)step->kind << 8 ^ address << 16) * 0x9e3779b97f4a7c15u;
  *fold ^= *fold >> 29;
}

struct choosing {
  struct ht_byte_chooser bytes;
  uint64_t fold;
};

static struct simulated_choice choose(void *context, const struct simulated_view *view) {
  return ht_bytes_choose(&((struct choosing *)context)->bytes, view);
}

static void note(void *context, unsigned fiber, const struct simulated_step *step) {
  told(&((struct choosing *)context)->fold, fiber, step);
}

static void read_folder(const char *folder) {
  DIR *directory = opendir(folder);
  CHECK(directory);
  for (struct dirent *entry; (entry = readdir(directory));) {
    const char *end = strrchr(entry->d_name, '.');
    if (*entry->d_name == '.' || (end && strcmp(end, ".txt") == 0) || input_count == PROGRAMS_MAX) continue;
    struct input *input = &inputs[input_count];
    snprintf(input->name, sizeof input->name, "%s/%s", folder, entry->d_name);
    FILE *file = fopen(input->name, "rb");
    if (!file) continue;
    input->size = fread(input->bytes, 1, sizeof input->bytes, file);
    fclose(file);
    input_count++;
  }
  closedir(directory);
}

static bool repeat(struct ht_heap_run *run, struct input *input) {
  static struct ht_program program;
  ht_program_decode(input->bytes, input->size, &program);
  run->program = &program;
  struct choosing choosing = {.bytes = {.bytes = program.schedule, .size = program.header.schedule_length}};
  struct simulated_options options = {.choose = choose,
                                      .told = note,
                                      .switches = ht_heap_run_switches,
                                      .switching = run,
                                      .context = &choosing};
  struct simulated_end end;
  simulated_run(&options, ht_heap_run_body, run, &end);
  if (!ht_heap_run_kept(run, &end)) {
    printf("%s: ", input->name);
    ht_heap_run_print(run, &heaptrial_heap, &end, stdout);
    return false;
  }
  if (!input->steps) {
    input->steps = end.steps;
    input->fold = choosing.fold;
  }
  if (input->steps == end.steps && input->fold == choosing.fold) return true;
  printf("%s: %llu steps at first, %llu now\n", input->name, (unsigned long long)input->steps,
         (unsigned long long)end.steps);
  return false;
}

int main(int argc, char **argv) {
  static struct ht_heap_run run;
  char message[512];
  bool well = true;
  CHECK(argc > 2);
  for (int i = 2; i < argc; i++) read_folder(argv[i]);
  CHECK(input_count > 0);
  struct ht_runner_options options = {.table = &heaptrial_heap, .only = HT_INVARIANTS_ALL};
  CHECK(ht_heap_run_open(&run, &options, message, sizeof message));
  struct ht_random random = {1};
  size_t runs = input_count * strtoul(argv[1], NULL, 10);
  for (size_t i = 0; i < runs; i++)
    well &= repeat(&run, &inputs[i < input_count ? i : ht_random_below(&random, (uint32_t)input_count)]);
  printf("%zu runs of %zu programs\n", runs, input_count);
  ht_heap_run_close(&run);
  return !well;
}
