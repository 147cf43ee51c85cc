from __future__ import annotations

import random

import numpy as np
import pytest

from ketway.engines.photonic_chip import mesh_of
from ketway.engines.photonic_library import pcvl

SIZES = [1, 2, 3, 6, 12, 24]


def unitaries(modes: int):
    pcvl.random_seed(modes)
    eye = np.eye(modes, dtype=complex)
    return {
        "any": np.asarray(pcvl.Matrix.random_unitary(modes)),
        "nothing": eye,
        "turned over": eye[::-1],
        "phases": np.diag(np.exp(1j * np.arange(modes))),
        "fourier": np.fft.fft(eye, norm="ortho"),
    }


@pytest.mark.parametrize("modes", SIZES)
@pytest.mark.parametrize("kind", ["any", "nothing", "turned over", "phases", "fourier"])
def test_a_mesh_makes_the_unitary_that_it_was_made_for(modes, kind):
    wanted = unitaries(modes)[kind]

    mesh = mesh_of(wanted)

    np.testing.assert_allclose(mesh.unitary(), wanted, atol=1e-10)
    assert len(mesh.cells) == modes * (modes - 1) // 2


@pytest.mark.parametrize("modes", SIZES[2:])
def test_a_mesh_is_a_rectangle(modes):
    depths = [0] * modes

    for cell in mesh_of(unitaries(modes)["any"]).cells:
        depths[cell.mode] = depths[cell.mode + 1] = max(depths[cell.mode : cell.mode + 2]) + 1

    assert max(depths) == modes


def test_a_mesh_that_errs_is_still_unitary_and_off_by_no_more_than_its_phases():
    wanted = unitaries(6)["any"]

    made = mesh_of(wanted).erring(0.03, random.Random(5)).unitary()

    np.testing.assert_allclose(made @ made.conj().T, np.eye(6), atol=1e-12)
    assert 0.005 < np.abs(made - wanted).max() < 0.03 * 6


def test_a_mesh_that_does_not_err_is_as_it_was():
    wanted = unitaries(6)["fourier"]

    np.testing.assert_allclose(mesh_of(wanted).erring(0.0, random.Random(5)).unitary(), wanted, atol=1e-12)
