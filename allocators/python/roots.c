// Everything that holds references, gone through for who checks and examines.

#include "allocators/python/python.h"

void python_traverse_long(struct python_object *o, python_visitor *visit, void *context) {
  const struct ht_type *type = o->type;
  char *element = (char *)(o + 1), *end = element + python_bytes(o);
  for (; element < end; element += type->size)
    for (size_t i = 0; i < (type->size / HT_WORD + 63) / 64; i++)
      for (uint64_t bits = type->reference_map[i]; bits; bits &= bits - 1)
        visit(context, (ht_ref *)element + 64 * i + __builtin_ctzll(bits));
}

struct visiting {
  python_visitor *visit;
  void *context;
};

static void visit_object(const struct visiting *v, struct python_object *o) {
  ht_ref reference = python_reference_to(o);
  v->visit(v->context, &reference);
}

// A slot of a frame that is being popped is empty, or its object is held through it still.
void python_each_root(struct python_heap *h, python_visitor *visit, void *context) {
  struct visiting v = {visit, context};
  rooted_each(&h->rooted, visit, context);
  base_list_each(link, &h->rooted.mutators) {
    struct python_mutator *m = python_mutator_of(python_mutator_at(link));
    for (struct python_guard *guard = m->guards; guard; guard = guard->previous)
      visit_object(&v, guard->object);
  }
  base_list_each(at, &h->interpreters) {
    base_list_each(link, &python_interpreter_of(at)->garbage)
        visit_object(&v, base_container_of(link, struct python_garbage, link)->object);
  }
}

struct visiting_objects {
  python_object_visitor *visit;
  void *context;
};

static bool visit_block(void *context, void *block, size_t bytes) {
  struct visiting_objects *v = context;
  (void)bytes;
  v->visit(v->context, python_of_block(block));
  return true;
}

void python_each_object(struct python_heap *h, python_object_visitor *visit, void *context) {
  struct visiting_objects v = {visit, context};
  base_list_each(link, &h->interpreters) obmalloc_each(&python_interpreter_of(link)->blocks, visit_block, &v);
}
