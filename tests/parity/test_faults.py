"""The published clients meet rehearsed failure, and do what they do: some repeat, some give up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pasqal_cloud.batch import Batch
from pasqal_cloud.device import DeviceTypeName
from pasqal_cloud.errors import BatchFetchingError
from pasqal_cloud.pasqal_cloud_client import PasqalCloudClient
from scaleway_core.api import ScalewayException

from ketway.domain.platforms import platform_id
from tests.engines.sequences import one_atom_flipped
from tests.parity.scaleway_sdk import an_sdk, the_error
from tests.parity.test_pasqal_client import where, who
from tests.system.processes import Server, a_server

pytestmark = pytest.mark.filterwarnings("ignore:SDK version:DeprecationWarning")

# Each client would wait for seconds before it repeats, were it not told when to come again.
FAULTS = """
[[error]]
status = 429
retry_after_s = 0
methods = ["POST"]
paths = ["/core-fast/api/v*/batches"]
first = 2
carried_out = true

[[error]]
status = 503
methods = ["GET"]
paths = ["/core-fast/api/v*/batches/*"]
first = 1

[[error]]
status = 429
retry_after_s = 5
message = "Slow down, please."
paths = ["/qaas/v1alpha1/platforms"]
first = 1

[[down]]
platform = "EMU-AER-16C-128M"
why = "Recalibration until noon."
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("parity-faults")
    file = folder / "faults.toml"
    file.write_text(FAULTS)
    with a_server(folder / "data", lease_s=30, faults=str(file)) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> PasqalCloudClient:
    return PasqalCloudClient(**who(server), **where(server))


@pytest.fixture(scope="module")
def batch(client: PasqalCloudClient) -> Batch:
    return client.create_batch(
        one_atom_flipped().to_abstract_repr(), jobs=[{"runs": 5}], device_type=DeviceTypeName.EMU_FREE
    )


def test_pasqals_client_repeats_a_submission_whose_answer_was_lost_and_makes_one_batch(client, batch):
    assert [one.id for one in client.get_batches().results] == [batch.id]


def test_pasqals_client_gives_up_at_503_and_may_ask_again(client, batch):
    with pytest.raises(BatchFetchingError, match="503"):
        client.get_batch(batch.id)

    assert client.get_batch(batch.id).id == batch.id


def test_the_scaleway_sdk_repeats_nothing_and_shows_what_was_said(server):
    sdk = an_sdk(server)

    with pytest.raises(ScalewayException) as refused:
        sdk.list_platforms()

    assert sdk.list_platforms().platforms
    assert refused.value.status_code == 429
    assert the_error(refused.value)["type"] == "too_many_requests"
    assert the_error(refused.value)["reset_seconds"] == 5


def test_the_scaleway_sdk_reads_that_a_platform_is_down(server):
    sdk = an_sdk(server)
    platform = sdk.get_platform(platform_id=str(platform_id("EMU-AER-16C-128M")))

    with pytest.raises(ScalewayException, match="Recalibration until noon") as refused:
        sdk.create_session(platform_id=platform.id, name="rehearsed")

    assert platform.availability == "maintenance"
    assert the_error(refused.value)["type"] == "out_of_stock"
