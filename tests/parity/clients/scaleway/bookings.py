"""Slots of machines through `scaleway-qaas-client`: booked, refused, given up, and lived through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

from qio.core import QuantumProgramResult
from scaleway_qaas_client.v1alpha1 import QaaSClient

from tests.parity.clients.scaleway import circuits
from tests.parity.clients.scaleway.low_level import document, parameters
from tests.parity.clients.scaleway.stage import AER, NOBODY, play, refused, setting

#: Machines that no other scene books.
ASKED, LIVED, GIVEN_UP = "QPU-GARNET-20PQ", "QPU-SIRIUS-24PQ", "QPU-IBEX-12PQ"
PATIENCE_S = 90.0


def client() -> QaaSClient:
    return QaaSClient(**setting().keys)


def platform(low: QaaSClient, name: str) -> Any:
    (found,) = low.list_platforms(name=name)
    return found


def booked(low: QaaSClient, name: str, ahead_s: float, length_s: float, **changes: Any) -> Any:
    starts = datetime.now(UTC) + timedelta(seconds=ahead_s)
    asked = {
        "booking_demand_started_at": starts,
        "booking_demand_finished_at": starts + timedelta(seconds=length_s),
        "booking_demand_description": "parity",
    }
    return low.create_session(platform(low, name).id, **asked | changes)


def until(look: Callable[[], Any], status: str) -> Any:
    deadline = monotonic() + PATIENCE_S
    while (found := look()).status != status:
        assert monotonic() < deadline, f"{found.status}, not {status}"
        sleep(0.1)
    return found


def rules() -> Any:
    low = client()
    one, other = platform(low, ASKED), platform(low, AER)
    return {
        "bookable": one.is_bookable,
        "requirement": one.booking_requirement.to_dict(),
        "other": other.is_bookable,
    }


def tomorrow() -> Any:
    """Booked, seen in every list, and what stands in its way or breaks a rule refused."""
    low, day = client(), 86_400.0
    session = booked(low, ASKED, day, 600)
    booking = low.get_booking(session.booking_id)
    lists = {
        "mine": [each.id for each in low.list_bookings()],
        "of the machine": [each.id for each in low.list_bookings(platform(low, ASKED).id)],
        "everybody's": [each.id for each in low.list_platform_bookings(platform(low, ASKED).id)],
        "of another": [each.id for each in low.list_platform_bookings(platform(low, LIVED).id)],
    }
    refusals = {
        "existing booking": refused(booked, low, ASKED, day + 300, 600),
        "min_duration not respected": refused(booked, low, ASKED, 2 * day, 1),
        "max_duration not respected": refused(booked, low, ASKED, 2 * day, 10 * day),
        "min_planification_duration not respected": refused(booked, low, ASKED, -3600, 600),
        "max_planification_duration not respected": refused(booked, low, ASKED, 400 * day, 600),
        "cannot be booked": refused(booked, low, AER, day, 600),
    }
    low.delete_session(session.id)
    return {
        "session": session.to_dict(),
        "booking": booking.to_dict(),
        "listed": {name: booking.id in ids for name, ids in lists.items()},
        "refusals": refusals,
        "unknown": refused(low.get_booking, NOBODY),
    }


def given_up() -> Any:
    """By its session, whose end it outlives; the slot is free again."""
    low = client()
    session = booked(low, GIVEN_UP, 7200, 600)
    low.terminate_session(session.id)
    cancelled = until(lambda: low.get_booking(session.booking_id), "cancelled")
    again = booked(low, GIVEN_UP, 7200, 600)
    low.delete_session(again.id)
    return {
        "terminated": cancelled.status,
        "deleted": until(lambda: low.get_booking(again.booking_id), "cancelled").status,
    }


def lived_through() -> Any:
    """When the slot begins the session before it ends, and who comes meanwhile waits for its end."""
    low = client()
    model = low.create_model(document(circuits.third_of_three_bits()))

    def a_job(session: Any) -> Any:
        return low.create_job(session.id, model_id=model.id, parameters=parameters(50))

    def done(job: Any) -> Any:
        return until(lambda: low.get_job(job.id), "completed")

    before = low.create_session(platform(low, LIVED).id)
    done(a_job(before))
    held = low.get_session(before.id).status
    session = booked(low, LIVED, 12, 600)
    job = a_job(session)
    at_first = [session.status, job.status]
    done(job)
    during = low.get_session(session.id).status
    stopped = until(lambda: low.get_session(before.id), "stopped")
    meanwhile = low.create_session(platform(low, LIVED).id)
    late = a_job(meanwhile)
    waits = [low.get_session(meanwhile.id).status, low.get_job(late.id).status]
    (result,) = low.list_job_results(job.id)
    low.delete_session(session.id)
    done(late)
    seen = {
        "before": held,
        "at first": at_first,
        "during": during,
        "counts": QuantumProgramResult.from_json_str(result.result).to_qiskit_result().get_counts(),
        "why": stopped.progress_message,
        "meanwhile": waits,
        "afterwards": low.get_session(meanwhile.id).status,
    }
    low.delete_session(meanwhile.id)
    low.delete_session(before.id)
    return seen


if __name__ == "__main__":
    play((rules, tomorrow, given_up, lived_through))
