"""One mutator's share of a run, and how mutators run together. Each is a thread if there are several."""

import threading

import measure
from measure import WORD


def mix(x):
    """ht_mix of bench/workloads/task.h."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & WORD
    return x ^ (x >> 31)


class Task:
    def __init__(self, params, number, crew, workload):
        for name, value in params.items():
            setattr(self, name, value)
        self.number = number
        self.crew = crew  # the tasks of all mutators
        self.base = mix(params["seed"] * 0x9E3779B97F4A7C15 + number + 1 & WORD)
        self.done = 0
        self.allocations = 0
        self.checksum = 0
        self.samples = measure.Times(0)
        self.workload = workload(self)

    def word(self, k):
        """What operation k writes. Workloads write k, and the base is added where words are read back: sums beyond
        2**30 are objects of their own in Python, and would be measured."""
        return self.base + k & WORD

    def add(self, position, word):
        """ht_checksum_add of bench/workloads/task.h."""
        self.checksum = self.checksum + mix((word & WORD) ^ mix(position & WORD)) & WORD

    def meet(self):
        """Waits until all mutators of the run are here."""
        if self.mutators > 1:
            self.crew[0].barrier.wait()


def together(tasks, step):
    """A task whose thread ends without having taken its step must not look as if it had."""
    failures = []

    def take(task):
        try:
            getattr(task.workload, step)(task)
        except BaseException as failure:
            failures.append(failure)
            tasks[0].barrier.abort()

    if len(tasks) == 1:
        getattr(tasks[0].workload, step)(tasks[0])
        return
    threads = [threading.Thread(target=take, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def run(tasks, pauses):
    tasks[0].barrier = threading.Barrier(len(tasks))
    together(tasks, "begin")
    with pauses:
        before = measure.read()
        together(tasks, "body")
        after = measure.read()
    together(tasks, "end")
    return {name: after[name] - before[name] for name in before}
