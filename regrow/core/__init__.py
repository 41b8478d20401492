"""The runtime: world, mailboxes, refs, actors, stores, checkpoints, telemetry, the sandbox and what stands on them.

Nothing is exported here: whoever embeds the runtime imports from `regrow`, and our own layers import the module that
defines a name. So a start-up pays for what it uses only.
"""

__all__: list[str] = []
