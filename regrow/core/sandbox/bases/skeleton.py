"""What every room has whatever its base: folders, users, names. The files that maintainer scripts would have written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from regrow.core.sandbox.arguments import GUEST_ID
from regrow.core.sandbox.values import ROOM_HOME, ROOM_USER

__all__ = ["ETC_FILES", "FOLDERS", "STICKY"]

FOLDERS: Final = (
    "usr",
    "etc/ssl/certs",
    "proc",
    "dev",
    "sys",
    "run/lock",
    "run/regrow/tools",
    "run/regrow/proxy",
    "tmp",
    "var/tmp",
    "var/lib",
    "var/cache",
    "var/log",
    "mnt",
    "media",
    "opt",
    "srv",
    "root",
    "build/checkout",
    "home/builder",
)
"""Mount points among them: a folder that is there already need not be made in each writable layer."""

STICKY: Final = ("tmp", "var/tmp", "run/lock")
"""Folders in which everybody may write, and remove only what is theirs."""

ETC_FILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "passwd": (
            "root:x:0:0:root:/root:/bin/bash\n"
            "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
            f"{ROOM_USER}:x:{GUEST_ID}:{GUEST_ID}:{ROOM_USER}:{ROOM_HOME}:/bin/bash\n"
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        ),
        "group": (
            "root:x:0:\ndaemon:x:1:\ntty:x:5:\nstaff:x:50:\nusers:x:100:\n"
            f"{ROOM_USER}:x:{GUEST_ID}:\nnogroup:x:65534:\n"
        ),
        # Trap 28: with a wrong hosts file, localhost did not resolve and a project was blamed for it.
        "hosts": "127.0.0.1 localhost room\n::1 localhost ip6-localhost ip6-loopback\n",
        "hostname": "room\n",
        "resolv.conf": "",
        "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n",
        "machine-id": "",
        "shells": "/bin/sh\n/bin/bash\n",
    }
)
"""Name below /etc -> text."""
