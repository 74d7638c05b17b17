#!/usr/bin/python3
"""The Python twin: the workloads as one writes them in Python, on CPython's own heap.

    twin.py WORKLOAD name=number...

Runs a workload once and says on standard output what it measured, a word and a value a line; see ../README.md.
Exit: 0 it ran, 2 usage, 3 there is no such workload here.
"""

import platform
import sys

import binary_trees
import churn
import measure
import message_ring
from task import Task, run

WORKLOADS = {
    "churn": churn.Churn,
    "binary-trees": binary_trees.BinaryTrees,
    "message-ring": message_ring.MessageRing,
}


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
        count = params["mutators"]
    except (ValueError, KeyError) as error:
        fail(2, f"parameters are name=number, and mutators one of them: {error}")
    tasks = [Task(params, number, workload()) for number in range(count)]
    if arguments[0] == "message-ring":
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
    said += [f"push {ns}" for ns in tasks[0].samples.taken()]
    print("\n".join(said))


if __name__ == "__main__":
    main(sys.argv[1:])
