"""Small made-up projects, each a trap: something that a verifier could take for a pass, or for a failure, and must not.

`projects/*.toml` holds them as data: the files of a tree, the right verdicts, tests, code and words. `python -m
tests.verification_traps` (`./run traps`) verifies them and prints what came of each. docs/verification_traps.md is the
table that `--page` prints. Those that need the package registries say so in `needs`.
"""
