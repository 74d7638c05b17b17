"""service: requests served by thousands of tasks beside a cache that lives. A task is a generator that waits for its
requests; its session is on its stack. See bench/workloads/service.c.

A part is a list, a session too; an entry of the cache is bytes. What is drawn is drawn before, and what is read is
added up afterwards: both would take longer than the objects.
"""

from array import array
from struct import Struct

from measure import cpu_ns
from task import mix

PARTS = 8
PART_WORDS_LEAST = 2
PART_WORDS_MOST = 15
LIFE = 8
RENEWS = 16
SESSION_WORDS = 8
# An entry has 32 words: its place, and its number; that of what was there before anybody asked is ~place.
ENTRY = Struct("<Q240xq")


class Service:
    def __init__(self, task):
        # An object of each size, to be copied.
        self.templates = [[None] * words for words in range(PART_WORDS_MOST + 1)]
        self.session = [0] * SESSION_WORDS
        sizes = PART_WORDS_MOST - PART_WORDS_LEAST + 1
        self.words, self.places, self.renews = bytearray(), array("I"), bytearray()
        for k in range(task.operations):
            x = mix(task.word(k))
            y = mix(x)
            self.words += bytes(PART_WORDS_LEAST + (x >> 8 * j & 255) % sizes for j in range(PARTS))
            self.places.append(y % task.live)
            self.renews.append((y >> 32) % RENEWS == 0)
        self.sums = array("Q", bytes(8 * task.operations))
        self.looked = array("Q", bytes(8 * task.operations))
        self.replaced = array("q", bytes(8 * task.operations))
        # Sessions that are over: the task's number, the sum, and how many requests were served.
        self.over = []

    def begin(self, task):
        self.cache = [ENTRY.pack(place, ~place) for place in range(task.live)]
        task.allocations += 1 + task.live
        count = task.tasks // task.mutators + (task.number < task.tasks % task.mutators)
        self.clients = [self.client(task, number) for number in range(count)]
        for client in self.clients:
            next(client)

    def client(self, task, number):
        """Serves the requests that it is sent until its life is over, and says then that it is."""
        session, served = None, 0
        while (k := (yield served == LIFE)) is not None:
            total = self.serve(task, k)
            if session is None:
                session = self.session.copy()
                task.allocations += 1
            session[-1] += total
            served += 1
            self.use_cache(task, k)
            if served == LIFE:
                break
        if session:
            self.over.append((number, session[-1], served))
        yield True

    def serve(self, task, k):
        templates, words, chain = self.templates, self.words, None
        first, total = k * PARTS, 0
        for j in range(PARTS):
            part = templates[words[first + j]].copy()
            part[0] = chain
            part[-1] = k + j
            chain = part
        while chain is not None:
            total += chain[-1]
            chain = chain[0]
        task.allocations += PARTS
        self.sums[k] = total
        return total

    def use_cache(self, task, k):
        place = self.places[k]
        old = self.cache[place]
        self.looked[k], self.replaced[k] = ENTRY.unpack(old)
        if self.renews[k]:
            self.cache[place] = ENTRY.pack(place, k)
            task.allocations += 1

    def body(self, task):
        clients, samples = self.clients, task.samples
        count, timed = len(clients), len(samples.times)
        before = cpu_ns() if timed else 0
        for k in range(task.operations):
            number = k % count
            if clients[number].send(k):
                clients[number] = self.client(task, number)
                next(clients[number])
            if k < timed:
                now = cpu_ns()
                samples.times[k] = now - before
                before = now
        samples.count = min(timed, task.operations)

    def end(self, task):
        def count_entry(place, number):
            task.add(place, task.word(number) if number >= 0 else ~task.word(~number))

        for client in self.clients:
            client.send(None)
        for k in range(task.operations):
            task.add(1, self.sums[k] + PARTS * task.base)
            task.add(self.places[k], self.looked[k])
            if self.renews[k]:
                count_entry(self.places[k], self.replaced[k])
        for number, total, served in self.over:
            task.add(number, total + served * PARTS * task.base)
        for place, item in enumerate(self.cache):
            count_entry(place, ENTRY.unpack(item)[1])
