"""Shell: runs inside the room: types what the documents show, calls their addresses, and writes down what came of it.

It judges nothing. Each thing that was done is a line of JSON, written when it is over, so that what a limit of the room cuts
off costs no more than the rest. Programs are typed into the shell that the build left: each group of commands gets a copy of
that shell's state, so that no group sees the `cd` of another.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any, Dict, List

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from regrow_services import Service, read_spec

BODY_LIMIT = 16 * 1024
OUTPUT_LIMIT = 16 * 1024
CALL_LIMIT_S = 10.0
HEADERS = ("Content-Type", "Location", "WWW-Authenticate")


class Notes:
    """The file that the lines go to."""

    def __init__(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._file = open(path, "a")  # noqa: SIM115 - open as long as the process

    def write(self, **fact: Any) -> None:
        """Add one line."""
        self._file.write(json.dumps(fact) + "\n")
        self._file.flush()


def typed(script: str, limit_s: float, path: str) -> Dict[str, Any]:
    """Run one script to its end, or to its limit; the end of its whole group either way."""
    began = time.monotonic()
    with open(path, "wb") as output:
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(limit_s)
        over = process.poll() is None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    with open(path, "rb") as output:
        text = output.read(OUTPUT_LIMIT + 1)
    return {
        "exit": None if over else code,
        "cut": len(text) > OUTPUT_LIMIT,
        "output": text[:OUTPUT_LIMIT].decode("utf-8", "replace"),
        "took_s": round(time.monotonic() - began, 3),
    }


def group(each: Dict[str, Any], spec: Dict[str, Any], notes: Notes, until: float) -> None:
    """Type the commands of one group, in order, into a copy of the shell that the build left."""
    state = each["state"]
    shutil.rmtree(state, ignore_errors=True)
    if os.path.isdir(spec["state"]):
        shutil.copytree(spec["state"], state)
    for path, text in each["files"].items():
        with open(path, "w") as file:
            file.write(text)
    for command in each["commands"]:
        left_s = until - time.monotonic()
        if left_s <= 0:
            return
        where = os.path.join(spec["folder"], "program")
        result = typed(command["script"], min(command["limit_s"], left_s), os.path.join(spec["folder"], "output"))
        try:
            with open(where) as file:
                program = file.read().strip()
            os.unlink(where)
        except OSError:
            program = ""
        notes.write(id=command["id"], program=program, **result)
        if result["exit"] is None:
            return


def call(port: int, each: Dict[str, Any], bare: bool) -> Dict[str, Any]:
    """Make one call; `bare` leaves out what proves who calls."""
    headers = dict(line.split(":", 1) for line in each["bare" if bare else "headers"])
    headers = {name.strip(): value.strip() for name, value in headers.items()}
    body = each["body"].encode("utf-8") if each.get("body") is not None else None
    wrong = ""
    for host in ("127.0.0.1", "::1"):
        connection = http.client.HTTPConnection(host, port, timeout=CALL_LIMIT_S)
        try:
            headers.setdefault("Host", "localhost:%d" % port)
            connection.request(each["method"], each["path"], body, headers)
            answer = connection.getresponse()
            return {
                "status": answer.status,
                "headers": {name: answer.getheader(name) for name in HEADERS if answer.getheader(name)},
                "body": answer.read(BODY_LIMIT).decode("utf-8", "replace"),
            }
        except ConnectionRefusedError as error:
            wrong = str(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return {"error": "%s: %s" % (type(error).__name__, error)}
        finally:
            connection.close()
    return {"error": wrong}


def serve(each: Dict[str, Any], number: int, spec: Dict[str, Any], notes: Notes, until: float) -> None:
    """Start one server, call its addresses, and stop it."""
    state = each["state"]
    shutil.rmtree(state, ignore_errors=True)
    if os.path.isdir(spec["state"]):
        shutil.copytree(spec["state"], state)
    service = Service(each["script"], each.get("port"), os.path.join(spec["folder"], "server-%d.log" % number))
    try:
        ready = service.await_port(min(each["limit_s"], max(0.0, until - time.monotonic())))
        notes.write(id=each["id"], ready=ready, **service.told())
        port = service.port or (min(service.others) if len(service.others) == 1 else None)
        for address in each["calls"] if port is not None else ():
            # A port that the documents name is the one that is called, whatever else is open.
            if time.monotonic() >= until:
                break
            result = call(address.get("port") or port, address, bare=False)
            if address["prove"] and "status" in result:
                result["without"] = call(address.get("port") or port, address, bare=True).get("status")
            notes.write(id=address["id"], alive=service.exit_code is None, **result)
    finally:
        service.stop()


def main() -> int:
    """Do all that is asked for, each with its own limit and all within one."""
    spec = read_spec()
    os.makedirs(spec["folder"], exist_ok=True)
    notes = Notes(spec["results"])
    until = time.monotonic() + spec["limit_s"]
    work: List[Any] = [(group, each, spec, notes, until) for each in spec["groups"]]
    work += [(serve, each, number, spec, notes, until) for number, each in enumerate(spec["servers"])]
    for do, *arguments in work:
        if time.monotonic() >= until:
            break
        do(*arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
