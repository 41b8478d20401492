"""The projects: what lies in them, how they are built, and the one cause that is to be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regrow.protocols.plan import Ecosystem
from regrow.protocols.reproducibility import DifferenceCause, PartKind

C = DifferenceCause


@dataclass(frozen=True)
class Project:
    """A project with a cause. `cause` None is for one whose builds are the same."""

    cause: DifferenceCause | None
    build: str
    files: Mapping[str, str]
    artefact: str
    kind: PartKind = PartKind.CONTENT
    ecosystem: Ecosystem = Ecosystem.C


_SOURCES = {f"part_{letter}.txt": f"{letter}\n" for letter in "abcdefgh"}
_HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'

PROJECTS: Mapping[str, Project] = {
    "time stamp": Project(
        C.TIME_STAMP,
        "make",
        {
            "Makefile": "hello: hello.c\n\tcc -o hello hello.c\n",
            "hello.c": '#include <stdio.h>\nint main(void) { puts("built " __DATE__ " " __TIME__); return 0; }\n',
        },
        "hello",
    ),
    "path": Project(
        C.PATH,
        "make",
        {
            "Makefile": "hello: hello.c\n\tcc -g $(CFLAGS) -o hello $(CURDIR)/hello.c\n",
            "hello.c": _HELLO,
        },
        "hello",
    ),
    "time zone": Project(
        C.TIME_ZONE, "make", {"Makefile": "zone.txt:\n\tdate -d @1000000000 +%H:%M > zone.txt\n"}, "zone.txt"
    ),
    "locale": Project(
        C.LOCALE,
        "make",
        {"Makefile": "list.txt:\n\tprintf 'B\\na\\nC\\n' | sort > list.txt\n"},
        "list.txt",
        PartKind.ORDER,
    ),
    "user": Project(
        C.USER, "make", {"Makefile": 'author.h:\n\techo "#define BUILT_BY \\"$$(id -un)\\"" > author.h\n'}, "author.h"
    ),
    "umask": Project(
        C.UMASK,
        "make",
        {
            "Makefile": "notes.zip: notes.txt\n\techo more > made.txt\n\tpython3 pack.py\n",
            "notes.txt": "notes\n",
            "pack.py": "import os, zipfile\n"
            "with zipfile.ZipFile('notes.zip', 'w') as file:\n"
            "    info = zipfile.ZipInfo('made.txt', (2000, 1, 1, 0, 0, 0))\n"
            "    info.external_attr = os.stat('made.txt').st_mode << 16\n"
            "    file.writestr(info, 'more')\n",
        },
        "notes.zip",
        PartKind.PERMISSIONS,
    ),
    "file order": Project(
        C.FILE_ORDER,
        "python3 join.py",
        {
            **{f"parts/{name}": text for name, text in _SOURCES.items()},
            "join.py": "import os\nwith open('all.txt', 'w') as out:\n"
            "    for name in os.listdir('parts'):\n        out.write(open('parts/' + name).read())\n",
        },
        "all.txt",
        PartKind.ORDER,
    ),
    "hash seed": Project(
        C.HASH_SEED,
        "python3 names.py",
        {"names.py": "open('names.txt', 'w').write(' '.join({'alpha', 'beta', 'gamma', 'delta', 'epsilon'}))\n"},
        "names.txt",
        PartKind.ORDER,
    ),
    "parallel order": Project(
        C.PARALLEL_ORDER,
        "make",
        {
            "Makefile": "all: one two\none:\n\tsleep 0.4; echo one >> order.txt\ntwo:\n\techo two >> order.txt\n",
        },
        "order.txt",
        PartKind.ORDER,
    ),
    "build id": Project(
        C.BUILD_ID,
        "make",
        {"Makefile": "hello: hello.c\n\tcc -Wl,--build-id=uuid -o hello hello.c\n", "hello.c": _HELLO},
        "hello",
    ),
    "random": Project(
        C.RANDOM, "make", {"Makefile": "id.txt:\n\thead -c 8 /dev/urandom | od -An -tx1 > id.txt\n"}, "id.txt"
    ),
    "tar of times": Project(
        C.TIME_STAMP,
        "make",
        {
            "Makefile": "all.tar.gz: notes.txt\n\ttar --owner=0 --group=0 --mode=644 -czf all.tar.gz notes.txt\n",
            "notes.txt": "notes\n",
        },
        "all.tar.gz",
        PartKind.TIME_STAMP,
    ),
    "nothing": Project(
        None,
        "make",
        {"Makefile": "hello: hello.c\n\tcc -o hello hello.c\n", "hello.c": _HELLO},
        "hello",
    ),
}
