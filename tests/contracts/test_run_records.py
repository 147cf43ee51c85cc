"""What the store of records of runs promises."""

from __future__ import annotations

from ketway.domain.estimates import ANY_SIZE, Record, Run
from ketway.domain.platforms import platform_id

EMU, QPU, OTHER = (platform_id(name) for name in ("EMU_TEST", "QPU", "OTHER"))


def a_record(platform=EMU, qubits=4, *runs: Run) -> Record:
    return Record(platform_id=platform, qubits=qubits, runs=runs)


async def keep(db, *records: Record) -> None:
    async with db.work() as work:
        await work.records.put(records)


async def kept(db, *platforms) -> set[Record]:
    async with db.look() as work:
        return set(await work.records.of(platforms))


async def test_records_come_back_as_they_were_and_the_last_one_counts(db):
    measured = Run(qubits=4, seconds=0.1 + 0.2, memory_bytes=3 * 2**40)
    before = a_record(EMU, 4, Run(qubits=4, seconds=1e-9))
    await keep(db, before)
    after = before.add([measured])
    whatever = a_record(EMU, ANY_SIZE, Run(qubits=None, seconds=7.0), measured)
    await keep(db, after, whatever)

    assert await kept(db, EMU) == {after, whatever}


async def test_records_are_of_platforms_and_sizes(db):
    records = [a_record(platform, size) for platform in (EMU, QPU) for size in (1, 2)]
    await keep(db, *records)
    await keep(db)

    assert await kept(db, EMU, QPU, OTHER) == set(records)
    assert await kept(db, QPU) == {a_record(QPU, 1), a_record(QPU, 2)}
    assert await kept(db) == set()
