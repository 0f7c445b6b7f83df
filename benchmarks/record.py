"""How the benchmarks keep their figures: JSON, with the machine they were measured on."""

import argparse
import json
import os
import pathlib
import platform
from collections.abc import Callable

import keras
import numpy as np
import psutil
import tensorflow as tf


def machine() -> str:
    """What computes: the GPUs, or the processor cores that this process may use."""
    gpus = tf.config.list_physical_devices("GPU")
    cores = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count()
    devices = f"GPUs: {len(gpus)}" if gpus else f"CPU cores: {cores}"
    return f"{platform.machine()}, {devices}; TensorFlow {tf.__version__}, Keras {keras.__version__}"


def distance_from_line(costs: dict[int, float]) -> float:
    """How far costs, by size, are from their straight line: the largest distance, as a share of the largest cost."""
    sizes, measured = np.array(list(costs)), np.array(list(costs.values()))
    line = np.polyval(np.polyfit(sizes, measured, 1), sizes)
    return float(np.abs(measured - line).max() / measured.max())


def measure_a_seed(description: str, measure: Callable[[int], dict], **about) -> None:
    """The command line of a benchmark: measures a seed, prints its figures, and adds them to a file if one is named."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="add the figures to this file")
    arguments = parser.parse_args()
    figures = measure(arguments.seed)
    print(json.dumps(rounded(figures), indent=1))
    if arguments.json:
        add_seed(arguments.json, arguments.seed, figures, **about)


def add_seed(path: pathlib.Path, seed: int, figures: dict, **about) -> None:
    """Adds figures of a seed to the file, or replaces those of that name; `about` and the machine are the last ones."""
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"seeds": {}}
    recorded["seeds"][str(seed)] = recorded["seeds"].get(str(seed), {}) | figures
    recorded["seeds"] = dict(sorted(recorded["seeds"].items()))
    write(path, recorded | {"machine": machine(), **about})


def report(figures: dict, path: pathlib.Path | None) -> None:
    """Prints the figures, and writes them to the file if there is to be one."""
    print(json.dumps(rounded(figures), indent=1))
    if path:
        write(path, figures)


def write(path: pathlib.Path, figures: dict) -> None:
    """Writes the figures, a fraction with four significant digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rounded(figures), indent=1) + "\n", encoding="utf-8")


def rounded(value):
    """The same structure, each fraction with four significant digits."""
    if isinstance(value, dict):
        return {str(name): rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
