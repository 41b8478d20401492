"""Says which of the tests that the source came with a build has changed or removed. Pure but for `read`.

What is tested then is not what was shipped. New files are no matter: builds write many.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable

from regrow.protocols.run_messages import CheckKind, CheckOutcome

__all__ = ["shipped_tests", "test_files"]

FILES_LIMIT = 4000
_NAME = re.compile(
    r"(?:^|/)(?:tests?|testing|spec|t|__tests__)/(?:.*/)?[^/]+\.(?:py|js|mjs|cjs|ts|tsx|rb|pl|t|php|lua|go|rs|sh)$"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|[^/]*[-.](?:test|spec)|tests?)\.(?:py|js|mjs|cjs|ts|tsx|rb|pl|go|rs|c|cc|cpp|sh)$"
)
_NAMED = 5


def test_files(paths: Iterable[str]) -> tuple[str, ...]:
    """The files of a source that hold tests, by their names.

    >>> test_files(["test_a.py", "demo.py", "tests/unit/b.js", "tests/data.json", "src/latest.py"])
    ('test_a.py', 'tests/unit/b.js')
    """
    return tuple(path for path in paths if _NAME.search(path))[:FILES_LIMIT]


test_files.__test__ = False  # type: ignore[attr-defined]  # pytest would collect a function of this name


async def shipped_tests(digests: dict[str, str], read: Callable[[str], Awaitable[bytes | None]]) -> CheckOutcome | None:
    """Compare the tests with those that were shipped; None when there are none.

    Args:
        digests: File of a test -> SHA-256 of it as it came.
        read: Gives a file as the tests found it, None when it is gone.
    """
    changed: list[str] = []
    for path, digest in digests.items():
        now = await read(path)
        if now is None:
            changed.append(f"{path} was removed")
        elif hashlib.sha256(now).hexdigest() != digest:
            changed.append(f"{path} was changed")
    if not digests:
        return None
    more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
    detail = "; ".join(changed[:_NAMED]) + more + (" by the steps before the tests" if changed else "")
    return CheckOutcome(
        kind=CheckKind.TESTED_COPY, name="the tests are those of the source", passed=not changed, detail=detail
    )
