"""The flat `configuration` objects of clients that know no `backend_configuration`.

Keys and defaults are those of pasqal-cloud 0.12; what its words did on the emulators of their day
was never published, so what they do here is ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ketway.domain.errors import BadField

#: Largest weight that truncating the state may lose at a step.
PRECISIONS = {"low": 1e-4, "normal": 1e-5, "high": 1e-6}
DEFAULT_DT_NS = 10.0
DEFAULT_BOND_DIM = 500
TRAJECTORIES = 15

#: What Pulser's documentation shows noisy simulation with, and `runs`, its old number of repetitions.
NOISE: Mapping[str, Any] = {
    "noise_types": ["SPAM", "amplitude", "doppler"],
    "runs": None,
    "samples_per_run": 1,
    "state_prep_error": 0.005,
    "p_false_pos": 0.01,
    "p_false_neg": 0.05,
    "temperature": 50.0,
    "laser_waist": 175.0,
    "amp_sigma": 0.05,
    "relaxation_rate": 0.0,
    "dephasing_rate": 0.0,
    "hyperfine_dephasing_rate": 0.0,
    "depolarizing_rate": 0.0,
    "eff_noise": [],
}
#: Devices that emulate a machine take its noise and its limits, and no wishes.
MACHINES = frozenset({"FRESNEL", "EMU_FRESNEL"})
WISHES = ("with_noise", "dt", "precision", "max_bond_dim")


def configuration_of(device_type: str, legacy: Mapping[str, Any]) -> str | None:
    """The settings that an engine takes for a legacy configuration, as JSON text.

    Null means absent; keys of nobody are left out. An answer of None means that there is nothing
    to set.

    Raises:
        BadField: a value that the device's configuration cannot have.
    """
    said = {key: value for key, value in legacy.items() if value is not None}
    _must_be_counted(said)
    if device_type in MACHINES:
        _must_wish_nothing(device_type, said)
        return None
    settings: dict[str, Any] = {}
    if _truth(said, "strict_validation"):
        settings["strict_validation"] = True
    if device_type == "EMU_FREE" and _truth(said, "with_noise"):
        settings |= {"noise_model": dict(NOISE), "n_trajectories": TRAJECTORIES}
    if device_type == "EMU_TN":
        settings |= _tensor_network(said)
    return json.dumps(settings) if settings else None


def _tensor_network(said: Mapping[str, Any]) -> dict[str, Any]:
    dt, precision = said.get("dt", DEFAULT_DT_NS), said.get("precision", "normal")
    bond_dim = said.get("max_bond_dim", DEFAULT_BOND_DIM)
    if type(dt) not in (int, float) or not 0 < dt < float("inf"):
        raise _bad("dt", "should be a number of nanoseconds larger than 0.")
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise _bad("precision", f"should be one of {', '.join(PRECISIONS)}.")
    if type(bond_dim) is not int or bond_dim <= 0:
        raise _bad("max_bond_dim", "should be a whole number larger than 0.")
    return {"dt": dt, "precision": PRECISIONS[precision], "max_bond_dim": bond_dim}


def _must_wish_nothing(device_type: str, said: Mapping[str, Any]) -> None:
    _truth(said, "strict_validation")  # it always is
    for key in WISHES:
        if key in said:
            raise _bad(
                key, f"{device_type} has the noise and the limits of its machine and takes no `{key}`."
            )


def _must_be_counted(said: Mapping[str, Any]) -> None:
    if said.get("result_types", ["counter"]) not in ([], ["counter"]):
        raise _bad("result_types", 'should be null or ["counter"]: this is what every job answers.')


def _truth(said: Mapping[str, Any], key: str) -> bool:
    value = said.get(key, False)
    if not isinstance(value, bool):
        raise _bad(key, "should be true or false.")
    return value


def _bad(key: str, message: str) -> BadField:
    return BadField(("body", "configuration", key), message)
