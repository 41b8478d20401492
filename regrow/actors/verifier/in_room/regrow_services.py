"""Shell: runs inside the room: starts the servers that the documents start, waits until they listen, and stops them.

As a program it runs a step beside its servers: `REGROW_SPEC` (base64 of deflated JSON) holds the servers' scripts and the
step's own, whose exit status it has. The room has a network of its own, so a port here is nobody else's; and nothing in it
outlives the command, so a server that leaves its group still ends with the room.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from typing import IO, Any, Dict, List, Optional, Set

LISTENS = "0A"
"""The state of a socket that listens, in /proc/net/tcp (include/net/tcp_states.h)."""
LOOK_S = 0.05
STOP_S = 3.0
BACKGROUND_S = 5.0
"""How long a server that went into the background has to listen."""
TAIL = 2000


def read_spec() -> Dict[str, Any]:
    """What is to be done; taken out of the environment, so that no child sees it."""
    packed = os.environ.pop("REGROW_SPEC")
    found = json.loads(zlib.decompress(base64.b64decode(packed)).decode("utf-8"))
    assert isinstance(found, dict)
    return found


def listening() -> Set[int]:
    """The TCP ports of the room that somebody listens on."""
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        ports.update(int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == LISTENS)
    return ports


class Service:
    """One server. `port` is the one that it listens on, None until it does."""

    def __init__(self, script: str, wanted: Optional[int], output: str) -> None:
        self.wanted = wanted
        self.output = output
        self.port: Optional[int] = None
        self.others: Set[int] = set()
        self._before = listening()
        self._file: IO[bytes] = open(output, "wb")  # noqa: SIM115 - closed when it is stopped
        self._process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def exit_code(self) -> Optional[int]:
        return self._process.poll()

    def await_port(self, limit_s: float) -> bool:
        """Wait until it listens: on the port that is known, else on any that is new."""
        until = time.monotonic() + limit_s
        gone = False
        while time.monotonic() < until:
            new = listening() - self._before
            self.others = new
            if self.wanted in new:
                self.port = self.wanted
                return True
            if new and self.wanted is None:
                self.port = min(new)
                return True
            if self.exit_code not in (None, 0) and not new:
                return False
            if self.exit_code == 0 and not gone:
                gone = True  # Into the background; or it was no server.
                until = min(until, time.monotonic() + BACKGROUND_S)
            time.sleep(LOOK_S)
        return False

    def said(self) -> str:
        """The end of what it printed."""
        try:
            with open(self.output, "rb") as file:
                return file.read()[-TAIL:].decode("utf-8", "replace")
        except OSError:
            return ""

    def stop(self) -> None:
        """End its whole group: asked first, then killed."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except (ProcessLookupError, PermissionError):
                break
            until = time.monotonic() + STOP_S
            while self._process.poll() is None and time.monotonic() < until:
                time.sleep(LOOK_S)
            if number == signal.SIGTERM and self._process.poll() is not None:
                continue  # Its children may be there still.
        self._process.poll()
        self._file.close()

    def told(self) -> Dict[str, Any]:
        """What became of it."""
        return {
            "port": self.port,
            "listens": sorted(self.others),
            "exit": self.exit_code,
            "output": self.said(),
        }


def main() -> int:
    """Run a step beside its servers."""
    spec = read_spec()
    services: List[Service] = []
    report: List[Dict[str, Any]] = []
    folder = spec["folder"]
    os.makedirs(folder, exist_ok=True)
    try:
        for number, each in enumerate(spec["servers"]):
            service = Service(each["script"], each.get("port"), os.path.join(folder, "service-%d.log" % number))
            services.append(service)
            ready = service.await_port(each["limit_s"])
            report.append({"ready": ready, **service.told()})
        ended = subprocess.call(["bash", "-o", "pipefail", "-c", spec["script"]])
    finally:
        for service, row in zip(services, report):  # noqa: B905 - any Python 3 must be able to read it
            row["alive"] = service.exit_code is None
            row["output"] = service.said()
        for service in reversed(services):
            service.stop()
        with open(os.path.join(folder, "services.json"), "w") as file:
            json.dump(report, file)
    return ended if ended >= 0 else 128 - ended


if __name__ == "__main__":
    sys.exit(main())
