// Lists against an array that is moved by hand, driven by random operations.

#include "base/list.h"

#include "base/check.h"

#include <stdint.h>
#include <string.h>

enum { ITEMS = 24, LISTS = 3, STEPS = 200000 };

struct item {
  int before; // so that the link is not at the start
  struct base_link link;
};

struct model {
  struct item *items[ITEMS];
  size_t count;
};

static uint64_t next_random(uint64_t *state) {
  // Numerical Recipes' 64-bit linear congruence, upper half.
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}

static struct item *item_of(struct base_link *link) {
  return base_container_of(link, struct item, link);
}

static void model_insert(struct model *model, size_t index, struct item *item) {
  memmove(model->items + index + 1, model->items + index, (model->count - index) * sizeof(*model->items));
  model->items[index] = item;
  model->count++;
}

static void model_remove(struct model *model, size_t index) {
  model->count--;
  memmove(model->items + index, model->items + index + 1, (model->count - index) * sizeof(*model->items));
}

static void check_same(struct base_list *list, const struct model *model) {
  size_t i = 0;
  const struct base_link *previous = &list->head;
  base_list_each(link, list) {
    CHECK(i < model->count && item_of(link) == model->items[i]);
    CHECK(link->previous == previous && base_link_is_listed(link));
    previous = link;
    i++;
  }
  CHECK(i == model->count && list->head.previous == previous);
  CHECK(base_list_is_empty(list) == (model->count == 0));
  CHECK(base_list_first(list) == (i ? &model->items[0]->link : NULL));
  CHECK(base_list_last(list) == (i ? &model->items[i - 1]->link : NULL));
}

// Where the item is: its list and index; false: in none.
static bool locate(struct model *models, const struct item *item, size_t *list, size_t *index) {
  for (*list = 0; *list < LISTS; ++*list)
    for (*index = 0; *index < models[*list].count; ++*index)
      if (models[*list].items[*index] == item) return true;
  return false;
}

int main(void) {
  static struct item items[ITEMS];
  struct base_list lists[LISTS];
  struct model models[LISTS] = {0};
  uint64_t random = 1;
  for (size_t i = 0; i < LISTS; i++) base_list_init(&lists[i]);
  for (size_t i = 0; i < ITEMS; i++) CHECK(!base_link_is_listed(&items[i].link));

  for (int step = 0; step < STEPS; step++) {
    struct item *item = &items[next_random(&random) % ITEMS];
    size_t target = next_random(&random) % LISTS, list, index;
    bool listed = locate(models, item, &list, &index);
    CHECK(base_link_is_listed(&item->link) == listed);
    switch (next_random(&random) % 16) {
    case 0: { // append one list to another
      size_t from = (target + 1) % LISTS;
      base_list_append(&lists[target], &lists[from]);
      while (models[from].count) {
        model_insert(&models[target], models[target].count, models[from].items[0]);
        model_remove(&models[from], 0);
      }
      break;
    }
    case 1: { // remove every other one while walking
      bool odd = false;
      base_list_each_removable(link, &lists[target]) {
        if (odd) {
          base_link_remove(link);
          CHECK(locate(models, item_of(link), &list, &index) && list == target);
          model_remove(&models[target], index);
        }
        odd = !odd;
      }
      break;
    }
    case 2: {
      struct base_link *first = base_list_pop_first(&lists[target]);
      CHECK((first != NULL) == (models[target].count != 0));
      if (first) {
        CHECK(item_of(first) == models[target].items[0]);
        model_remove(&models[target], 0);
      }
      break;
    }
    default:
      if (listed) {
        base_link_remove(&item->link);
        model_remove(&models[list], index);
      } else if (step % 3 == 0) {
        base_list_push_first(&lists[target], &item->link);
        model_insert(&models[target], 0, item);
      } else if (step % 3 == 1 && models[target].count) {
        size_t place = next_random(&random) % models[target].count;
        base_link_insert_after(&models[target].items[place]->link, &item->link);
        model_insert(&models[target], place + 1, item);
      } else {
        base_list_push_last(&lists[target], &item->link);
        model_insert(&models[target], models[target].count, item);
      }
    }
    for (size_t i = 0; i < LISTS; i++) check_same(&lists[i], &models[i]);
  }
  return 0;
}
