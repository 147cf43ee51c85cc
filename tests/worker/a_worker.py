"""A worker to be killed: `python -m tests.worker.a_worker MISDEED`; says `working` once a child is at it."""

from __future__ import annotations

import asyncio
import sys

from tests.worker import kit


async def main() -> None:
    async with kit.some_children() as children:
        await children.run(
            "hostile",
            "p",
            kit.a_task(sys.argv[1]),
            on_progress=lambda _: print("working", flush=True),
            time_limit_s=60,
            memory_limit_bytes=kit.GIB,
        )


if __name__ == "__main__":
    asyncio.run(main())
