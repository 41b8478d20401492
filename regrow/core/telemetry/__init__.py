"""OpenTelemetry: the only package that imports its API; the SDK is the host's or the daemon's affair.

`spans` follows messages from actor to actor, `metrics` shows how the trees of this process do.
"""

from regrow.core.telemetry.spans import OpenTelemetryTracing, host_tracing

__all__ = ["OpenTelemetryTracing", "host_tracing"]
