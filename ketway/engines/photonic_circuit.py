"""Perceval's protobuf messages, checked before anything of Perceval's sees them.

Its builders trust what they read, and allocate at once what it says. Here every message is bounded;
`photonic_values` then leaves nothing but numbers in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from exqalibur.serialization import circuit_pb2 as pb
from google.protobuf.message import DecodeError, Message

from ketway.domain.errors import ProgramRefused
from ketway.engines import photonic_texts

MAX_BYTES = 4 << 20
MAX_MESSAGES = 300_000
MAX_COMPONENTS = 10_000
MAX_DEPTH = 40  #: of messages in messages; a circuit in a circuit takes two
MAX_HERALD = 31  #: what Perceval's masks hold
MAX_DETECTIONS = 1_000
MAX_LAYERS = 6  #: of a beam-splitter detector, which has 2**layers wires
MAX_TEXT_CHARS = 2_000
MAX_DELAY = 64
#: How Perceval writes that no filter was set.
NOT_SET = 0x0FFFFFFF
STATE = re.compile(r"\|[0-9, ]{0,600}>")


def experiment_in(data: bytes, max_modes: int) -> pb.Experiment:
    """
    Args:
        max_modes: of the platform.
    Raises:
        ProgramRefused
    """
    found = _parsed(pb.Experiment(), data)
    check(found, max_modes)
    return found


def circuit_in(data: bytes, max_modes: int) -> pb.Circuit:
    """
    Raises:
        ProgramRefused
    """
    found = _parsed(pb.Circuit(), data)
    check(found, max_modes)
    return found


def _parsed(message: Any, data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise ProgramRefused(f"The circuit has {len(data)} bytes, at most {MAX_BYTES} allowed.")
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise ProgramRefused(f"The circuit is not what Perceval serializes: {error}"[:300]) from error
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        raise ProgramRefused(
            "The circuit says things that are not known here; it was written by a newer Perceval."
        )
    return message


def parts(message: Message) -> Iterator[Any]:
    """The messages right inside a message."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if isinstance(value, Message):
            yield value
        elif field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                yield from value.values()
        else:
            yield from value


def every(message: Message) -> Iterator[Any]:
    """The message and all messages in it, at any depth.

    Raises:
        ProgramRefused: there are too many, or they are too deep.
    """
    waiting = [(message, 1)]
    seen = 0
    while waiting:
        found, depth = waiting.pop()
        seen += 1
        if seen > MAX_MESSAGES:
            raise ProgramRefused(f"The circuit has more than {MAX_MESSAGES} parts; send a smaller one.")
        if depth > MAX_DEPTH:
            raise ProgramRefused("Circuits are nested too deeply in each other; flatten them.")
        yield found
        waiting.extend((part, depth + 1) for part in parts(found))


def check(message: Message, max_modes: int) -> None:
    """Bound everything that Perceval would allocate, loop over or recurse into.

    Raises:
        ProgramRefused
    """
    components = 0
    for part in every(message):
        components += isinstance(part, pb.Component)
        if components > MAX_COMPONENTS:
            raise ProgramRefused(f"More than {MAX_COMPONENTS} components; send a smaller circuit.")
        _check_texts(part)
        rule = _RULES.get(type(part))
        if rule is not None:
            rule(part, max_modes)


def _check_texts(message: Any) -> None:
    for field, value in message.ListFields():
        is_input = field.name == "input_state"
        if isinstance(value, str) and len(value) > MAX_TEXT_CHARS and not is_input:
            raise ProgramRefused(
                f"`{field.name}` has {len(value)} characters, at most {MAX_TEXT_CHARS} allowed."
            )


def _modes(count: int, max_modes: int, least: int = 1) -> None:
    if not least <= count <= max_modes:
        raise ProgramRefused(f"{count} modes, from {least} to {max_modes} allowed on this platform.")


def _experiment(found: Any, max_modes: int) -> None:
    _modes(found.n_mode, max_modes, least=0)
    for places in (found.input_ports, found.output_ports, found.detectors):
        for mode in places:
            if not 0 <= mode < found.n_mode:
                raise ProgramRefused(f"There is no mode {mode} in a circuit of {found.n_mode}.")
    if found.min_photons_filter != NOT_SET and not 0 <= found.min_photons_filter <= 1_000:
        raise ProgramRefused("min_detected_photons should be a whole number from 0.")
    if found.noise_model:
        photonic_texts.noise(found.noise_model)
    if found.input_state:
        found.input_state = photonic_texts.state(found.input_state)
    if found.post_select:
        found.post_select = photonic_texts.condition(found.post_select)
        check_condition(found)


def check_condition(found: Any) -> None:
    """
    Raises:
        ProgramRefused: an experiment selects on modes that it does not have.
    """
    for mode in photonic_texts.modes_of(found.post_select):
        if mode >= found.n_mode:
            raise ProgramRefused(f"The post-selection names mode {mode} of {found.n_mode} modes.")


def _circuit(found: Any, max_modes: int) -> None:
    _modes(found.n_mode, max_modes)


def _component(found: Any, max_modes: int) -> None:
    kind = found.WhichOneof("type")
    if kind is None:
        raise ProgramRefused("A component is of a kind that this version of Perceval does not know.")
    if kind == "compiled_circuit":
        raise ProgramRefused("The circuit was compiled for one machine's chip; send the circuit itself.")
    _modes(found.n_mode, max_modes, least=0)
    if not 0 <= found.starting_mode < max_modes:
        raise ProgramRefused(f"A component starts at mode {found.starting_mode}, which is not there.")
    if kind in ("ff_configurator", "ff_circuit_provider"):
        provider = getattr(found, kind)
        if abs(provider.offset) > max_modes:
            raise ProgramRefused("A feed-forward component reaches beyond the last mode.")


def _matrix(found: Any, max_modes: int) -> None:
    cells = found.symbolic.data if found.HasField("symbolic") else found.numeric.data
    for count in (found.rows, found.cols):
        _modes(count, 2 * max_modes)  # twice where it acts on polarisation
    if len(cells) != found.rows * found.cols:
        raise ProgramRefused(f"A matrix of {found.rows} x {found.cols} has {len(cells)} numbers.")


def _splitter(found: Any, max_modes: int) -> None:
    if found.convention not in pb.BeamSplitter.Convention.values():
        raise ProgramRefused(
            "A beam splitter follows a convention that this version of Perceval does not know."
        )


def _permutation(found: Any, max_modes: int) -> None:
    order = list(found.permutations)
    if not order or len(order) > max_modes or sorted(order) != list(range(len(order))):
        raise ProgramRefused("A permutation should name each of its modes once.")


def _number(found: Any, max_modes: int) -> None:
    for number in (found.real_value, getattr(found, "imaginary_value", 0.0)):
        if not isfinite(number):
            raise ProgramRefused("A number in the circuit is not finite.")


def _herald(found: Any, max_modes: int) -> None:
    if not 0 <= found.value <= MAX_HERALD:
        raise ProgramRefused(f"A herald expects {found.value} photons, from 0 to {MAX_HERALD} allowed.")


def _detector(found: Any, max_modes: int) -> None:
    for number in (found.n_wires, found.max_detections):
        if not 0 <= number <= MAX_DETECTIONS:
            raise ProgramRefused(f"A detector counts {number} photons, at most {MAX_DETECTIONS} allowed.")
    if not 0 <= found.wire_efficiency <= 1:
        raise ProgramRefused("The efficiency of a detector should be from 0 to 1.")


def _layered(found: Any, max_modes: int) -> None:
    if not 1 <= found.bs_layers <= MAX_LAYERS or not 0 <= found.reflectivity <= 1:
        raise ProgramRefused(
            f"A layered detector has from 1 to {MAX_LAYERS} layers and reflects from 0 to 1."
        )


def _provider(found: Any, max_modes: int) -> None:
    table = found.configs if isinstance(found, pb.FFConfigurator) else found.config_circ
    for state in table:
        if not STATE.fullmatch(state):
            raise ProgramRefused(f"A feed-forward component answers to {state[:40]!r}, which is no state.")


def _variables(found: Any, max_modes: int) -> None:
    if not all(isfinite(number) for number in found.mapping.values()):
        raise ProgramRefused("A number of a feed-forward component is not finite.")


_RULES: dict[type, Any] = {
    pb.Experiment: _experiment,
    pb.Circuit: _circuit,
    pb.Component: _component,
    pb.Matrix: _matrix,
    pb.BeamSplitter: _splitter,
    pb.Permutation: _permutation,
    pb.ComplexDouble: _number,
    pb.Parameter: _number,
    pb.Herald: _herald,
    pb.Detector: _detector,
    pb.BSLayeredPPNR: _layered,
    pb.FFConfigurator: _provider,
    pb.FFCircuitProvider: _provider,
    pb.VariableValues: _variables,
}
