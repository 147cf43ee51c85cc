"""The crash suite: real processes that are killed, paused, cut off, starved of disk and shown wrong clocks.

A schedule is drawn from a seed (`schedule`) and done (`hands`) to servers with workers (`rig`) while users
of both surfaces go on (`users`); afterwards nothing may be lost, doubled or left over (`invariants`). The
database is a parameter of the play (`database`): a file with one server, or PostgreSQL with two (`postgres`).
`tests/system/test_crashes.py` plays one round for `make test`, `soak` as many as fit for `make soak`.
"""
