"""The HTTP and WebSocket interfaces of the specification: requests, responses, the table of endpoints, security, limits.

Data only; the gateway serves them. As in `regrow.protocols`, import from the noun.
"""

__all__: list[str] = []
