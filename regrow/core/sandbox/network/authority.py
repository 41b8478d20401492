"""Shell: a certificate authority that only rooms trust, so that the proxy can read which download a client asks for.

It is made anew by each process with the `openssl` program, which comes with the certificates of most systems. Its key is
gone as soon as the one certificate is signed, and that certificate's key never leaves this process: the file that it is
loaded from is private and removed. Without the program nothing is kept, and connections go through as they are.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import ssl
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.processes import run_program

__all__ = ["Authority", "make_authority"]

_DAYS = "365"
_DEADLINE_S = 30.0
_AUTHORITY = """
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = regrow download cache
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @hosts
[hosts]
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True)
class Authority:
    """What the proxy shows to clients.

    Attributes:
        context: With a certificate for all hosts that may be reached.
        certificate: Of the authority, as text, for the bundle that a room gets.
    """

    context: ssl.SSLContext
    certificate: str


async def make_authority(hosts: Sequence[str], private: Path) -> Authority | None:
    """Make an authority and its one certificate; None where that cannot be.

    Args:
        hosts: The names and addresses that it is for.
        private: A folder of ours.
    """
    if shutil.which("openssl") is None or not hosts:
        return None
    folder = Path(await anyio.to_thread.run_sync(lambda: tempfile.mkdtemp(prefix="authority-", dir=private)))
    try:
        settings = folder / "openssl.cnf"
        settings.write_text(_AUTHORITY + "".join(_alternatives(hosts)), "utf-8")
        commands = (
            ("req", "-x509", *_KEY, "-config", "openssl.cnf", "-days", _DAYS, "-keyout", "ca.key", "-out", "ca.crt"),
            ("req", *_KEY, "-config", "openssl.cnf", "-keyout", "server.key", "-out", "server.csr"),
            ("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", _DAYS,
             "-extfile", "openssl.cnf", "-extensions", "server", "-out", "server.crt"),
        )  # fmt: skip
        for command in commands:
            with suppress(TimeoutError, OSError):
                made = await run_program(
                    ["openssl", *command], env=dict(os.environ), cwd=folder, deadline_s=_DEADLINE_S
                )
                if made.exit_status == 0:
                    continue
            return None
        return await anyio.to_thread.run_sync(_load, folder)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(trees.discard, folder)


def _alternatives(hosts: Sequence[str]) -> list[str]:
    lines = []
    for number, host in enumerate(hosts, 1):
        try:
            lines.append(f"IP.{number} = {ipaddress.ip_address(host)}\n")
        except ValueError:
            lines.append(f"DNS.{number} = {host}\n")
    return lines


def _load(folder: Path) -> Authority:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    context.set_alpn_protocols(["http/1.1"])
    return Authority(context, (folder / "ca.crt").read_text("ascii"))
