"""Programs as strangers write them."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from exqalibur.serialization import circuit_pb2 as pb

from ketway.domain.errors import ProgramRefused
from ketway.engines.photonic import ENGINE
from ketway.engines.photonic_library import pcvl, serialize
from tests.engines.photons import a_payload, on, read, two_meet

HERE = "EMU-SAMPLING-L4"


def refused(program: str) -> str:
    with pytest.raises(ProgramRefused) as refusal:
        ENGINE.check(on(HERE, program))
    return str(refusal.value)


def refused_with(**changes: Any) -> str:
    return refused(json.dumps(a_payload(two_meet()) | changes))


def message_of(experiment: Any = None) -> pb.Experiment:
    text = serialize(two_meet() if experiment is None else experiment, compress=False)
    found = pb.Experiment()
    found.ParseFromString(base64.b64decode(text.removeprefix(":PCVL:Experiment:")))
    return found


def refused_message(message: pb.Experiment) -> str:
    return refused_with(experiment=written(message))


def written(message: pb.Experiment) -> str:
    return ":PCVL:Experiment:" + base64.b64encode(message.SerializeToString()).decode()


def zipped(text: str) -> str:
    return ":PCVL:zip:" + base64.b64encode(zlib.compress(text.encode())).decode()


def ran(program: str) -> Any:
    return read(ENGINE.run(on(HERE, program), lambda percent: None))


def archived(thing: Any, *, compress: bool = False) -> str:
    archive = pcvl.serialization.OutputArchive()
    pcvl.serialization.Serialization.serialize(thing, archive)
    text: str = archive.to_text(compress)
    return text
