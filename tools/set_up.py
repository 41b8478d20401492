"""Shell: make or mend the virtual environment of a checkout; called by `./run` with nothing but the standard library.

One process installs at a time: the others wait for its lock and then find its stamp. A stamp is written last, so an
interrupted installation leaves none; it leaves the mark `regrow-installing` instead, and then the environment is made
anew, because a half-copied package looks like an installed one to pip. An environment that somebody else made (no stamp
and no mark) is installed into and never cleared.

Everything is said on the error output: the output belongs to the command that follows.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SETS = {
    # What `verify` and the other commands use, and the light extras that make them better. The extras for a daemon and
    # its stores are as big as all of this again: REGROW_EXTRAS adds them where they are wanted.
    "base": ("trio", "fast", "learn", "repair", "sbom"),
    "test": ("trio", "fast", "learn", "repair", "sbom", "test"),
}
"""The extras of pyproject.toml in each set of the environment."""

EXIT_UNAVAILABLE = 69
"""sysexits.h EX_UNAVAILABLE: something of the system is missing."""


def main() -> int:
    """Install the wanted set, unless another process has just done so."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("root", "venv", "set", "stamp"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--extras", default="")
    options = parser.parse_args()
    root, venv = Path(options.root), Path(options.venv)
    stamp = venv / f"regrow-{options.set}.stamp"
    try:
        venv.mkdir(parents=True, exist_ok=True)
        with installer_lock(venv):
            if stamp.exists() and stamp.read_text() == options.stamp + "\n":
                return 0
            return install(
                root, venv, [*SETS[options.set], *filter(None, options.extras.split(","))], stamp, options.stamp
            )
    except PermissionError as error:
        say(
            f"cannot write {error.filename}; give the environment a folder of yours: REGROW_VENV=/some/folder ./run ..."
        )
        return EXIT_UNAVAILABLE


@contextlib.contextmanager
def installer_lock(venv: Path) -> Iterator[None]:
    """Hold the right to change the environment. The kernel frees it when the holder dies, however it dies."""
    with (venv.parent / f"{venv.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another ./run is installing; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(root: Path, venv: Path, extras: list[str], stamp: Path, stamp_text: str) -> int:
    """Make the environment if need be, install into it, and stamp it."""
    started = time.monotonic()
    mark = venv / "regrow-installing"
    stale = mark.exists() or made_elsewhere(venv, stamp_text)
    say(
        f"setting up {venv} (once, about a minute){': the last installation was not finished' if mark.exists() else ''}"
    )
    python = venv / "bin" / "python"
    if stale or not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", *(["--clear"] if stale else []), str(venv)], check=False)
        if made.returncode:
            say(f"`{sys.executable} -m venv` failed; on Debian and Ubuntu: sudo apt-get install python3-venv")
            return EXIT_UNAVAILABLE
    for old in venv.glob("regrow-*.stamp"):
        old.unlink()
    mark.touch()
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]
    command += ["--editable", f"{root}[{','.join(extras)}]"]
    log = venv / "regrow-install.log"
    if run_pip([*command, "--constraint", str(root / "constraints.txt")], log):
        say("not every pinned version is to be had here; taking the newest that fit")
        if run_pip(command, log):
            say(f"pip could not install regrow; its last words (all of them are in {log}):")
            sys.stderr.write("".join(f"  {line}\n" for line in log.read_text(errors="replace").splitlines()[-15:]))
            say("is a package index within reach? `python3 -m pip config list` shows which one pip asks")
            return EXIT_UNAVAILABLE
    stamp.write_text(stamp_text + "\n")
    mark.unlink()
    say(f"ready after {time.monotonic() - started:.0f} s")
    return 0


def made_elsewhere(venv: Path, stamp_text: str) -> bool:
    """Whether the environment was stamped in another folder: its scripts and links point there.

    A stamp is `SUM BYTES EXTRAS ROOT`, the root after the third blank (it may hold blanks itself).
    """
    root = stamp_text.split(" ", 3)[3]
    return any(old.read_text().rstrip("\n").split(" ", 3)[3:] != [root] for old in venv.glob("regrow-*.stamp"))


def run_pip(command: list[str], log: Path) -> int:
    """Run pip, its output into the log, a word for each package onto the error output. Returns its exit code."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"):
        environment.pop(name, None)
    seen = 0
    with (
        log.open("w") as record,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True, errors="replace"
        ) as pip,
    ):
        assert pip.stdout is not None
        for line in pip.stdout:
            record.write(line)
            if line.startswith("Collecting "):
                seen += 1
                show(f"{seen:3} {re.split('[<>=~!;]', line.split()[1])[0]}")
            elif line.startswith(("Installing ", "Building ", "ERROR")):
                show(line.strip()[:100])
        clear()
    return pip.returncode


def show(text: str) -> None:
    """Show progress: one line that changes on a terminal, a line each elsewhere."""
    sys.stderr.write(f"\r\033[K  {text}" if sys.stderr.isatty() else f"  {text}\n")
    sys.stderr.flush()


def clear() -> None:
    """Remove the progress line of a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def say(text: str) -> None:
    """Say a sentence to the user."""
    sys.stderr.write(f"run: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("interrupted; the next ./run goes on")
        sys.exit(130)
