"""Which distribution has a plugin of pytest, as data."""

from __future__ import annotations

__all__ = ["PLUGINS", "plugin_of"]

PLUGINS = {
    "--cov": "pytest-cov",
    "--cov-report": "pytest-cov",
    "--cov-config": "pytest-cov",
    "-n": "pytest-xdist",
    "--numprocesses": "pytest-xdist",
    "--timeout": "pytest-timeout",
    "--benchmark-disable": "pytest-benchmark",
    "--benchmark-skip": "pytest-benchmark",
    "--flake8": "pytest-flake8",
    "--mypy": "pytest-mypy",
    "--ruff": "pytest-ruff",
    "--black": "pytest-black",
    "--asyncio-mode": "pytest-asyncio",
    "--reruns": "pytest-rerunfailures",
    "--doctest-plus": "pytest-doctestplus",
    "--doctest-modules-plus": "pytest-doctestplus",
    "--randomly-seed": "pytest-randomly",
    "--django-debug-mode": "pytest-django",
    "--ds": "pytest-django",
    "--nomigrations": "pytest-django",
    "--no-migrations": "pytest-django",
    "--reuse-db": "pytest-django",
    "--create-db": "pytest-django",
    "--forked": "pytest-forked",
    "--html": "pytest-html",
    "--snapshot-update": "syrupy",
    "--count": "pytest-repeat",
    "mocker": "pytest-mock",
    "benchmark": "pytest-benchmark",
    "httpserver": "pytest-httpserver",
    "requests_mock": "requests-mock",
    "snapshot": "syrupy",
    "freezer": "pytest-freezer",
    "httpbin": "pytest-httpbin",
    "aiohttp_client": "pytest-aiohttp",
    "subtests": "pytest-subtests",
    "faker": "faker",
    "event_loop": "pytest-asyncio",
    "datadir": "pytest-datadir",
    "lazy_fixture": "pytest-lazy-fixture",
    "respx_mock": "respx",
    "testdir": "pytest",
    "asyncio_mode": "pytest-asyncio",
    "timeout": "pytest-timeout",
    "asyncio": "pytest-asyncio",
    "django_db": "pytest-django",
    "trio_mode": "pytest-trio",
    "anyio": "anyio",
    "trio": "pytest-trio",
    "xdist_group": "pytest-xdist",
    "parametrize_with_cases": "pytest-cases",
    "mock": "pytest-mock",
}
"""Option, ini key, marker or fixture of a pytest plugin -> the distribution that has it. Public plugins, no project's
own.
"""

_FAMILIES = {
    "--arraydiff": "pytest-arraydiff",
    "--asyncio": "pytest-asyncio",
    "--benchmark": "pytest-benchmark",
    "--codspeed": "pytest-codspeed",
    "--cov": "pytest-cov",
    "--disable-socket": "pytest-socket",
    "--dist": "pytest-xdist",
    "--doctest-plus": "pytest-doctestplus",
    "--maxprocesses": "pytest-xdist",
    "--mpl": "pytest-mpl",
    "--mypy": "pytest-mypy",
    "--randomly": "pytest-randomly",
    "--remote-data": "pytest-remotedata",
    "--reruns": "pytest-rerunfailures",
    "--snapshot": "syrupy",
    "--timeout": "pytest-timeout",
    "asyncio_default": "pytest-asyncio",
}
"""What the options and settings of a plugin begin with, where it has several."""


def plugin_of(name: str) -> str:
    """The distribution that has an option, ini key, marker or fixture; empty when it is not known.

    >>> plugin_of("--cov-branch"), plugin_of("asyncio_default_fixture_loop_scope"), plugin_of("--frobnicate")
    ('pytest-cov', 'pytest-asyncio', '')
    """
    return PLUGINS.get(name) or next(
        (plugin for start, plugin in _FAMILIES.items() if name == start or name.startswith((f"{start}-", f"{start}_"))),
        "",
    )
