#!/usr/bin/python3
"""The Python twin: the workloads as one writes them in Python, on CPython's own heap.

    twin.py WORKLOAD name=number...

Runs a workload once and says on standard output what it measured, a word and a value a line; see ../README.md.
Exit: 0 it ran, 2 usage, 3 there is no such workload here.
"""

import platform
import sys

import marked
import measure
from binary_trees import BinaryTrees
from churn import Churn
from exchange import Exchange
from message_ring import MessageRing
from rings import Rings
from service import Service
from task import Task, run

WORKLOADS = {
    "churn": Churn,
    "binary-trees": BinaryTrees,
    "message-ring": MessageRing,
    "exchange": Exchange,
    "service": Service,
    "rings": Rings,
    "graph": marked.Graph,
    "list": marked.List,
    "deep-tree": marked.DeepTree,
}
# Those that take the time of each operation.
LATENCIES = {"message-ring", "service"}


def fail(code, message):
    print(f"twin.py: {message}", file=sys.stderr)
    sys.exit(code)


def main(arguments):
    if not arguments:
        fail(2, "usage: twin.py WORKLOAD name=number...")
    workload = WORKLOADS.get(arguments[0])
    if not workload:
        fail(3, f"{arguments[0]} is not written in Python")
    try:
        params = {name: int(value) for name, value in (word.split("=") for word in arguments[1:])}
    except ValueError as error:
        fail(2, f"parameters are name=number: {error}")
    params.setdefault("mutators", 1)  # of the workloads that know no others
    tasks = []
    for number in range(params["mutators"]):
        tasks.append(Task(params, number, tasks, workload))
    if arguments[0] in LATENCIES:
        tasks[0].samples = measure.Times(min(params["operations"], measure.TIMES_KEPT))
    pauses = measure.Pauses()
    resident = measure.start_space()
    region = run(tasks, pauses)
    peak = measure.read_status("VmHWM:")

    said = [
        f"runtime {platform.python_implementation()} {platform.python_version()}",
        f"checksum {sum(task.checksum for task in tasks) & measure.WORD}",
        f"allocations {sum(task.allocations for task in tasks)}",
    ]
    said += [f"{name} {value}" for name, value in region.items()]
    if resident:
        said += [f"resident_bytes {resident}", f"peak_resident_bytes {peak}"]
    said += [f"pause {ns}" for ns in pauses.taken()]
    said += [f"sample {ns}" for ns in tasks[0].samples.taken()]
    print("\n".join(said))


if __name__ == "__main__":
    main(sys.argv[1:])
