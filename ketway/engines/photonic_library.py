"""Perceval, imported so that it leaves nothing behind and says nothing; nobody else imports it.

Its import makes a folder for its own use in the user's data directory and opens a log there; both go
into a folder that is gone right after. What it logs would go to a console that nobody reads.
"""

# ruff: noqa: E402
from __future__ import annotations

import os
import tempfile
from importlib import metadata

_PLACE = "PCVL_PERSISTENT_PATH"
_before = os.environ.get(_PLACE)
with tempfile.TemporaryDirectory(prefix="ketway-perceval-") as _folder:
    os.environ[_PLACE] = _folder
    try:
        import perceval as pcvl
    finally:
        del os.environ[_PLACE]
        if _before is not None:
            os.environ[_PLACE] = _before

import exqalibur as xq
from perceval.components import UnavailableModeException
from perceval.runtime import SimulatedComputer
from perceval.serialization import serialize
from perceval.serialization.deserialize import deserialize, deserialize_experiment
from perceval.utils.conversion import (
    probs_to_sample_count,
    probs_to_samples,
    sample_count_to_probs,
    samples_to_sample_count,
)

for _channel in xq.logging.channel.__members__.values():
    xq.logging.set_level(xq.logging.level.off, _channel)
#: A child has one thread; as many children as cores.
xq.Config.compute_max_thread_count = 1

PERCEVAL = metadata.version("perceval-quandela")
EXQALIBUR = metadata.version("exqalibur")

__all__ = [
    "EXQALIBUR",
    "PERCEVAL",
    "SimulatedComputer",
    "UnavailableModeException",
    "deserialize",
    "deserialize_experiment",
    "pcvl",
    "probs_to_sample_count",
    "probs_to_samples",
    "sample_count_to_probs",
    "samples_to_sample_count",
    "serialize",
    "xq",
]
