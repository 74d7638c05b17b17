// The control groups that this process is in, in both of their versions.
#include "bench/doctor/doctor_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Whether "cpu,cpuacct" names the controller.
static bool controls(const char *list, size_t length, const char *controller) {
  size_t wanted = strlen(controller);
  for (size_t at = 0; at <= length;) {
    size_t end = at;
    while (end < length && list[end] != ',') end++;
    if (end - at == wanted && memcmp(list + at, controller, wanted) == 0) return true;
    at = end + 1;
  }
  return false;
}

// Finds "4:memory:/a/b" for the controller, or else "0::/a/b", which is version 2.
static const char *find_group(const char *text, const char *controller, size_t *length, bool *unified) {
  const char *found = NULL;
  for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
    size_t line_length = strcspn(line, "\n");
    const char *first = memchr(line, ':', line_length);
    const char *second = first ? memchr(first + 1, ':', line_length - (size_t)(first + 1 - line)) : NULL;
    if (!second || second[1] != '/') continue;
    bool version_2 = strncmp(line, "0::", 3) == 0;
    bool version_1 = controls(first + 1, (size_t)(second - first - 1), controller);
    if (!version_1 && (!version_2 || found)) continue;
    found = second + 1;
    *length = line_length - (size_t)(found - line);
    *unified = !version_1;
  }
  return found;
}

bool doctor_groups(const struct doctor *doctor, const char *controller, struct ht_doctor_finding *finding,
                   bool (*take)(const struct doctor *doctor, const char *folder, bool unified,
                                struct ht_doctor_finding *finding, double *least),
                   double *least) {
  char folder[HT_DOCTOR_TEXT];
  size_t length;
  bool unified, good = false;
  char *text = doctor_read(doctor, "proc/self/cgroup", finding);
  if (!text) return false;
  const char *group = find_group(text, controller, &length, &unified);
  if (!group) {
    doctor_unknown(finding, "no control group of \"%s\"", controller);
    goto out;
  }
  // Version 1 has a tree for each controller, version 2 one for all. In a container the path may be that of
  // the host: then only the top folder is there.
  int top =
      snprintf(folder, sizeof folder, "sys/fs/cgroup%s%s", unified ? "" : "/", unified ? "" : controller);
  if ((size_t)top + length >= sizeof folder) {
    doctor_unknown(finding, "the name of the control group is too long");
    goto out;
  }
  memcpy(folder + top, group, length);
  folder[(size_t)top + length] = '\0';
  for (good = true; good;) {
    char *slash = strrchr(folder, '/');
    if (slash[1] == '\0') *slash = '\0'; // the top group is called "/"
    good = take(doctor, folder, unified, finding, least);
    slash = strrchr(folder, '/');
    if (slash < folder + top) break;
    *slash = '\0';
  }
out:
  free(text);
  return good;
}
