"""How many requests are served: the specification's `RateLimitConfig`.

A limit is a number of requests within any window of so many seconds (sliding). The global limit and that of the endpoint
both hold.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from regrow.protocols.wire import NonEmpty, SpecModel

__all__ = ["EndpointLimits", "EndpointRateLimit", "RateLimit", "RateLimitBypass", "RateLimitConfig"]


class RateLimit(SpecModel):
    """At most `requests` within any `window_s` seconds."""

    requests: Annotated[int, Field(ge=1)]
    window_s: Annotated[float, Field(gt=0)]


class EndpointLimits(SpecModel):
    """The limits of one endpoint for callers that are known and for those that are not."""

    authenticated: RateLimit
    anonymous: RateLimit


class EndpointRateLimit(SpecModel):
    """An endpoint by its path, and its limits."""

    endpoint: NonEmpty
    limits: EndpointLimits


class RateLimitBypass(SpecModel):
    """Who is not limited: addresses or networks, and ids of keys (never the keys)."""

    ips: tuple[NonEmpty, ...]
    keys: tuple[NonEmpty, ...]


class RateLimitConfig(SpecModel):
    """All limits."""

    global_limit: RateLimit
    per_endpoint: tuple[EndpointRateLimit, ...]
    bypass: RateLimitBypass
