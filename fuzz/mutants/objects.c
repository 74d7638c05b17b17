// Compiles what is to be compiled, and nothing twice.
//
// Beside each object lie NN.d, what it was made of as the compiler says, and NN.key: a hash of the command
// and of all that NN.d names. An object whose key still fits is as it would come out again.

#include "fuzz/mutants/mutants_internal.h"
#include "process/process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

enum {
  DEPENDENCIES_MAX = 1 << 20, // bytes of a list
  DEPENDENCY_MAX = 16 << 20,  // of a file in it
  TOOL_SECONDS = 120,         // that patch, a compiler or a linker may take
  KEY_BYTES = 17,
};

bool add_word(const char **words, size_t *count, size_t limit, const char *word) {
  if (*count == limit) return false;
  words[(*count)++] = word;
  return true;
}

// The first lines of what a tool says are the cause; on one line.
static void say_tool(const struct ht_process_result *result, const char *what, char *message,
                     size_t message_size) {
  char said[300];
  snprintf(said, sizeof said, "%s", result->out != NULL ? result->out : "");
  for (char *at = said; *at != 0; at++)
    if (*at == '\n') *at = ' ';
  snprintf(message, message_size, "%s: %s: %s", what, result->reason, said);
}

static struct ht_process_options tool_options(const char *const *argv) {
  return (struct ht_process_options){.argv = argv,
                                     .out.kind = HT_PROCESS_CAPTURE,
                                     .err.kind = HT_PROCESS_JOIN,
                                     .wall_ns = TOOL_SECONDS * HT_PROCESS_SECOND};
}

bool run_tool(const char *const *argv, const char *what, char *message, size_t message_size) {
  struct ht_process_result result;
  struct ht_process_options options = tool_options(argv);
  bool done = ht_process_run(&options, &result);
  if (!done) say_tool(&result, what, message, message_size);
  ht_process_result_free(&result);
  return done;
}

uint64_t fold(uint64_t hash, const void *data, size_t size) {
  return (hash ^ ht_hash(data, size)) * UINT64_C(0x9e3779b97f4a7c15);
}

// Large files that others make: a compiler, a library.
uint64_t fold_status(uint64_t hash, const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return hash;
  uint64_t of[] = {(uint64_t)status.st_size, (uint64_t)status.st_mtim.tv_sec,
                   (uint64_t)status.st_mtim.tv_nsec};
  return fold(hash, of, sizeof of);
}

uint64_t fold_command(uint64_t hash, const char *const *argv) {
  for (; *argv != NULL; argv++) hash = fold(hash, *argv, strlen(*argv));
  return hash;
}

bool key_fits(const char *path, uint64_t hash) {
  char now[KEY_BYTES];
  size_t size;
  char *before = ht_file_read(path, KEY_BYTES, &size);
  snprintf(now, sizeof now, "%016" PRIx64, hash);
  bool fits = before != NULL && strcmp(before, now) == 0;
  free(before);
  return fits;
}

bool key_write(const char *path, uint64_t hash) {
  char now[KEY_BYTES];
  snprintf(now, sizeof now, "%016" PRIx64, hash);
  return ht_file_write(path, now, strlen(now));
}

// A rule for make: "NN.o: source.c header.h \" and so on, a blank in a name behind a backslash.
bool dependencies_read(const char *path, struct ht_files *files) {
  size_t size;
  char *text = ht_file_read(path, DEPENDENCIES_MAX, &size);
  *files = (struct ht_files){0};
  char *from = text != NULL ? strstr(text, ": ") : NULL;
  while (from != NULL && *from != 0) {
    from += strspn(from, ": \n");
    if (from[0] == '\\' && from[1] == '\n') {
      from += 2;
      continue;
    }
    char *to = from, *start = from;
    while (*from != 0 && *from != ' ' && *from != '\n') {
      if (from[0] == '\\' && from[1] == ' ') from++;
      *to++ = *from++;
    }
    if (to == start) continue;
    char *name = ht_text("%.*s", (int)(to - start), start), *resolved = realpath(name, NULL);
    if (!ht_files_add(files, resolved != NULL ? resolved : ht_text("%s", name))) abort(); // a path
    free(name);
  }
  free(text);
  return files->count != 0;
}

// What an object would be made of now; 0: nobody knows, as it was never made.
static uint64_t object_hash(const struct object *object) {
  char *path = ht_text("%s.d", object->path);
  struct ht_files files;
  uint64_t hash =
      dependencies_read(path, &files) ? fold_status(fold_command(1, object->argv), object->argv[0]) : 0;
  for (size_t i = 0; hash != 0 && i < files.count; i++) {
    size_t size;
    char *data = ht_file_read(files.paths[i], DEPENDENCY_MAX, &size);
    hash = data != NULL ? fold(hash, data, size) : 0;
    free(data);
  }
  ht_files_free(&files);
  free(path);
  return hash;
}

void object_describe(struct object *object, const struct recipe *recipe, const char *const *includes,
                     const char *source, const char *folder, size_t number) {
  size_t count = 0, limit = OBJECT_WORDS_MAX - 1;
  *object = (struct object){.source = ht_text("%s", source), .path = ht_text("%s/%02zu", folder, number)};
  object->output = ht_text("%s.o", object->path);
  object->dependencies = ht_text("%s.d", object->path);
  add_word(object->argv, &count, limit, recipe->compiler);
  add_word(object->argv, &count, limit, "-c");
  add_word(object->argv, &count, limit, "-MMD");
  add_word(object->argv, &count, limit, "-MF");
  add_word(object->argv, &count, limit, object->dependencies);
  add_word(object->argv, &count, limit, "-o");
  add_word(object->argv, &count, limit, object->output);
  for (; *includes != NULL; includes++) add_word(object->argv, &count, limit, *includes);
  for (size_t i = 0; i < recipe->flag_count; i++) add_word(object->argv, &count, limit, recipe->flags[i]);
  add_word(object->argv, &count, limit, object->source);
}

void object_free(struct object *object) {
  free(object->source);
  free(object->path);
  free(object->output);
  free(object->dependencies);
  *object = (struct object){0};
}

static bool object_is_made(struct object *object) {
  char *key = ht_text("%s.key", object->path);
  object->hash = object_hash(object);
  bool made = object->hash != 0 && key_fits(key, object->hash) && ht_file_is_there(object->output);
  free(key);
  return made;
}

static bool object_note(struct object *object) {
  char *key = ht_text("%s.key", object->path);
  object->hash = object_hash(object);
  bool noted = object->hash != 0 && key_write(key, object->hash);
  free(key);
  return noted;
}

bool objects_make(struct object *objects, size_t count, const char *what, char *message,
                  size_t message_size) {
  struct ht_process *running[RECIPE_SOURCES_MAX] = {0};
  size_t next = 0, busy = 0, jobs = (size_t)get_nprocs();
  bool made = true;
  while (busy != 0 || (made && next < count)) {
    struct ht_process_result result;
    if (made && next < count && busy < jobs) {
      struct object *object = &objects[next++];
      if (object_is_made(object)) continue;
      struct ht_process_options options = tool_options(object->argv);
      running[next - 1] = ht_process_start(&options, &result);
      if (running[next - 1] != NULL) {
        busy++;
        continue;
      }
      say_tool(&result, what, message, message_size);
      ht_process_result_free(&result);
      made = false;
      continue;
    }
    int ended = ht_process_wait_any(running, count, HT_PROCESS_FOREVER, &result);
    if (ended < 0) break;
    busy--;
    bool fine = result.outcome == HT_PROCESS_EXITED && result.exit_code == 0;
    if (!fine && made) say_tool(&result, what, message, message_size);
    if (fine && made && !object_note(&objects[ended])) {
      fine = false;
      snprintf(message, message_size, "%s: cannot be written: %s", objects[ended].path, strerror(errno));
    }
    made = made && fine;
    ht_process_result_free(&result);
  }
  return made;
}
