"""The domain: one package for each actor. They share message types and never import one another.

Nothing is exported here: each actor's package exports its actor and its child spec.
"""

__all__: list[str] = []
