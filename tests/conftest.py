"""Every asynchronous test runs on asyncio; what the product logs is told plainly."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.parity.environments import substitutes
from tests.postgres import Postgres, a_postgres

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        # The pretty one prints every local variable, which takes seconds.
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a process."""
    with a_postgres() as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for sentence in substitutes():
        terminalreporter.write_line(f"WARNING: {sentence}", yellow=True)
