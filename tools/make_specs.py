"""Write the device specs that ketway ships: `python tools/make_specs.py`.

One virtual Pulser device per device type, whose name is the type, with what its engine really
runs. Clients of any age fetch these texts, so keys that older pulser does not know are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pulser.channels import DMM, Microwave, Raman, Rydberg
from pulser.devices import VirtualDevice
from pulser.json.abstract_repr.deserializer import deserialize_device

SPECS = Path(__file__).parent.parent / "ketway" / "platforms" / "specs"
MAX_DURATION_NS = 100_000
MAX_RUNS = 100_000

RYDBERG = (
    Rydberg.Global(None, None, max_duration=MAX_DURATION_NS),
    Rydberg.Local(None, None, max_duration=MAX_DURATION_NS),
)
RAMAN = (
    Raman.Global(None, None, max_duration=MAX_DURATION_NS),
    Raman.Local(None, None, max_duration=MAX_DURATION_NS),
)
MICROWAVE = (Microwave.Global(None, None, max_duration=MAX_DURATION_NS),)

#: Type to channels and most atoms. emu-sv knows the Rydberg interaction only, emu-mps XY as well,
#: neither the digital basis.
DEVICES: dict[str, tuple[tuple[Any, ...], int]] = {
    "EMU_FREE": (RYDBERG + RAMAN + MICROWAVE, 14),
    "EMU_SV": (RYDBERG, 20),
    "EMU_MPS": (RYDBERG + MICROWAVE, 60),
}


def device(name: str) -> VirtualDevice:
    channels, max_atom_num = DEVICES[name]
    return VirtualDevice(
        name=name,
        dimensions=3,
        rydberg_level=70,
        min_atom_distance=0.0,
        max_atom_num=max_atom_num,
        max_radial_distance=None,
        max_sequence_duration=MAX_DURATION_NS,
        max_runs=MAX_RUNS,
        supports_slm_mask=True,
        reusable_channels=True,
        channel_objects=channels,
        dmm_objects=(DMM(max_duration=MAX_DURATION_NS),),
        requires_layout=False,
    )


def spec(name: str) -> str:
    """The abstract representation, read back before it is shipped."""
    document = json.loads(device(name).to_abstract_repr())
    # Says nothing to a reader but that it may be too old to try.
    document.pop("pulser_version", None)
    text = json.dumps(document, indent=1) + "\n"
    assert deserialize_device(text).name == name
    return text


def main() -> None:
    SPECS.mkdir(parents=True, exist_ok=True)
    for name in DEVICES:
        (SPECS / f"{name}.json").write_text(spec(name), encoding="utf-8")


if __name__ == "__main__":
    main()
