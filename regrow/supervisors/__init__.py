"""Supervision: child specs, strategies, intensity and liveness (pure); supervisors and trees (shells).

Nothing is exported here: the face is `regrow`, and our own layers import the module that defines a name.
"""

__all__: list[str] = []
