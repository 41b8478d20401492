"""Compares two files as diffoscope would, lightly: unpacks what can be unpacked, and names the part that differs. Pure."""

from regrow.actors.verifier.reproducing.comparing.files import File, Found, compare

__all__ = ["File", "Found", "compare"]
