"""Shell: builds the trees of the traps, verifies each as a user would, and prints what came of it beside what is right."""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.verification_traps.listing import HOST_PORT, OUTSIDE, Trap, page_of, problem_of, read_traps

__all__ = ["Came", "build", "main", "verify"]

LIMIT_S = 400.0
"""For one project, its base root made and its packages fetched."""
BEFORE = "as it was\n"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one project; `problem` is "" when it is right."""

    trap: Trap
    problem: str
    verdict: str
    tests: int
    codes: str
    seconds: float


def build(trap: Trap, folder: Path, outside: Path, port: int) -> Path:
    """Make the project in a new folder; returns the target that is verified."""
    root = folder / trap.name
    root.mkdir(parents=True)

    def filled(text: str) -> str:
        return text.replace(OUTSIDE, str(outside)).replace(HOST_PORT, str(port))

    if trap.archive:
        path = folder / f"{trap.name}.{trap.archive}"
        with tarfile.open(path, "w:gz") as archive:
            for name, text in trap.files.items():
                data = filled(text).encode()
                entry = tarfile.TarInfo(name if name.startswith("..") else f"{trap.name}/{name}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return path
    for name, text in trap.files.items():
        _place(root, name).write_text(filled(text), "utf-8")
    for name, files in trap.wheels.items():
        _place(root, name).write_bytes(_wheel(Path(name).name, files))
    for name, target in trap.links.items():
        _place(root, name).symlink_to(filled(target))
    for name in trap.executable:
        (root / name).chmod(0o755)
    return root


def _place(root: Path, name: str) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    return root / name


def _wheel(name: str, files: Mapping[str, str]) -> bytes:
    """A wheel of pure modules, by its file name."""
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    whole = {
        **{path: text.removeprefix("\n") for path, text in files.items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: traps\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        f"{len(text.encode())}\n"
        for path, text in whole.items()
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as wheel:
        for path, text in {**whole, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            wheel.writestr(path, text)
    return data.getvalue()


def verify(trap: Trap, folder: Path, port: int) -> Came:
    """Build one project, verify it, and compare."""
    outside = folder / f"{trap.name}.outside"
    outside.parent.mkdir(parents=True, exist_ok=True)
    outside.write_text(BEFORE)
    target = build(trap, folder, outside, port)
    offline = [] if "registry" in trap.needs or "--network" in trap.arguments else ["--network", "none"]
    command = [
        sys.executable, "-c", "from regrow.cli.main import main; main()", "verify", str(target), "--memory", "none",
        "--run-dir", str(folder / f"{trap.name}.runs"), "--json", *offline, *trap.arguments,
    ]  # fmt: skip
    began_s = time.monotonic()
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LIMIT_S,
            env={**os.environ, **trap.environment, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        return Came(trap, f"no report: {error}", "none", 0, "", time.monotonic() - began_s)
    problem = problem_of(trap, report) or _left(trap, folder, outside)
    codes = ", ".join(dict.fromkeys(str(error["code"]) for error in report.get("errors") or ()))
    seconds = time.monotonic() - began_s
    return Came(trap, problem, report.get("verdict") or "none", report.get("testsRun") or 0, codes, seconds)


def _left(trap: Trap, folder: Path, outside: Path) -> str:
    """What the project has left on the host, though nothing may be."""
    if trap.untouched and (outside.read_text() != BEFORE or list(folder.parent.rglob("escaped.txt"))):
        return "it wrote to a file of the host"
    if not trap.leaves_no:
        return ""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if trap.leaves_no.encode() in words:
            return f"process {path.parent.name} is left"
    return ""


@contextmanager
def host_server() -> Iterator[int]:
    """A server of the host on its loopback; yields its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> int:
    """Verify the traps, print a table, and fail on any verdict that is not right."""
    parser = argparse.ArgumentParser(prog="run traps", description="Made-up projects with what is right about each.")
    parser.add_argument("--only", action="append", default=[], help="projects whose name holds this word; repeatable")
    parser.add_argument("--small", action="store_true", help="a few of each sort, none of which needs the network")
    parser.add_argument("--offline", action="store_true", help="those that need no network")
    parser.add_argument("--jobs", type=int, default=1, help="verifications at a time (default 1)")
    parser.add_argument(
        "--page", action="store_true", help="print the table of docs/verification_traps.md, run nothing"
    )
    parser.add_argument("--keep", type=Path, help="build the projects and keep their runs in this folder")
    options = parser.parse_args()
    traps = [
        each
        for each in read_traps()
        if (not options.only or any(word in each.name for word in options.only))
        and not (options.offline and "registry" in each.needs)
        and (each.small or not options.small)
    ]
    if options.page:
        print(page_of(traps), end="")
        return 0
    with tempfile.TemporaryDirectory(prefix="regrow-traps-") as own, host_server() as port:
        folder = options.keep or Path(own) / "projects"
        with ThreadPoolExecutor(options.jobs) as pool:
            all_came = []
            for came in pool.map(lambda trap: verify(trap, folder.absolute(), port), traps):
                all_came.append(came)
                print(_line(came), flush=True)
    wrong = [each for each in all_came if each.problem]
    passed = [each for each in wrong if each.verdict in ("pass", "healed") and each.verdict not in each.trap.verdict]
    deceivers = [each for each in all_came if each.trap.deceives]
    numbers = {number for each in all_came for number in each.trap.traps}
    print(
        f"{len(all_came)} projects of {len(numbers)} traps, {len(all_came) - len(wrong)} right; {len(deceivers)} deceive, "
        f"{sum(not each.problem for each in deceivers)} right; wrong passes: {len(passed)}"
    )
    return 1 if wrong or not all_came else 0


def _line(came: Came) -> str:
    expected = " or ".join(came.trap.verdict)
    numbers = ", ".join(map(str, came.trap.traps))
    got = f"{came.verdict}, {came.tests} tests" + (f", {came.codes}" if came.codes else "")
    right = f"NO: {came.problem}" if came.problem else "right"
    return f"{numbers:>8}  {came.trap.name:<34} {expected:<28} {got:<40} {came.seconds:5.1f} s  {right}"
