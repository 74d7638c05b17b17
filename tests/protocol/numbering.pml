/*
 * Cells differ in nothing but their numbers. Of heaps that differ in nothing but the numbering it is enough to search
 * one: after each step cells are put in the order of what can be said of them without numbers.
 */
#define has(cells, cell) (((cells) & set(cell)) != 0)
#define look(c) (has(allocated, c) + (has(marked, c) << 1) + (has(grey, c) << 2) + (has(unswept, c) << 3) + \
  (has(claimed, c) << 4) + (has(doomed, c) << 5) + (has(held[0], c) << 6) + (has(held[1], c) << 7) + \
  ((slot[global_slot] == c) << 8) + ((target[0] == c) << 9) + ((target[1] == c) << 10) + \
  ((slot[c] == nil) << 11) + ((slot[c] == c) << 12))
#define renumbered(cells, c) (((cells) & ~(3 * set(c))) | (((cells) & set(c)) << 1) | (((cells) >> 1) & set(c)))
#define renamed(reference, c) ((reference) == (c) -> (c) + 1 : ((reference) == (c) + 1 -> (c) : (reference)))

inline order(c) {
  if
  :: look(c) < look(c + 1) ->
    allocated = renumbered(allocated, c);
    marked = renumbered(marked, c);
    grey = renumbered(grey, c);
    unswept = renumbered(unswept, c);
    claimed = renumbered(claimed, c);
    doomed = renumbered(doomed, c);
    held[0] = renumbered(held[0], c);
    held[1] = renumbered(held[1], c);
    found = slot[c];
    slot[c] = slot[c + 1];
    slot[c + 1] = found;
    found = 0;
    slot[0] = renamed(slot[0], c);
    slot[1] = renamed(slot[1], c);
    slot[2] = renamed(slot[2], c);
    slot[3] = renamed(slot[3], c);
    target[0] = renamed(target[0], c);
    target[1] = renamed(target[1], c)
  :: else
  fi
}
inline renumber() {
  order(1);
#if CELLS == 3
  order(2);
  order(1)
#endif
}
