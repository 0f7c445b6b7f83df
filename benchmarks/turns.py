"""Two sides of a comparison, each in a process of its own, take turns: what slows the machine slows both."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np


def serve(work: Callable[[], None], examples: int) -> None:
    """The side's own process: for each line of input it works once and prints how many examples a second that made."""
    work()  # builds what has to be built
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        work()
        print(examples / (time.perf_counter() - started), flush=True)


def compare(command: Sequence[str], sides: Sequence[str], rounds: int) -> dict:
    """Examples per second of both sides (medians), the ratios first to second of all rounds, and their median.

    Args:
        command: starts a side when its name is added.
        sides: the two names.
        rounds: how often each works.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = {side: subprocess.Popen([*command, side], **pipes) for side in sides}
    for side, process in processes.items():
        while (line := process.stdout.readline()) != "ready\n":
            if not line:
                raise SystemExit(f"the process of {side} ended; see above (PyTorch: benchmarks/requirements.txt)")
    found = []
    for _ in range(rounds):
        rates = {}
        for side, process in processes.items():
            process.stdin.write("\n")
            process.stdin.flush()
            rates[side] = float(process.stdout.readline())
        found.append(rates)
    for process in processes.values():
        process.stdin.close()
        process.wait()
    first, second = sides
    ratios = sorted(rates[first] / rates[second] for rates in found)
    medians = {side: float(np.median([rates[side] for rates in found])) for side in sides}
    return {"per_second": medians, "ratios": ratios, "ratio": float(np.median(ratios))}
