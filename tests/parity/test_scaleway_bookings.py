"""Slots of machines through Scaleway's clients, against a running ketway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scaleway.qaas import v1alpha1 as qaas
from scaleway_core.api import ScalewayException

from tests.parity.scaleway_sdk import NOBODY, the_error

#: Of those that no program books.
MACHINE = "QPU-EMERALD-54PQ"


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "bookings", name)

    return scene


class TestLowLevel:
    def test_a_machine_says_how_it_can_be_booked_and_an_emulator_that_it_cannot(self, saw):
        seen = saw("rules")

        assert (seen["bookable"], seen["other"]) == (True, False)
        assert seen["requirement"]["min_duration"].endswith("s")

    def test_a_slot_of_tomorrow_is_kept_and_its_session_waits_for_it(self, saw):
        seen = saw("tomorrow")

        assert seen["session"]["status"] == "starting"
        assert "started_at" not in seen["session"]
        assert seen["session"]["booking_id"] == seen["booking"]["id"]
        assert (seen["booking"]["status"], seen["booking"]["description"]) == ("validated", "parity")

    def test_a_slot_is_in_every_list_of_its_machine(self, saw):
        assert saw("tomorrow")["listed"] == {
            "mine": True,
            "of the machine": True,
            "everybody's": True,
            "of another": False,
        }

    @pytest.mark.parametrize(
        "rule",
        [
            "existing booking",
            "min_duration not respected",
            "max_duration not respected",
            "min_planification_duration not respected",
            "max_planification_duration not respected",
            "cannot be booked",
        ],
    )
    def test_a_slot_that_cannot_be_is_refused_with_the_rule(self, saw, rule):
        text = saw("tomorrow")["refusals"][rule]["text"]

        assert text.startswith("error 400: ")
        assert rule in text

    def test_a_slot_is_given_up_with_its_session_and_can_be_booked_again(self, saw):
        assert saw("given_up") == {"terminated": "cancelled", "deleted": "cancelled"}

    def test_a_slot_begins_whoever_had_the_machine_makes_room_and_others_wait(self, saw):
        seen = saw("lived_through")

        assert (seen["before"], seen["at first"]) == ("running", ["starting", "waiting"])
        assert seen["during"] == "running"
        assert sum(seen["counts"].values()) == 50
        assert "slot" in seen["why"]
        assert (seen["meanwhile"], seen["afterwards"]) == (["starting", "waiting"], "running")


@pytest.fixture(scope="module")
def machine(sdk: qaas.QaasV1Alpha1API) -> qaas.Platform:
    (found,) = sdk.list_platforms_all(name=MACHINE)
    return found


def a_demand(
    ahead: timedelta, length: timedelta = timedelta(minutes=10)
) -> qaas.CreateSessionRequestBookingDemand:
    starts = datetime.now(UTC) + ahead
    return qaas.CreateSessionRequestBookingDemand(
        started_at=starts, finished_at=starts + length, description="by the SDK", time_zone="Europe/Paris"
    )


class TestSdk:
    def test_a_slot_is_booked_described_listed_and_given_up(self, sdk, machine):
        session = sdk.create_session(platform_id=machine.id, booking_demand=a_demand(timedelta(days=2)))
        booking = sdk.wait_for_booking(booking_id=session.booking_id)
        changed = sdk.update_booking(booking_id=booking.id, description="described anew")
        one = sdk.list_bookings(platform_id=machine.id)
        every = sdk.list_bookings_all(platform_id=machine.id, project_id=session.project_id)
        sdk.delete_session(session_id=session.id)
        ended = sdk.wait_for_booking(booking_id=booking.id)

        assert (booking.status, booking.time_zone) == (qaas.BookingStatus.VALIDATED, "Europe/Paris")
        assert changed.description == "described anew"
        assert [found.id for found in every] == [booking.id]
        assert (one.total_count, one.bookings[0].id) == (1, booking.id)
        assert ended.status == qaas.BookingStatus.CANCELLED
        assert sdk.get_booking(booking_id=booking.id) == ended

    @pytest.mark.parametrize("order", list(qaas.ListBookingsRequestOrderBy))
    def test_every_order_is_answered(self, sdk, order):
        assert isinstance(sdk.list_bookings_all(order_by=order), list)

    def test_an_unknown_one_is_not_found(self, sdk):
        for call in (sdk.get_booking, sdk.update_booking):
            with pytest.raises(ScalewayException) as gone:
                call(booking_id=NOBODY)
            assert the_error(gone.value)["resource"] == "qaas_booking"
