"""Clocks, counters and the pauses of the collector."""

import array
import gc
import resource
import time

WORD = (1 << 64) - 1
TIMES_KEPT = 1 << 20
PAUSES_KEPT = 1 << 16


def cpu_ns():
    return time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID)


def read():
    """The process's clocks and counters, by the words they are told with."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cycles": sum(generation["collections"] for generation in gc.get_stats()),
        "page_faults": usage.ru_minflt + usage.ru_majflt,
        "context_switches": usage.ru_nvcsw + usage.ru_nivcsw,
        "wall_ns": time.monotonic_ns(),
        "cpu_ns": cpu_ns(),
    }


class Times:
    """Times in nanoseconds, in room that is made before anything is measured."""

    def __init__(self, capacity):
        self.times = array.array("Q", bytes(8 * capacity))
        self.count = 0

    def taken(self):
        return self.times[: self.count]


class Pauses(Times):
    """Within it, each collection of cycles is a pause. Releases by reference count are none: they stop nobody."""

    def __init__(self):
        super().__init__(PAUSES_KEPT)
        self.started = 0

    def heard(self, phase, _):
        if phase == "start":
            self.started = time.monotonic_ns()
        elif self.count < PAUSES_KEPT:
            self.times[self.count] = time.monotonic_ns() - self.started
            self.count += 1

    def __enter__(self):
        gc.callbacks.append(self.heard)

    def __exit__(self, *_):
        gc.callbacks.remove(self.heard)


def read_status(name):
    """Bytes of a line of /proc/self/status."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0


def start_space():
    """What is resident now. From now on the peak is counted anew; 0: the kernel does not offer it."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return 0
    return read_status("VmRSS:")
