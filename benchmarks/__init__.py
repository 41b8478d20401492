"""Benchmarks: what the runtime costs, as ratios to floors measured in the same run. See `benchmarks/README.md`.

Nothing is imported here: the programs of `benchmarks.peers` run with other interpreters, where the project is not
installed.
"""
