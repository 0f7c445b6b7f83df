"""How the benchmarks that are repeated with several seeds keep their figures: one JSON file, an entry for each seed."""

import json
import os
import pathlib
import platform

import keras


def add_seed(path: pathlib.Path, seed: int, figures: dict, **about) -> None:
    """Adds the figures of a seed to the file, or replaces them; `about` and the machine are those of the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"seeds": {}}
    recorded["seeds"][str(seed)] = figures
    recorded["seeds"] = dict(sorted(recorded["seeds"].items()))
    recorded |= {"machine": f"{platform.machine()}, {os.cpu_count()} CPU cores; keras {keras.__version__}", **about}
    path.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
