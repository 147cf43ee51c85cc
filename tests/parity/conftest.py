"""One running ketway for the vendors' own client libraries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.processes import Server, a_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("parity") / "data", workers=2, lease_s=30) as server:
        yield server
