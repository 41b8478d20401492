"""The main job under attack: `python -m tests.torture --seeds 50 --kills 10`.

Every seed runs `regrow verify --chaos SEED`; every kill starts a run, kills its process at a random moment with SIGKILL
and goes on with `regrow resume`. The verdict, the counts of tests and the steps must be those of a calm run, each step
must stand once in the ledger, and no process may be left.
"""
