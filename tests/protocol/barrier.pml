/*
 * The protocol between mutators and a concurrent mark-and-sweep collector, as Go's keeps it: what a write barrier
 * shades and when, who has to stop for whom, when marking is over, who sweeps a cell. Spin tries every interleaving
 * of its steps. The collector in C is held against it: an atomic or d_step is what nothing may come between there
 * either, and the comment in front names the function it stands for and the invariants it serves.
 *
 * A cell is white (not marked), grey (marked, its field still to be read) or black (marked, its field read). A root is
 * grey until it is scanned, then black, and is scanned once. Everything rests on the weak tricolour invariant (BAR-1,
 * for stacks BAR-2):
 *
 *     In the mark phase, a white cell that a black cell or a black root refers to
 *     is also reached from something grey, through white cells.
 *
 * So when nothing is grey any more, nothing reachable is white, and what is white can be freed. The hybrid barrier
 * keeps it: who overwrites a reference shades the old value (Yuasa: the path through white cells may have led there)
 * and, while its own stack is grey, the new value (Dijkstra: the stack may lose it before it is scanned).
 *
 * Sets of cells are bit masks. A stack is the set of the cells it refers to: how many of its words do makes no
 * difference. A mutator decides what a store is about when it has to know. Reading a reference and shading it is one
 * step, because nobody can tell: a cell's colour is to the others but whether shading it does anything, and marking is
 * not over while somebody is at it. Memory is sequentially consistent.
 *
 * -DFAULT=<name> plants one of these, to be found. README.md says what each is, and which real bug it retells.
 */
#define NO_DELETION_SHADE 1
#define OBJECT_SHADED 2
#define NO_INSERTION_SHADE 3
#define STORE_BEFORE_SHADE 4
#define SAFEPOINT_IN_STORE 5
#define GLOBAL_UNBARRIERED 6
#define SEND_UNSHADED 7
#define ALLOC_WHITE 8
#define ROOT_MISSED 9
#define SCAN_UNSTOPPED 10
#define BARRIER_LATE 11
#define BARRIER_OFF_EARLY 12
#define QUEUE_LEFT 13
#define BUFFER_LEFT 14
#define ALLOC_UNSWEPT 15
#define SWEEP_TWICE 16
#define SWEEP_UNFINISHED 17
#define MARKS_KEPT 18
#ifndef FAULT
#define FAULT 0
#endif
#define fault(name) (FAULT == name)
#define when(condition, cells) ((condition) * (cells))
#define unless(name, cells) when(!fault(name), cells)

/* -DEVENTS: a search says which of the events in README.md happen. A model in which nothing happens is right too. */
#ifdef EVENTS
byte kept, freed; /* cells: survived a sweep as what they are now; were freed once */
#define remember(assignment) assignment
#define sees(event, condition)                    \
  if                                              \
  :: (condition) ->                               \
    c_code {                                      \
      static char said;                           \
      if (!said) printf("happens: " #event "\n"); \
      said = 1;                                   \
    }                                             \
  :: else                                         \
  fi
#else
#define remember(assignment) skip
#define sees(event, condition) skip
#endif

/* -DSTORY: the trail of a fault tells what happens. */
#ifdef STORY
#define tell printf
#else
#define tell(...) skip
#endif

#ifndef CELLS
#define CELLS 3 /* 1 to 3 */
#endif
#ifndef MUTATORS
#define MUTATORS 2 /* 1 or 2 */
#endif

/* A reference: nil, or the number of a cell. set(nil) is empty. */
#define nil 0
#define set(reference) ((1 << (reference)) >> 1)
#define ALL_CELLS ((1 << CELLS) - 1)

/* Roots: the stacks of mutators 0 and 1, the global. */
#define root(number) (1 << (number))
#define GLOBAL 2
#define ALL_STACKS ((1 << MUTATORS) - 1)
#define ALL_ROOTS (root(GLOBAL) | ALL_STACKS)

/* What a store writes to: slot[0] is the global, slot[c] the one field of cell c. */
#define global_slot 0
byte slot[4];
byte held[2]; /* the stacks */

byte allocated;  /* allocBits */
byte marked;     /* gcmarkBits */
byte grey;       /* what waits in work queues; the rest of marked is black */
byte unswept;    /* sweepgen is sg - 2 or sg - 1 */
byte claimed;    /* sweepgen is sg - 1: the sweeper is at it */
byte scanned;    /* black roots */
bool marking;    /* gcphase */
bool barrier_on; /* writeBarrier.enabled */
#ifdef BUFFERED
byte buffer[2]; /* write-barrier buffers: what barriers saw, shaded when flushed */
#define buffered (buffer[0] | buffer[1])
#else
#define buffered 0
#endif

/* Stores under way: mutators (as their roots) that are at one, so at no safepoint; where they write to. */
byte in_store;
byte target[2];

/* For the invariants alone. Spin names the one that is violated. */
byte doomed; /* was unreachable when the cycle began, and is not freed yet */
byte found;  /* scratch, empty between steps */
bool BAR_1 = true, GOG_1 = true, GOG_2 = true;
#define holds(invariant, condition) \
  invariant = (condition);          \
  found = 0;                        \
  assert(invariant)

/* What the fields of these cells refer to, and what these roots refer to. */
#define targets(cells) \
  ((((cells) & 1) -> set(slot[1]) : 0) | (((cells) & 2) -> set(slot[2]) : 0) | (((cells) & 4) -> set(slot[3]) : 0))
#define referents(roots) \
  ((((roots) & 1) -> held[0] : 0) | (((roots) & 2) -> held[1] : 0) | (((roots) & 4) -> set(slot[global_slot]) : 0))

/* Adds to `found` what it leads to through cells of `through`. Among 3 cells no path is longer than 2 fields. */
inline follow(through) {
  found = found | targets(found & (through));
  found = found | targets(found & (through))
}
inline find_reachable() {
  found = referents(ALL_ROOTS);
  follow(ALL_CELLS)
}

#define white ~marked
#define black (marked & ~grey)
#define seen_by_black (targets(black) | referents(scanned))

inline check_weak_tricolour() { /* BAR-1, BAR-2 */
  found = grey | buffered | referents(ALL_ROOTS & ~scanned);
  follow(~black);
  holds(BAR_1, (seen_by_black & white & ~found) == 0);
  sees(BLACK_TO_WHITE, seen_by_black & white)
}

#ifdef SYMMETRY
#include "numbering.pml"
#else
#define renumber()
#endif

/* shade(): white turns grey. A barrier with a buffer only takes down what to shade, wbBufFlush1() does it; of what is
   marked meanwhile nothing is left to do, so it is as good as gone from buffers. */
inline shade(cells) {
  grey = grey | ((cells) & white);
  marked = marked | (cells);
#ifdef BUFFERED
  buffer[0] = buffer[0] & white;
  buffer[1] = buffer[1] & white
#endif
}
#ifdef BUFFERED
#define shade_in_barrier(cells) buffer[_pid] = buffer[_pid] | ((cells) & white)
#define shaded (marked | buffer[_pid])
#else
#define shade_in_barrier(cells) shade(cells)
#define shaded marked
#endif

/* mspan_sweep(), for one cell: white is freed, black turns white. GOG-1: nothing reachable is freed. */
inline sweep(cell) {
  if
  :: set(cell) & allocated & white ->
    tell("  cell %d is freed\n", cell);
    find_reachable();
    holds(GOG_1, !(set(cell) & found));
    sees(FREED, set(cell) & doomed);
    sees(FREED_EARLY, set(cell) & ~doomed);
    sees(FREED_LATER, set(cell) & kept);
    sees(FREED_AGAIN, set(cell) & freed);
    remember(freed = freed | set(cell));
    remember(kept = kept & ~set(cell));
    allocated = allocated & ~set(cell);
    doomed = doomed & ~set(cell);
    slot[cell] = nil
  :: else ->
    sees(KEPT, set(cell) & allocated);
    remember(kept = kept | (set(cell) & allocated))
  fi;
  marked = marked & ~unless(MARKS_KEPT, set(cell));
  unswept = unswept & ~set(cell)
}

/* One of these cells; nil or one of them; the global or the field of one of them. */
#define choose(one, from)    \
  if                         \
  :: ((from) & 1) -> one = 1 \
  :: ((from) & 2) -> one = 2 \
  :: ((from) & 4) -> one = 3 \
  fi
#define choose_or(zero, one, from) \
  if                               \
  :: one = zero                    \
  :: choose(one, from)             \
  fi

#define at_safepoint(mutators) (!(in_store & (mutators)) || fault(SAFEPOINT_IN_STORE))
#define own_stack held[_pid]
#define own_stack_is_grey (!(scanned & root(_pid)))
#define a_stack_is_grey ((scanned & ALL_STACKS) != ALL_STACKS)
#define other (1 - _pid)

inline begin_store() {
  in_store = in_store | root(_pid)
}
inline end_store(reference) {
  tell("mutator %d: slot %d = cell %d\n", _pid, target[_pid], reference);
  slot[target[_pid]] = reference;
  in_store = in_store & ~root(_pid);
  target[_pid] = global_slot;
  reference = nil;
  renumber()
}

active [MUTATORS] proctype mutator() {
  byte cell; /* nil between steps */

  do
  :: /* root_load(), of a global or a field of what the stack holds: there is no read barrier. */
     atomic {
       choose(cell, (targets(own_stack) | referents(root(GLOBAL))) & ~own_stack);
       d_step {
         tell("mutator %d: loads cell %d\n", _pid, cell);
         own_stack = own_stack | set(cell);
         cell = nil;
         renumber()
       }
     }

  :: /* root_set(), pop(): no barrier for the own stack. */
     atomic {
       choose(cell, own_stack);
       d_step {
         tell("mutator %d: drops cell %d\n", _pid, cell);
         own_stack = own_stack & ~set(cell);
         cell = nil;
         renumber()
       }
     }

  :: /* alloc(), of a cell that is swept, or that the mutator sweeps first (mcentral_cacheSpan()) if nobody is at it
        (BAR-20). Black while marking (GOG-3); the field is nil before anybody sees it (BAR-13). */
     atomic {
       choose(cell, ALL_CELLS & ~unless(SWEEP_TWICE, claimed) & (~allocated | unless(ALLOC_UNSWEPT, unswept & white)));
       d_step {
         sees(ALLOC_IDLE, !marking && !unswept);
         sees(ALLOC_IN_MARK, marking);
         sees(ALLOC_BEHIND, unswept && !(unswept & set(cell)));
         sees(ALLOC_AHEAD, unswept & set(cell));
         tell("mutator %d: allocates cell %d\n", _pid, cell);
         if
         :: (unswept & set(cell)) && !fault(ALLOC_UNSWEPT) -> sweep(cell)
         :: else
         fi;
         allocated = allocated | set(cell);
         own_stack = own_stack | set(cell);
         marked = marked | when(marking, unless(ALLOC_WHITE, set(cell)));
         cell = nil;
         renumber()
       }
     }

#if MUTATORS == 2
  :: /* From stack to stack, as Go's direct send: shaded unless both are black (BAR-25). */
     atomic {
       choose(cell, when(at_safepoint(root(other)), held[other] & ~own_stack));
       d_step {
         sees(SEND_SHADES, barrier_on && (set(cell) & white) && a_stack_is_grey);
         tell("mutator %d: sends cell %d to mutator %d\n", other, cell, _pid);
         if
         :: barrier_on && a_stack_is_grey && !fault(SEND_UNSHADED) -> shade_in_barrier(set(cell))
         :: else
         fi;
         own_stack = own_stack | set(cell);
         cell = nil;
         renumber()
       }
     }
#endif

  :: /* store() while the barrier is off: no phase begins between the test and the write (BAR-3, BAR-17). */
     d_step {
       !barrier_on || fault(GLOBAL_UNBARRIERED);
       tell("mutator %d: begins a store without barrier\n", _pid);
       begin_store()
     };
     atomic {
       choose_or(global_slot, target[_pid], unless(GLOBAL_UNBARRIERED, own_stack));
       choose_or(nil, cell, own_stack);
       d_step {
         end_store(cell)
       }
     }

  :: /* store() while it is on. First the old value is shaded, also if it is a global's (BAR-3, BAR-4) ... */
     atomic {
       barrier_on && !fault(STORE_BEFORE_SHADE);
       choose_or(global_slot, target[_pid], own_stack);
       d_step {
         tell("mutator %d: begins a store to slot %d, where cell %d is\n", _pid, target[_pid], slot[target[_pid]]);
         begin_store();
         sees(STORES_MEET, in_store == ALL_STACKS && MUTATORS == 2);
         sees(DELETION_SHADES, set(slot[target[_pid]]) & white);
#if FAULT == OBJECT_SHADED
         shade_in_barrier(set(target[_pid]));
#else
         shade_in_barrier(unless(NO_DELETION_SHADE, set(slot[target[_pid]])));
#endif
         renumber()
       }
     };
     do
     :: /* ... then, while the own stack is grey, the new value, in a step of its own. Of several that are shaded any
           may be written: to shade more than that breaks nothing ... */
        atomic {
          choose(cell, when(own_stack_is_grey, own_stack & ~shaded));
          d_step {
            tell("mutator %d: shades cell %d, a new value\n", _pid, cell);
            sees(INSERTION_SHADES, set(cell) & white);
            shade_in_barrier(set(cell));
            cell = nil;
            renumber()
          }
        }
     :: /* ... then the slot is written. If the own stack is black the new value needs no shade. */
        atomic {
          choose_or(nil, cell, own_stack & ~when(own_stack_is_grey, unless(NO_INSERTION_SHADE, ~shaded)));
          d_step {
            end_store(cell)
          }
        };
        break
     od

#if FAULT == STORE_BEFORE_SHADE
  :: atomic {
       barrier_on;
       choose_or(global_slot, target[_pid], own_stack);
       choose_or(nil, cell, own_stack);
       d_step {
         begin_store();
         tell("mutator %d: slot %d = cell %d\n", _pid, target[_pid], cell);
         slot[target[_pid]] = cell;
         cell = nil
       }
     };
     d_step {
       tell("mutator %d: shades what it takes for the old value\n", _pid);
       cell = slot[target[_pid]];
       shade_in_barrier(set(cell));
       end_store(cell)
     }
#endif
  od
}

/* scanstack(): the owner stands still meanwhile (BAR-17, BAR-26). Once only (BAR-7). */
inline scan_stack(number) {
#if FAULT == SCAN_UNSTOPPED
  !(scanned & root(number));
  d_step { tell("collector: reads word 1 of the stack of mutator %d\n", number); shade(held[number] & 1) };
  d_step { tell("collector: reads word 2\n"); shade(held[number] & 2) };
  d_step { tell("collector: reads word 3\n"); shade(held[number] & 4) };
  d_step { scanned = scanned | root(number) }
#else
  d_step {
    !(scanned & root(number)) && at_safepoint(root(number));
    tell("collector: scans the stack of mutator %d\n", number);
    check_weak_tricolour();
    shade(held[number]);
    scanned = scanned | root(number);
    renumber()
  }
#endif
}

/* scanobject() */
inline scan_cell(cell) {
  d_step {
    grey & set(cell);
    tell("collector: scans cell %d\n", cell);
    check_weak_tricolour();
    grey = grey & ~set(cell);
    shade(set(slot[cell]));
    renumber()
  }
}

active proctype collector() {
  byte cell; /* nil between steps */

sweep_phase:
  do
  :: /* sweepone(): claims a cell, then sweeps it (BAR-20). */
     atomic {
       choose(cell, unswept);
       d_step {
         tell("collector: claims cell %d for sweeping\n", cell);
         claimed = set(cell);
         cell = nil;
         renumber()
       }
     };
     atomic {
       choose(cell, claimed);
       d_step {
         tell("collector: sweeps cell %d\n", cell);
         sweep(cell);
         claimed = 0;
         cell = nil;
         renumber()
       }
     }
  :: /* gcStart(), the world stopped: everything is swept (BAR-21), so everything is white, and what was unreachable at
        the last start is free (GOG-2). The barrier is on for everybody before anything is scanned (BAR-6). */
     d_step {
       (unswept == 0 || fault(SWEEP_UNFINISHED)) && at_safepoint(ALL_STACKS);
       tell("collector: begins a cycle\n");
       holds(GOG_2, doomed == 0);
       find_reachable();
       doomed = allocated & ~found;
       found = 0;
       marking = true;
       barrier_on = !fault(BARRIER_LATE);
       renumber()
     };
     break
  od;

  do /* gcDrain() */
  :: scan_stack(0)
#if MUTATORS == 2
  :: scan_stack(1)
#endif
  :: /* markroot(), of globals: mutators run on. */
     d_step {
       !(scanned & root(GLOBAL));
       tell("collector: scans the global\n");
       check_weak_tricolour();
       shade(set(slot[global_slot]));
       scanned = scanned | root(GLOBAL);
       renumber()
     }
  :: scan_cell(1)
  :: scan_cell(2)
  :: scan_cell(3)
#ifdef BUFFERED
  :: /* wbBufFlush1(), by the owner when it is full or by whoever has stopped it */
     d_step { buffer[0]; tell("the buffer of mutator 0 is flushed\n"); shade(buffer[0]); buffer[0] = 0 }
  :: d_step { buffer[1]; tell("the buffer of mutator 1 is flushed\n"); shade(buffer[1]); buffer[1] = 0 }
#endif
#if FAULT == BARRIER_LATE
  :: d_step { !barrier_on; tell("collector: switches the barrier on\n"); barrier_on = true }
#endif
#if FAULT == BARRIER_OFF_EARLY
  :: d_step { barrier_on && scanned == ALL_ROOTS; tell("collector: switches the barrier off\n"); barrier_on = false }
#endif
  :: /* gcMarkDone(), gcMarkTermination(), the world stopped: nothing is grey, in no queue and in no buffer (BAR-8), so
        nothing reachable is white (BAR-1). Only now is the barrier off (BAR-6). */
     d_step {
       (scanned == ALL_ROOTS || fault(ROOT_MISSED)) && (grey == 0 || fault(QUEUE_LEFT)) &&
       (buffered == 0 || fault(BUFFER_LEFT)) && at_safepoint(ALL_STACKS);
       tell("collector: marking is over\n");
       find_reachable();
       sees(FLOATING, marked & ~found);
       holds(BAR_1, (found & white) == 0);
       marking = false;
       barrier_on = false;
       scanned = 0;
       unswept = ALL_CELLS;
       renumber()
     };
     goto sweep_phase
  od
}
