"""What a module is that an output says cannot be imported: the project's own, one of the language, or another's.

Only another's may be had from an index, and only when the project's files import it: a name that stands nowhere but in an
output, the name of one of the project's files or folders, and a name that every project has one of (`utils`, `helpers`)
may belong to a stranger there (trap 44). Pure; files are searched, not run.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from regrow.core.failure_signatures import FailureClass, failure_signs
from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence.model import Evidence, MissingModule, Origin, place_of
from regrow.core.project.file_tree import FileTree
from regrow.protocols.documents import DocRef, Ecosystem

__all__ = ["distribution_of", "missing_modules", "node_package", "with_missing"]

_DISTRIBUTIONS = {
    "allauth": "django-allauth", "attr": "attrs", "bson": "pymongo", "cairo": "pycairo", "crispy_forms":
    "django-crispy-forms", "django_filters": "django-filter", "dns": "dnspython", "factory": "factory-boy", "guardian":
    "django-guardian", "import_export": "django-import-export", "model_utils": "django-model-utils", "mptt": "django-mptt",
    "multipart": "python-multipart", "pythonjsonlogger": "python-json-logger", "pyximport": "cython", "storages":
    "django-storages", "taggit": "django-taggit", "xmlrunner": "unittest-xml-reporting", "bs4": "beautifulsoup4",
    "corsheaders": "django-cors-headers", "cv2": "opencv-python",
    "crypto": "pycryptodome", "cryptodome": "pycryptodomex", "dateutil": "python-dateutil", "debug_toolbar":
    "django-debug-toolbar", "discord": "discord.py", "docx": "python-docx", "dotenv": "python-dotenv",
    "environ": "django-environ", "fitz": "pymupdf", "gi": "pygobject", "git": "gitpython", "github": "pygithub",
    "hamcrest": "pyhamcrest", "jose": "python-jose", "jwt": "pyjwt", "kafka": "kafka-python", "ldap": "python-ldap",
    "magic": "python-magic", "markdown_it": "markdown-it-py", "memcache": "python-memcached",
    "mpl_toolkits": "matplotlib", "mysqldb": "mysqlclient", "nacl": "pynacl", "opengl": "pyopengl",
    "openssl": "pyopenssl", "pil": "pillow", "pkg_resources": "setuptools", "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary", "pylab": "matplotlib", "rest_framework": "djangorestframework",
    "ruamel": "ruamel.yaml", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "slugify": "python-slugify", "snappy": "python-snappy", "socks": "pysocks", "telegram": "python-telegram-bot",
    "tlz": "toolz", "usb": "pyusb", "websocket": "websocket-client", "wx": "wxpython", "xlib": "python-xlib",
    "yaml": "pyyaml", "zmq": "pyzmq", "zope": "zope.interface", "google": "", "azure": "",
}  # fmt: skip
"""Module in lower case -> the distribution that has it, where the names differ; empty where many have a part of it."""

_EVERYBODYS = frozenset(
    "app apps base common compat conf config conftest constants core data db exceptions fixtures helper helpers lib "
    "local local_settings main mocks models server settings src test test_utils testing tests testutils "
    "tools types util utils version".split()
)
_REMOVED = frozenset("asynchat asyncore binhex distutils formatter imp parser smtpd symbol".split())
_NODE_BUILTIN = frozenset(
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain "
    "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl "
    "sqlite stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib".split()
)
_LIMIT_FILES = 2_000
_LIMIT_BYTES = 200_000
_SOURCES = {Ecosystem.PYTHON: (".py", ".pyx"), Ecosystem.NODE: (".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".mts")}


def with_missing(tree: FileTree, evidence: Evidence, output: str) -> Evidence:
    """The evidence with what a failed step could not import."""
    return replace(evidence, missing=missing_modules(tree, evidence, output))


def distribution_of(module: str) -> str:
    """The distribution that has a top-level module of Python; empty when it cannot be told.

    >>> distribution_of("yaml"), distribution_of("idna"), distribution_of("google")
    ('pyyaml', 'idna', '')
    """
    return package_name(_DISTRIBUTIONS.get(module.lower(), module))


def node_package(name: str) -> str:
    """The package of a Node module name; empty for a path, an alias or an import of the package itself (`#x`).

    >>> node_package("lodash/fp"), node_package("@a/b/c"), node_package("@/x"), node_package("~/x"), node_package("C:x")
    ('lodash', '@a/b', '', '', '')
    """
    match = re.match(r"@[a-z0-9][\w.-]*/[a-z0-9][\w.-]*|[a-z0-9][\w.-]*(?=/|$)", name)
    return match.group() if match else ""


def missing_modules(tree: FileTree, evidence: Evidence, output: str) -> tuple[MissingModule, ...]:
    """What an output says cannot be imported, in its order, each once."""
    found: dict[str, MissingModule] = {}
    for sign in failure_signs(output):
        if sign.kind is FailureClass.MISSING_MODULE and evidence.ecosystem is Ecosystem.PYTHON:
            name = sign.subject.strip(".").split(".")[0]
            found.setdefault(name, _python(tree, evidence, name, dotted="." in sign.subject))
        elif sign.kind is FailureClass.MISSING_NODE_MODULE and evidence.ecosystem is Ecosystem.NODE:
            name = node_package(sign.subject) or sign.subject
            found.setdefault(name, _node(tree, evidence, name))
    return tuple(found.values())


def _python(tree: FileTree, evidence: Evidence, name: str, *, dotted: bool) -> MissingModule:
    importer = _importer(tree, Ecosystem.PYTHON, rf"^[ \t]*(?:import|from)[ \t]+{re.escape(name)}\b")
    own = _own_modules(tree) | {package.lower() for package in evidence.packages}
    if name.lower() in own or package_name(name) == package_name(evidence.name):
        return MissingModule(name, Origin.OWN, "", importer)
    if name in sys.stdlib_module_names or name in _REMOVED:
        return MissingModule(name, Origin.LANGUAGE, "", importer)
    # Python names the whole path when it has found the parent: what is installed is another version of it.
    known = not (dotted or name.startswith("_") or name.lower() in _EVERYBODYS) and importer is not None
    distribution = distribution_of(name) if known else ""
    return MissingModule(name, Origin.FOREIGN, distribution, importer, _names(tree, distribution))


def _names(tree: FileTree, distribution: str) -> bool:
    """Whether the metadata of a Python project names a distribution anywhere."""
    if not distribution:
        return False
    spelt = re.sub(r"[-_.]+", "[-_.]+", re.escape(distribution).replace("\\-", "-"))
    texts = [tree.text(file) or "" for file in ("pyproject.toml", "setup.cfg", "setup.py")]
    return any(re.search(rf"(?im)(?:^\s*|['\"]){spelt}\s*(?:[\[<>=!~;,'\"]|$)", text) for text in texts)


def _own_modules(tree: FileTree) -> set[str]:
    """Every name under which a file or folder of the project may have been meant, in lower case."""
    files = [path for path in tree.files if path.endswith((".py", ".pyx", ".pyi", ".so", ".c", ".cpp", ".rs"))]
    stems = {path.rpartition("/")[2].partition(".")[0] for path in files}
    return {part.lower() for part in stems | {part for path in files for part in path.split("/")[:-1]}}


def _node(tree: FileTree, evidence: Evidence, name: str) -> MissingModule:
    package = node_package(name)
    importer = _importer(
        tree, Ecosystem.NODE, rf"(?:require\(|import\(|from|import)\s*['\"]{re.escape(name)}(?:/[^'\"]*)?['\"]"
    )
    folder = any(path.startswith(f"{name}/") for path in tree.files)
    own = not package or package == evidence.name or folder or tree.has(f"{name}.js")
    if own:
        return MissingModule(name, Origin.OWN, "", importer)
    if package in _NODE_BUILTIN:
        return MissingModule(name, Origin.LANGUAGE, "", importer)
    known = importer is not None and package.lower() not in _EVERYBODYS and package not in _declared(tree)
    return MissingModule(name, Origin.FOREIGN, package if known else "", importer)


def _declared(tree: FileTree) -> set[str]:
    """What package.json installs by itself: to install it by name would hide what is wrong."""
    try:
        data = json.loads(tree.text("package.json") or "{}")
    except json.JSONDecodeError:
        return set()
    tables = [data.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies")]
    return {name for table in tables if isinstance(table, dict) for name in table}


def _importer(tree: FileTree, ecosystem: Ecosystem, pattern: str) -> DocRef | None:
    """The first line that imports it: of the project before that of its tests, which import much of the world."""
    compiled = re.compile(pattern, re.MULTILINE)
    for path in _sources(tree, ecosystem):
        text = tree.text(path, _LIMIT_BYTES)
        if text is not None and (match := compiled.search(text)):
            return place_of(path, text, match.group().strip(), text.count("\n", 0, match.start()))
    return None


def _sources(tree: FileTree, ecosystem: Ecosystem) -> Iterator[str]:
    paths = [path for path in sorted(tree.files) if path.endswith(_SOURCES[ecosystem])]
    yield from sorted(paths, key=lambda path: re.search(r"(?i)test|spec|example|docs?/", path) is not None)[
        :_LIMIT_FILES
    ]
