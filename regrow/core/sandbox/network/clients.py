"""Shell: asks the package clients of this machine for their settings and defaults. No address of a registry stands in our code."""

from __future__ import annotations

import json
import netrc
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.downloads.credentials import LogIns, logins_of_npmrc, logins_of_urls
from regrow.core.sandbox.network.learning import learn_hosts
from regrow.core.sandbox.network.settings import (
    Access,
    ClientDefaults,
    access_of,
    index_urls,
    parse_pip_config,
)
from regrow.core.sandbox.processes import run_program

__all__ = ["ask_clients", "certificate_bundle", "read_logins"]

_DEADLINE_S = 30.0
_PIP_DEFAULTS = "from pip._internal.models.index import PyPI; print(PyPI.simple_url); print(PyPI.file_storage_domain)"
_NPM_DEFAULTS = (
    "const d = require(process.argv[1] + '/node_modules/@npmcli/config/lib/definitions');"
    "console.log(d.definitions.registry.default)"
)
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


async def ask_clients(
    environment: Mapping[str, str], extra_hosts: Sequence[str] = (), *, offline: bool = False
) -> Access:
    """Return how rooms reach the registries that this machine's clients use.

    Args:
        environment: This process' own; names certificates, if anything does.
        extra_hosts: Further hosts that the operator's settings allow, by https.
        offline: Only this machine is asked, and no index.
    """
    answers: dict[str, str] = {}
    async with anyio.create_task_group() as group:
        group.start_soon(_ask_pip, answers)
        group.start_soon(_ask_npm, answers)
    index, files = (answers.get("pip defaults", "").split() + ["", ""])[:2]  # noqa: RUF005
    npm: dict[str, object] = {}
    with suppress(ValueError):
        npm = json.loads(answers.get("npm settings", "{}"))
    defaults = ClientDefaults(index or None, files or None, answers.get("npm default", "").strip() or None)
    pip = parse_pip_config(answers.get("pip settings", ""))
    certificates = await anyio.to_thread.run_sync(certificate_bundle, environment, pip.get("cert"))
    access = access_of(defaults, pip, npm, certificates, extra_hosts)
    shown = {path: target for path, target in access.read_only.items() if Path(path).exists()}
    logins = await anyio.to_thread.run_sync(read_logins, index_urls(defaults, pip), pip, npm, environment)
    learnt = () if offline else await learn_hosts(access.asked, certificates, logins)
    allowed = tuple(dict.fromkeys((*access.allowed, *learnt)))
    return replace(access, read_only=shown, allowed=allowed, logins=logins)


def read_logins(
    urls: Sequence[str], pip: Mapping[str, str], npm: Mapping[str, object], environment: Mapping[str, str]
) -> LogIns:
    """Return what this machine's clients log in with: pip's addresses, keyring and netrc, npm's files. Blocking."""
    entries = _netrc(environment)
    keyring = shutil.which("keyring") if pip.get("keyring-provider") == "subprocess" else None

    def from_netrc(host: str) -> tuple[str, str] | None:
        found = entries.authenticators(host) if entries is not None else None
        return (found[0] or "", found[2] or "") if found else None

    def from_keyring(url: str, user: str) -> str | None:
        if keyring is None:
            return None
        with suppress(OSError, subprocess.TimeoutExpired):
            asked = subprocess.run(
                [keyring, "get", url, user], capture_output=True, text=True, timeout=_DEADLINE_S, check=False
            )
            return asked.stdout.strip() if asked.returncode == 0 else None
        return None

    files = [Path(str(npm[key])) for key in ("userconfig", "globalconfig") if npm.get(key)]
    texts = [path.read_text("utf-8", "replace") for path in files if path.is_file() and os.access(path, os.R_OK)]
    return LogIns((*logins_of_urls(urls, from_netrc, from_keyring), *logins_of_npmrc(texts, environment)))


def _netrc(environment: Mapping[str, str]) -> netrc.netrc | None:
    names = (
        [Path(environment["NETRC"])] if environment.get("NETRC") else [Path.home() / ".netrc", Path.home() / "_netrc"]
    )
    for path in names:
        with suppress(OSError, netrc.NetrcParseError):
            return netrc.netrc(path)
    return None


def certificate_bundle(environment: Mapping[str, str], configured: str | None) -> str | None:
    """Return the file with the authorities that this machine trusts. Blocking."""
    candidates = (configured, environment.get("SSL_CERT_FILE"), environment.get("REQUESTS_CA_BUNDLE"), *_BUNDLES)
    return next((path for path in candidates if path and Path(path).is_file()), None)


async def _ask_pip(answers: dict[str, str]) -> None:
    python = sys.executable
    defaults = await _run([python, "-c", _PIP_DEFAULTS])
    if not defaults:
        # Our own environment may have been made without pip.
        python = shutil.which("python3") or python
        defaults = await _run([python, "-c", _PIP_DEFAULTS])
    answers["pip defaults"] = defaults
    answers["pip settings"] = await _run([python, "-m", "pip", "config", "list"])


async def _ask_npm(answers: dict[str, str]) -> None:
    npm = shutil.which("npm")
    if npm is None:
        return
    answers["npm settings"] = await _run([npm, "config", "list", "--json"])
    node = shutil.which("node")
    home = Path(npm).resolve().parent.parent
    if node is not None and (home / "node_modules").is_dir():
        answers["npm default"] = await _run([node, "-e", _NPM_DEFAULTS, str(home)])


async def _run(argv: Sequence[str]) -> str:
    try:
        output = await run_program(argv, env=dict(os.environ), deadline_s=_DEADLINE_S)
    except (OSError, TimeoutError):
        return ""
    return output.text if output.exit_status == 0 else ""
