"""Write the device specs that ketway ships: `python tools/make_specs.py`.

One Pulser device per device type, whose name is the type, with what its engine really runs: a
virtual one for a free emulator, a real one for a machine. Clients of any age fetch these texts, so
keys that older pulser does not know are left out: `optimal_layout_filling` for 0.20 and before,
`pulser_version`, `accepts_new_layouts` and the like where they say the default. What stays is read
by pulser 0.18 and later; `default_noise_model`, which the machines need, by none before.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pulser import NoiseModel
from pulser.channels import DMM, Microwave, Raman, Rydberg
from pulser.channels.eom import RydbergBeam, RydbergEOM
from pulser.devices import Device, VirtualDevice
from pulser.json.abstract_repr.deserializer import deserialize_device
from pulser.register.special_layouts import SquareLatticeLayout, TriangularLatticeLayout

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

MACHINE_ATOMS = 12
MACHINE_RUNS = 2_000
MACHINE_DURATION_NS = 6_000
#: Draws of the noise in one job; also what old pulser, which must be told, does by itself.
TRAJECTORIES = 40

#: Chosen by us to be plausible; nobody has measured them, and they are no calibration of any machine.
#: Read-out and preparation: within what de Leseleuc et al., Phys. Rev. A 97, 053803 (2018), report
#: (eta 0.005, epsilon 0.01 to 0.03, epsilon' 0.05 to 0.08). Temperature, waist and amplitude: the values
#: with which Pulser's own documentation shows noisy simulation. All of it is drawn anew for each
#: trajectory; decay is left out, for it makes a job five times longer.
NOISE = NoiseModel(
    state_prep_error=0.005,
    p_false_pos=0.01,
    p_false_neg=0.05,
    temperature=50.0,
    laser_waist=175.0,
    amp_sigma=0.05,
)


def emulator(name: str, channels: tuple[Any, ...], max_atom_num: int) -> VirtualDevice:
    """Takes whatever its engine can run."""
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


def machine(name: str, max_atom_num: int = MACHINE_ATOMS) -> Device:
    """An analog machine in the manner of Pulser's AnalogDevice, as small as can be emulated with noise."""
    return Device(
        name=name,
        dimensions=2,
        rydberg_level=60,
        min_atom_distance=5,
        max_atom_num=max_atom_num,
        max_radial_distance=38,
        max_sequence_duration=MACHINE_DURATION_NS,
        max_runs=MACHINE_RUNS,
        requires_layout=True,
        channel_objects=(
            Rydberg.Global(
                max_abs_detuning=2 * np.pi * 20,
                max_amp=2 * np.pi * 2,
                clock_period=4,
                min_duration=16,
                max_duration=MACHINE_DURATION_NS,
                mod_bandwidth=8,
                eom_config=RydbergEOM(
                    limiting_beam=RydbergBeam.RED,
                    max_limiting_amp=30 * 2 * np.pi,
                    intermediate_detuning=450 * 2 * np.pi,
                    mod_bandwidth=40,
                    controlled_beams=(RydbergBeam.BLUE,),
                    custom_buffer_time=240,
                ),
            ),
        ),
        pre_calibrated_layouts=(
            TriangularLatticeLayout(61, 5),
            SquareLatticeLayout(7, 7, 5),
        ),
        noise_model=NOISE,
    )


#: By type. emu-sv knows the Rydberg interaction only, emu-mps XY as well, neither the digital basis.
DEVICES: dict[str, VirtualDevice | Device] = {
    "EMU_FREE": emulator("EMU_FREE", RYDBERG + RAMAN + MICROWAVE, 14),
    "EMU_SV": emulator("EMU_SV", RYDBERG, 20),
    "EMU_MPS": emulator("EMU_MPS", RYDBERG + MICROWAVE, 60),
    "EMU_TN": emulator("EMU_TN", RYDBERG + MICROWAVE, 60),
    "EMU_C": emulator("EMU_C", RYDBERG + RAMAN + MICROWAVE, 14),
    "EMU_FRESNEL": machine("EMU_FRESNEL"),
    "FRESNEL": machine("FRESNEL"),
    "EMU-FRESNEL-100PQ": machine("EMU-FRESNEL-100PQ", 60),
}


def spec(name: str) -> str:
    """The abstract representation, read back before it is shipped."""
    document = json.loads(DEVICES[name].to_abstract_repr())
    # Says nothing to a reader but that it may be too old to try.
    document.pop("pulser_version", None)
    if "default_noise_model" in document:
        # Deprecated and read over today; pulser to 1.4 reads no noise without a number.
        document["default_noise_model"]["runs"] = TRAJECTORIES
    text = json.dumps(document, indent=1) + "\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert deserialize_device(text).name == name
    return text


def main() -> None:
    SPECS.mkdir(parents=True, exist_ok=True)
    for name in DEVICES:
        (SPECS / f"{name}.json").write_text(spec(name), encoding="utf-8")


if __name__ == "__main__":
    main()
