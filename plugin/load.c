// Loading a library that nobody knows: first in a child that may die of it, then here.
#include "plugin/plugin.h"
#include "process/process.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum ht_plugin_status fail(enum ht_plugin_status status, char *message, size_t size,
                                  const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum ht_plugin_status fail(enum ht_plugin_status status, char *message, size_t size,
                                  const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, size, format, arguments);
  va_end(arguments);
  return status;
}

// What the dynamic linker says of a file that is none of its own is different for every kind of file; the
// first bytes say it in one way.
static enum ht_plugin_status look_at_file(const char *path, char *message, size_t size) {
  struct stat status;
  if (stat(path, &status) != 0)
    return fail(HT_PLUGIN_MISSING, message, size, "%s: %s", path,
                errno == ENOENT ? "no such file" : strerror(errno));
  if (!S_ISREG(status.st_mode))
    return fail(HT_PLUGIN_NO_LIBRARY, message, size, "%s: not a file, so no shared library", path);
  FILE *file = fopen(path, "rbe");
  if (!file) return fail(HT_PLUGIN_MISSING, message, size, "%s: cannot be read: %s", path, strerror(errno));
  char magic[SELFMAG];
  bool is_elf = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, ELFMAG, SELFMAG) == 0;
  fclose(file);
  if (!is_elf) return fail(HT_PLUGIN_NO_LIBRARY, message, size, "%s: not a shared library", path);
  return HT_PLUGIN_LOADED;
}

static enum ht_plugin_status load_here(const char *path, const struct ht_heap_table **table, char *message,
                                       size_t size) {
  // A path without a slash would be looked for in the system's folders.
  char local[4096 + 2];
  if (!strchr(path, '/')) {
    snprintf(local, sizeof local, "./%s", path);
    path = local;
  }
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    // The linker's own words may name the file first, as we do.
    const char *why = dlerror();
    size_t length = strlen(path);
    if (strncmp(why, path, length) == 0 && why[length] == ':') why += length + 2;
    return fail(HT_PLUGIN_NO_LIBRARY, message, size, "%s: cannot be loaded: %s", path, why);
  }
  const struct ht_heap_table *found = dlsym(library, "heaptrial_heap");
  if (!found) {
    dlclose(library);
    return fail(HT_PLUGIN_NO_HEAP, message, size,
                "%s: not a heap: it exports no heaptrial_heap (a constant struct ht_heap_table, see "
                "heaptrial/heap.h)",
                path);
  }
  char why[512];
  enum ht_plugin_status status = ht_plugin_check(found, why, sizeof why);
  if (status != HT_PLUGIN_LOADED) {
    dlclose(library);
    return fail(status, message, size, "%s: %s", path, why);
  }
  *table = found;
  return HT_PLUGIN_LOADED;
}

static int try_to_load(void *argument) {
  const struct ht_heap_table *table;
  char message[1024];
  return (int)load_here(argument, &table, message, sizeof message);
}

enum ht_plugin_status ht_plugin_load(const struct ht_plugin_choice *choice, unsigned seconds,
                                     const struct ht_heap_table **table, char *message, size_t size) {
  enum ht_plugin_status status = look_at_file(choice->path, message, size);
  if (status != HT_PLUGIN_LOADED) return status;
  if (seconds == HT_PLUGIN_NO_TRIAL) return load_here(choice->path, table, message, size);
  if (seconds == 0) seconds = HT_PLUGIN_LOAD_SECONDS;

  struct ht_process_result result;
  ht_process_run_function(try_to_load, choice->path, seconds * HT_PROCESS_SECOND, &result);
  switch (result.outcome) {
  case HT_PROCESS_EXITED:
    // The child said no: the same here gives the message, and does no harm, since the child came back from
    // it.
    status = load_here(choice->path, table, message, size);
    break;
  case HT_PROCESS_SIGNALED:
    status = fail(HT_PLUGIN_CRASHES, message, size, "%s: crashes when it is loaded: %s", choice->path,
                  result.reason);
    break;
  case HT_PROCESS_TIMED_OUT:
    status = fail(HT_PLUGIN_HANGS, message, size, "%s: hangs when it is loaded: not done after %u s",
                  choice->path, seconds);
    break;
  case HT_PROCESS_INTERRUPTED:
  case HT_PROCESS_STOPPED:
  case HT_PROCESS_NOT_STARTED:
    status =
        fail(HT_PLUGIN_UNTRIED, message, size, "%s: could not be tried: %s", choice->path, result.reason);
    break;
  }
  ht_process_result_free(&result);
  return status;
}
