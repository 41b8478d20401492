"""What two builds of one source should not depend on, and the values that it is given. Pure.

The first build has everything as every room has it, with chance tamed (one seed for hashes, one processor). A varied one
has some of the aspects otherwise. The values are those that real machines have: a French locale, a time zone beyond the
date line, the umask of a careful user. The clock is a day and a half ahead, not a year: the certificates of the package
registries must stay valid for the steps that install.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from regrow.core.sandbox import CHECKOUT
from regrow.core.sandbox.values import ROOM_HOME, ROOM_USER
from regrow.core.workshop.workshop import WORK_FOLDER
from regrow.protocols.reproducibility import Aspect

__all__ = ["ALL", "LOCALE", "LOCALE_FOLDER", "Kit", "Surroundings", "possible", "surroundings"]

ALL = tuple(Aspect)

LOCALE = "fr_CH"
LOCALE_FOLDER = f"{WORK_FOLDER}/locale"
"""Where the locale is compiled to, in the room."""

CLOCK_AHEAD = "+36h"
_OTHER_FOLDERS = ("/build/elsewhere/the-project", "/build/a/third/place", "/build/p")
_OTHER_USERS = ("somebody", "third", "u4")
_ZONES = ("VAR-14", "VAR+11:30", "VAR-5:45")
"""POSIX spellings, which need no tzdata: hours to add to get UTC."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What the room has for varying. `clock` is the path of libfaketime in the room, "" where it cannot be had.

    Attributes:
        locale: Whether the French locale is there.
        order: Whether folders can be made to list their files in another order (overlays).
        processors: How many there are.
    """

    clock: str = ""
    locale: bool = False
    order: bool = True
    processors: int = 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Those of one build.

    Attributes:
        checkout, home, user: Of the room.
        environment: Added to each step's.
        umask: Of the steps, and of the copy of the source.
        fresh_times: Whether the files of the source were all written now, as a checkout gives; else they keep theirs.
        split: Whether the folders of the source list their files in another order.
        processors: How many the steps may use; 0 for all.
        clock: The path of libfaketime in the room, which sets the clock ahead; "" leaves it.
    """

    checkout: str = CHECKOUT
    home: str = ROOM_HOME
    user: str = ROOM_USER
    environment: Mapping[str, str] = field(default_factory=dict)
    umask: int = 0o022
    fresh_times: bool = False
    split: bool = False
    processors: int = 1
    clock: str = ""

    def script_before(self) -> str:
        """Lines of shell that come before each step's own."""
        lines = [f"umask {self.umask:04o}"]
        if self.clock:
            # Here, and not in the environment of the room: what makes the room belongs to another user, whose semaphores
            # libfaketime could not open afterwards.
            lines.append(
                f"export LD_PRELOAD={self.clock} FAKETIME={CLOCK_AHEAD} NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1"
            )
        if self.processors:
            lines.append(f"taskset -cp 0-{self.processors - 1} $$ >/dev/null 2>&1 || true")
        return "\n".join(lines) + "\n"

    def moved(self, command: str) -> str:
        """A command of the plan, as it reads in these surroundings."""
        return command.replace(CHECKOUT, self.checkout).replace(ROOM_HOME, self.home)


def possible(kit: Kit) -> tuple[Aspect, ...]:
    """The aspects that can be varied here."""
    without = {
        *((Aspect.LOCALE,) if not kit.locale else ()),
        *((Aspect.FILE_ORDER,) if not kit.order else ()),
        *((Aspect.JOBS,) if kit.processors < 2 else ()),
    }
    return tuple(aspect for aspect in ALL if aspect not in without)


def surroundings(
    varied: Collection[Aspect], kit: Kit, extra: Mapping[str, str] | None = None, number: int = 1
) -> Surroundings:
    """Return the surroundings of a build.

    Args:
        varied: What is otherwise than in the first build.
        kit: What there is for it.
        extra: Variables of every step, which win; `{checkout}` in them is where the project lies.
        number: Which of the other values; from 1 on.

    >>> surroundings((), Kit()).environment["PYTHONHASHSEED"], surroundings([Aspect.FOLDER], Kit()).checkout
    ('0', '/build/elsewhere/the-project')
    """
    pick = (number - 1) % len(_ZONES)
    seed = str(4242 + number) if Aspect.HASH_SEED in varied else "0"
    environment = {"PYTHONHASHSEED": seed, "PERL_HASH_SEED": seed}
    home, user = ROOM_HOME, ROOM_USER
    if Aspect.TIME_ZONE in varied:
        environment["TZ"] = _ZONES[pick]
    if Aspect.LOCALE in varied and kit.locale:
        name = f"{LOCALE}.UTF-8"
        environment |= {"LANG": name, "LC_ALL": name, "LANGUAGE": "fr", "LOCPATH": LOCALE_FOLDER}
    if Aspect.USER in varied:
        user = _OTHER_USERS[pick]
        home = f"/home/{user}"
    jobs = kit.processors if Aspect.JOBS in varied else 1
    if jobs > 1:
        environment |= {"MAKEFLAGS": f"-j{jobs}", "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs)}
    checkout = _OTHER_FOLDERS[pick] if Aspect.FOLDER in varied else CHECKOUT
    told = {name: text.replace("{checkout}", checkout) for name, text in (extra or {}).items()}
    return Surroundings(
        checkout=checkout,
        home=home,
        user=user,
        environment={**environment, "HOME": home, "USER": user, "LOGNAME": user, **told},
        umask=0o077 if Aspect.UMASK in varied else 0o022,
        fresh_times=Aspect.TIME in varied,
        split=Aspect.FILE_ORDER in varied and kit.order,
        processors=0 if jobs > 1 else 1,
        clock=kit.clock if Aspect.TIME in varied else "",
    )
