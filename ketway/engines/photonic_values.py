"""Numbers in place of every name and expression of a circuit.

Perceval makes symbols of names, and of expressions what Python's `eval` makes of them. What goes on
to it holds numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exqalibur.serialization import circuit_pb2 as pb
from google.protobuf.message import Message

from ketway.domain.errors import ProgramRefused
from ketway.engines import photonic_circuit, photonic_numbers


@dataclass(frozen=True, kw_only=True)
class Values:
    """
    Args:
        known: numbers that the circuit itself gives to names.
        chosen: numbers that an iteration gives, which go before them.
    """

    known: Mapping[str, float]
    chosen: Mapping[str, float]

    @property
    def all(self) -> Mapping[str, float]:
        return {**self.known, **self.chosen}


def known_in(message: Message) -> tuple[dict[str, float], set[str]]:
    """Numbers that a circuit gives to names, and all its names."""
    known: dict[str, float] = {}
    names: set[str] = set()
    for part in photonic_circuit.every(message):
        if not isinstance(part, pb.Parameter):
            continue
        kind = part.WhichOneof("type")
        name = photonic_numbers.normal(part.symbol if kind == "symbol" else part.name)
        if name and kind is not None:
            names.add(name)
            if kind == "real_value":
                known[name] = part.real_value
    return known, names


def settle(message: Message, values: Values) -> None:
    """Put a number in place of every name and expression, in the message itself.

    Raises:
        ProgramRefused: something has no value, or one that its component cannot take.
    """
    if isinstance(message, pb.Parameter):
        _settle_parameter(message, values)
        return
    if isinstance(message, pb.Matrix) and message.HasField("symbolic"):
        _settle_matrix(message, values)
    if isinstance(message, pb.Component) and message.WhichOneof("type") == "ff_configurator":
        _provide(message, values)
    for part in photonic_circuit.parts(message):
        settle(part, values)
    if isinstance(message, pb.LossChannel) and not 0 <= message.loss.real_value <= 1:
        raise ProgramRefused("A loss channel loses from 0 to 1.")
    if isinstance(message, pb.TimeDelay):
        delay = message.dt.real_value
        if not (0 <= delay <= photonic_circuit.MAX_DELAY and delay.is_integer()):
            raise ProgramRefused(
                f"A time delay is a whole number of periods from 0 to {photonic_circuit.MAX_DELAY}."
            )


def _settle_parameter(found: Any, values: Values) -> None:
    kind = found.WhichOneof("type")
    if kind is None:
        return
    name = photonic_numbers.normal(found.symbol if kind == "symbol" else found.name)
    if name in values.chosen:
        number = values.chosen[name]
    elif kind == "real_value" and not photonic_numbers.names_in(name) & values.chosen.keys():
        number = found.real_value
    elif kind == "expression" and not found.expr_parameters:
        number = photonic_numbers.real(found.expression, values.all)
    elif name in values.known and kind == "symbol":
        number = values.known[name]
    else:
        # An expression has itself as its name; one with a number had it from the circuit's own values.
        number = photonic_numbers.real(name, values.all)
    found.Clear()
    found.real_value = number


def _settle_matrix(found: Any, values: Values) -> None:
    numbers = [
        complex(cell.real_value)
        if cell.WhichOneof("type") == "real_value"
        else photonic_numbers.value(cell.expression or cell.symbol, values.all)
        for cell in found.symbolic.data
    ]
    found.ClearField("symbolic")
    found.numeric.data.extend(
        pb.ComplexDouble(real_value=number.real, imaginary_value=number.imag) for number in numbers
    )


def _provide(component: Any, values: Values) -> None:
    """A circuit with variables for each state becomes a circuit for each state."""
    old = pb.FFConfigurator()
    old.CopyFrom(component.ff_configurator)
    size = sum(1 for part in photonic_circuit.every(old.controlled_circuit) if isinstance(part, pb.Component))
    if size * (len(old.configs) + 1) > photonic_circuit.MAX_COMPONENTS:
        raise ProgramRefused(
            f"Feed-forward makes more than {photonic_circuit.MAX_COMPONENTS} components of this circuit."
        )
    new = component.ff_circuit_provider
    new.name, new.offset, new.block_circuit_size = old.name, old.offset, old.block_circuit_size
    _configure(new.circuit, old, old.default_config, values)
    for state, config in old.configs.items():
        _configure(new.config_circ[state].circuit, old, config, values)


def _configure(circuit: Any, configurator: Any, config: Any, values: Values) -> None:
    circuit.CopyFrom(configurator.controlled_circuit)
    told = {photonic_numbers.normal(name): number for name, number in config.mapping.items()}
    settle(circuit, Values(known=values.all, chosen=told))
