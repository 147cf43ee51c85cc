"""The crash suite: real processes that are killed, paused, cut off, starved of disk and shown wrong clocks.

A schedule is drawn from a seed (`schedule`), played against a server with workers (`rig`) while users of both
surfaces go on (`users`); afterwards nothing may be lost, doubled or left over (`invariants`).
`tests/system/test_crashes.py` plays one round for `make test`, `soak` as many as fit for `make soak`.
"""
