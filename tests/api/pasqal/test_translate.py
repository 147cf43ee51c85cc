"""Whole tables: every core word has one of the dialect's, and every word of clients is known."""

import pytest
from pasqal_cloud.utils.constants import BatchStatus as ClientBatchStatus
from pasqal_cloud.utils.constants import JobStatus as ClientJobStatus
from pasqal_cloud.utils.constants import QueuePriority

from ketway.api.pasqal import translate
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.priorities import Priority
from tests.builders import NOON


def test_every_job_status_has_a_word_that_clients_can_read():
    assert translate.JOB_STATUS.keys() == set(JobStatus)
    assert set(translate.JOB_STATUS.values()) == {status.value for status in ClientJobStatus}


def test_every_batch_status_has_a_word_that_clients_can_read():
    assert translate.BATCH_STATUS.keys() == set(BatchStatus)
    assert set(translate.BATCH_STATUS.values()) == {status.value for status in ClientBatchStatus}


def test_every_priority_of_clients_is_one_of_the_cores():
    assert {priority.value for priority in QueuePriority} <= {priority.name for priority in Priority}


def test_every_order_that_the_contract_names_is_known():
    batches = {"created_at", "updated_at", "start_datetime", "end_datetime", "status"}
    jobs = {"start_timestamp", "end_timestamp", "runs", "creation_order", "ordered_id"}

    assert translate.ORDERS.keys() == batches | jobs
    assert translate.ORDERS["ordered_id"] is translate.ORDERS["creation_order"]


def test_counts_have_a_number_for_every_word_zeros_included():
    counted = translate.counts({JobStatus.DONE: 3})

    assert counted == {"PENDING": 0, "RUNNING": 0, "DONE": 3, "ERROR": 0, "CANCELED": 0}


def test_a_moment_says_its_offset_and_its_microseconds():
    assert translate.moment(NOON) == "2026-01-15T12:00:00.000000+00:00"
    assert translate.moment(None) is None


@pytest.mark.parametrize(
    ("sequence", "name"),
    [
        ('{"device": {"name": "FRESNEL"}}', "FRESNEL"),
        ('{"device": "FRESNEL"}', "FRESNEL"),
        ('{"device": {"name": 5}}', None),
        ('{"device": null}', None),
        ("[]", None),
        ("not JSON", None),
        ("[" * 100_000, None),
        (None, None),
    ],
)
def test_the_device_that_a_sequence_was_made_for_is_read_if_it_says_one(sequence, name):
    assert translate.device_named_in(sequence) == name
