"""Typed messages, the specification's models, state tables and error codes. Pure: no file, clock, chance or event loop.

Import from the noun: `from regrow.protocols.plan import Plan`. This module imports none of them, because whoever needs a
message must not wait for the models of every API (building them all takes longer than starting the command line).
"""

__all__: list[str] = []
