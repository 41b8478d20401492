"""The programs of the benchmarks on other actor libraries: the same questions, each in its users' way.

A program `<peer>_program.py` prints one JSON line a figure and imports nothing of this project but `benchmarks.clocks`,
`benchmarks.figures` and `benchmarks.peers.lines`, which need the standard library only; so it runs in an interpreter
that has the peer and not us.
"""
