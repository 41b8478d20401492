"""Shell: runs inside a new room: checks what programs take for granted, prints one JSON object: name -> "" or what is wrong.

With the room's Python and nothing but the standard library. The first edition of our own measurements blamed a project for
a room in which localhost did not resolve (trap 28 of the survey).
"""

import getpass
import json
import locale
import os
import pty
import socket
import sys
import tempfile
import time


def check_loopback(family: int) -> str:
    """Connect to a socket that listens on localhost."""
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        server.listen(1)
        found = socket.getaddrinfo("localhost", server.getsockname()[1], family, socket.SOCK_STREAM)
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(5)
            client.connect(found[0][4])
    return ""


def check_loopback_4() -> str:
    return check_loopback(socket.AF_INET)


def check_loopback_6() -> str:
    return check_loopback(socket.AF_INET6)


def check_hostname() -> str:
    socket.getaddrinfo(socket.gethostname(), None)
    return ""


def check_user() -> str:
    name = getpass.getuser()
    if os.geteuid() == 0:
        return "runs as root"
    import pwd

    entry = pwd.getpwuid(os.geteuid())
    return "" if entry.pw_name == name else f"{name} is called {entry.pw_name} in passwd"


def check_home() -> str:
    with tempfile.NamedTemporaryFile(dir=os.path.expanduser("~")):
        return ""


def check_temporary() -> str:
    with tempfile.NamedTemporaryFile():
        return ""


def check_shared_memory() -> str:
    with tempfile.NamedTemporaryFile(dir="/dev/shm"):
        return ""


def check_terminal() -> str:
    for descriptor in pty.openpty():
        os.close(descriptor)
    return ""


def check_devices() -> str:
    with open("/dev/null", "wb") as null, open("/dev/urandom", "rb") as random:
        null.write(random.read(8))
    return ""


def check_processes() -> str:
    return "" if os.path.exists("/proc/self/status") else "/proc does not show this process"


def check_locale() -> str:
    locale.setlocale(locale.LC_ALL, "")
    encoding = locale.nl_langinfo(locale.CODESET)
    return "" if encoding.upper().replace("-", "") == "UTF8" else f"the encoding is {encoding}"


def check_clock() -> str:
    before = time.monotonic()
    # 2024-01-01: older than this program, so the clock is wrong.
    return "" if time.time() > 1_704_067_200 and time.monotonic() >= before else f"the clock says {time.time():.0f}"


def check_names() -> str:
    """Without network a name must be refused at once, not after a minute."""
    before = time.monotonic()
    try:
        socket.getaddrinfo("host.invalid", 80)
    except OSError:
        took = time.monotonic() - before
        return "" if took < 5 else f"a name that is not there took {took:.0f} s"
    return "host.invalid has an address"


CHECKS = {
    "localhost over IPv4": check_loopback_4,
    "localhost over IPv6": check_loopback_6,
    "name of the machine": check_hostname,
    "user": check_user,
    "home": check_home,
    "temporary folder": check_temporary,
    "shared memory": check_shared_memory,
    "pseudo-terminal": check_terminal,
    "devices": check_devices,
    "processes": check_processes,
    "locale": check_locale,
    "clock": check_clock,
    "names without network": check_names,
}


def main() -> None:
    found = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check()
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
