"""Whole trees under a seed: random faults at every point of an actor's life, in virtual time, with checkers always on.

`python -m tests.simulation --seeds 300` runs three hundred trees; a seed that fails is printed and can be run alone with
`--from SEED --seeds 1`.
"""
