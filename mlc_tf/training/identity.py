"""What tells one training from another: model, first weights, data and their order, settings."""

import base64
import collections
import hashlib
import json
import marshal
import re
import types
import warnings
from collections.abc import Iterable, Iterator

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data import pipelines

SHOWN = 60  # characters of a value in a message
# How a `lambda` stands in the configuration of a model: as code, in base64.
CODE = re.compile(r'"(4w(?:[\w+/=]|\\n)+)"')


def fingerprint(model: keras.Model, batches: tf.data.Dataset, steps: int, first_weights: str) -> dict:
    """All that decides what a training does, but the number of epochs; ready for JSON.

    Args:
        model: compiled.
        batches: of an epoch. All of the first one is read.
        steps: batches in an epoch.
        first_weights: their `digest`.

    Raises:
        ValueError: when the model or a part of it has no configuration.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # Keras warns of each lambda
            config = keras.saving.serialize_keras_object(model)
    except NotImplementedError as error:
        raise ValueError(
            "a folder is for a model that can say what it is made of, so that another one is told apart: give its "
            f"class a get_config that returns its arguments, or leave the folder out. Keras: {str(error).strip():.200}"
        ) from None
    first_epoch = pipelines.from_epoch(batches, 0).take(int(batches.cardinality()))
    arrays = (part.numpy() for batch in first_epoch for part in tf.nest.flatten(batch, expand_composites=True))
    return {
        **json.loads(_as_in_a_new_process(json.dumps({"model": config}, default=_plain))),
        "batches an epoch": steps,
        "batches (data, order)": digest(arrays),
        "first weights (seed)": first_weights,
    }


def digest(arrays: Iterable[np.ndarray]) -> str:
    """A hash of their shapes, types and numbers."""
    sums = hashlib.sha256()
    for array in arrays:
        sums.update(f"{array.shape} {array.dtype}".encode())
        sums.update(repr(array.tolist()).encode() if array.dtype == object else array.tobytes())  # texts are objects
    return sums.hexdigest()[:16]


def differences(then, now, place: str = "") -> Iterator[str]:
    """Where two structures of JSON differ: lines of place, value then, value now."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            yield from differences(then.get(key), now.get(key), f"{place} {key}".strip())
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (old, new) in enumerate(zip(then, now, strict=True)):
            yield from differences(old, new, f"{place}[{index}]")
    elif then != now:
        then, now = repr(then), repr(now)
        same = next((index for index, (a, b) in enumerate(zip(then, now, strict=False)) if a != b), 0)
        # Long ones are shown from a little before the place where they differ.
        start = max(0, same - SHOWN // 3) if max(len(then), len(now)) > SHOWN else 0
        old, new = (("…" if start else "") + text[start : start + SHOWN] for text in (then, now))
        yield f"{place}: {old} → {new}"


def _as_in_a_new_process(text: str) -> str:
    """The configuration as it would be if nothing had been built before it, and written in another file.

    The same cell makes "dense" when it is first run, and "dense_7" later; a function remembers its file and line.
    """
    names, counts = {}, collections.Counter()
    for name in dict.fromkeys(re.findall(r'"name": "([^"]+)"', text)):
        base = re.sub(r"_\d+$", "", name)
        names[name] = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
    text = CODE.sub(lambda found: json.dumps(_code(marshal.loads(base64.b64decode(json.loads(found[0]))))), text)
    return re.sub(r'"([^"]+)"', lambda found: f'"{names.get(found[1], found[1])}"', text)


def _code(code: types.CodeType) -> str:
    """A hash of what a compiled function does."""
    constants = [_code(value) if isinstance(value, types.CodeType) else repr(value) for value in code.co_consts]
    return hashlib.sha256(repr((code.co_code, code.co_names, constants)).encode()).hexdigest()[:16]


def _plain(value) -> str:
    """What JSON does not know, as text; where it lies in memory is no part of it."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))
