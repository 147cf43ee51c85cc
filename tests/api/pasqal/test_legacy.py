import json

import pytest
from pulser import NoiseModel

from ketway.api.pasqal.legacy import NOISE, configuration_of
from ketway.domain.errors import BadField

PLAIN = {"strict_validation": False, "result_types": None}


def settings(device_type, **said):
    text = configuration_of(device_type, PLAIN | said)
    return None if text is None else json.loads(text)


@pytest.mark.parametrize("device_type", ["EMU_FREE", "EMU_SV", "EMU_MPS", "EMU_FRESNEL", "FRESNEL"])
@pytest.mark.parametrize("said", [{}, {"with_noise": None}, {"extra": [1], "result_types": ["counter"]}])
def test_what_asks_for_nothing_sets_nothing(device_type, said):
    assert settings(device_type, **said) is None


def test_noise_is_switched_on_by_one_word():
    assert settings("EMU_FREE", with_noise=False) is None
    assert settings("EMU_FREE", with_noise=True) == {"noise_model": NOISE, "n_trajectories": 15}


def test_the_noise_is_written_as_pulser_writes_it():
    noise = NoiseModel(
        state_prep_error=0.005,
        p_false_pos=0.01,
        p_false_neg=0.05,
        temperature=50.0,
        laser_waist=175.0,
        amp_sigma=0.05,
    )

    assert json.loads(noise.to_abstract_repr()) == NOISE


@pytest.mark.parametrize(
    ("said", "set_to"),
    [
        ({}, (10.0, 1e-5, 500)),
        ({"dt": None, "precision": None, "max_bond_dim": None}, (10.0, 1e-5, 500)),
        ({"dt": 2.5, "precision": "low", "max_bond_dim": 20}, (2.5, 1e-4, 20)),
        ({"dt": 1, "precision": "high", "extra": "anything"}, (1, 1e-6, 500)),
    ],
)
def test_words_for_the_tensor_network_become_its_settings(said, set_to):
    dt, precision, max_bond_dim = set_to

    assert settings("EMU_TN", **said) == {"dt": dt, "precision": precision, "max_bond_dim": max_bond_dim}


@pytest.mark.parametrize("device_type", ["EMU_FREE", "EMU_TN", "EMU_SV"])
def test_strict_validation_is_told_to_the_engine(device_type):
    strict = settings(device_type, strict_validation=True)

    assert strict is not None
    assert strict["strict_validation"] is True


@pytest.mark.parametrize(
    ("device_type", "key", "value"),
    [
        ("EMU_FREE", "with_noise", "yes"),
        ("EMU_FREE", "strict_validation", 1),
        ("EMU_FREE", "result_types", ["sample"]),
        ("EMU_FREE", "result_types", "counter"),
        ("EMU_TN", "dt", 0),
        ("EMU_TN", "dt", True),
        ("EMU_TN", "dt", float("inf")),
        ("EMU_TN", "precision", "extreme"),
        ("EMU_TN", "precision", ["low"]),
        ("EMU_TN", "max_bond_dim", 0),
        ("EMU_TN", "max_bond_dim", 1.5),
        ("EMU_FRESNEL", "with_noise", False),
        ("EMU_FRESNEL", "dt", 10.0),
        ("FRESNEL", "strict_validation", "no"),
    ],
)
def test_a_value_that_cannot_be_is_refused_where_it_stands(device_type, key, value):
    with pytest.raises(BadField) as refused:
        settings(device_type, **{key: value})

    assert refused.value.field == ("body", "configuration", key)
