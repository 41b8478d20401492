"""Takes secrets out of text before it is stored, shown or sent: by shape, by the name before them, by their value.

`redact` works on a whole text, `Redactor` on a stream in chunks; for any cut into chunks both give the same result,
because both work line by line (a carriage return ends a line too, as progress bars use it). A private key in PEM form
is the one thing that spans lines. What is taken out is replaced by `[redacted: KIND]`, so that a reader knows that
something stood there and of which kind; a second pass changes nothing.

Too much is as bad as too little here: error patterns are learned from this text. So lower-case names such as `token`
count only where a value is glued to them (`token=...`, `"password": "..."`), since `token: INDENT` is a parser's error.
Rejected: measuring entropy, which takes out commit ids and hashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from pydantic import BaseModel, JsonValue

__all__ = [
    "ALLOWED_ENVIRONMENT",
    "Redactor",
    "is_secret_name",
    "kept_environment",
    "redact",
    "redact_model",
    "secret_values",
]

M = TypeVar("M", bound=BaseModel)

LINE_LIMIT_CHARS: Final = 16_384
"""A longer line is cut, at a place where no word is, so that a stream without line ends needs bounded memory."""
CUT_SEARCH_CHARS: Final = 4_096
"""How far back from the limit such a place is looked for. Longer than any token below."""
PEM_LIMIT_LINES: Final = 400
"""A key of 16,384 bits has about 210 lines; without a limit one BEGIN line would hide all that follows."""
SHORTEST_VALUE_CHARS: Final = 8
"""Shorter values of secret variables are not searched for: `1` and `true` are everywhere."""

ALLOWED_ENVIRONMENT: Final = frozenset(
    {
        "CC", "CFLAGS", "CI", "COLUMNS", "CPPFLAGS", "CXX", "CXXFLAGS", "HOME", "LANG", "LANGUAGE", "LDFLAGS", "LINES",
        "LOGNAME", "MAKEFLAGS", "NODE_ENV", "NO_COLOR", "PATH", "PKG_CONFIG_PATH", "PWD", "PYTHONDONTWRITEBYTECODE",
        "PYTHONHASHSEED", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONUTF8", "SHELL", "SOURCE_DATE_EPOCH", "TEMP", "TERM",
        "TMP", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
    }
)  # fmt: skip
"""Names of variables that may be kept; `LC_*` too. Their values are redacted all the same."""

_SECRET_WORDS = (
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSWRD|PWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY"
    r"|CREDENTIALS?|AUTH|COOKIE|DSN|WEBHOOK"
)
_SECRET_NAME = re.compile(rf"(?:^|_)(?:{_SECRET_WORDS})S?(?:$|_|\d)", re.IGNORECASE)
_NOT_SECRET_NAMES = frozenset({"PWD", "OLDPWD", "SSH_AUTH_SOCK"})

# Names are walked once from where they begin, with possessive quantifiers: a project may print names of any length, and
# a pattern that looks for the secret's word from every place of a name takes minutes for a hostile line.
# A value that is no secret: nothing, a reference to a variable, a placeholder, or what an earlier pass put there.
_NOT_A_VALUE = r"(?!\[redacted: |\$|<|\{\{|\*\*\*|%|(?:None|null|true|false|True|False)\b)"
_SHAPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("url credentials", re.compile(r"(?<=://)(?!\[redacted: )[^\s/@:'\"<>]*:(?!\[redacted: )[^\s/@'\"<>]+(?=@)")),
    ("url credentials", re.compile(r"(?<=https://)(?!\[redacted: )[A-Za-z0-9_%.-]{16,}(?=@)")),
    ("token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,255}|\bgithub_pat_[A-Za-z0-9_]{22,255}")),
    ("token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bhf_[A-Za-z0-9]{30,}")),
    ("token", re.compile(r"\bnpm_[A-Za-z0-9]{36,}|\bpypi-[A-Za-z0-9_-]{64,}|\bdop_v1_[a-f0-9]{64}")),
    ("key", re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}")),
    ("key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}")),
    ("token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")),
    ("authorization", re.compile(
        rf"(?i)(?<![\w-])(?P<keep>(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|token|digest)\s+)?{_NOT_A_VALUE}[^\s\"',;]+")),
    ("authorization", re.compile(r"\b(?P<keep>Bearer\s+)(?!\[redacted: )[A-Za-z0-9._~+/=-]{16,}")),
    ("cookie", re.compile(r"(?i)(?<![\w-])(?P<keep>(?:set-)?cookie:\s*)(?!\[redacted: )\S[^\r\n]*")),
    ("secret", re.compile(
        rf"(?<![A-Za-z0-9_])(?P<keep>(?=[A-Z])(?=(?:[A-Z0-9]++_)*?(?:{_SECRET_WORDS})S?(?![A-Z0-9]))[A-Z0-9_]++[\"']?\s*+[=:]\s*+)"
        rf"{_NOT_A_VALUE}(?:\"{_NOT_A_VALUE}[^\"\r\n]+\"|'(?!\[redacted: )[^'\r\n]+'|[^\s\"',;&]+)")),
    ("secret", re.compile(
        r"(?i)(?<![A-Za-z0-9_-])(?P<keep>[_-]*+(?:[a-z0-9]++[_-]++)*?(?:auth_?token|(?<=_)auth|token|secret|password|passwd|passphrase"
        rf"|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret)(?:\"\s*:\s*\"|'\s*:\s*'|=[\"']?)){_NOT_A_VALUE}"
        r"[^\s\"',;&()\[\]{}]{6,}")),
    ("secret", re.compile(
        rf"(?<!\S)(?P<keep>--(?:[a-z0-9]+-)*(?:token|secret|password|passwd|api-key)\s+)(?!-){_NOT_A_VALUE}[^\s\"',;]{{6,}}")),
)  # fmt: skip
_HINTS = re.compile(
    r"(?i)://|gh[pousr]_|github_pat_|glpat-|xox|hf_|npm_|pypi-|dop_v1_|A[KSBC][ICA]A|AIza|[rs]k[_-]|eyJ|auth|bearer|cookie"
    r"|token|secret|passw|passphrase|pwd|key|credential|dsn|webhook"
)
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CUT = re.compile(r"[\s\"',;&<>(){}\[\]]")
_PEM_MARK = "[redacted: private key]"


class Redactor:
    """Redacts a stream of text.

    Args:
        values: Values to take out wherever they stand (see `secret_values`).

    >>> redactor = Redactor()
    >>> redactor.feed("export API_TO") + redactor.feed("KEN=abcd1234\\nok") + redactor.finish()
    'export API_TOKEN=[redacted: secret]\\nok'
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        parts = {part for value in values for part in value.splitlines() if len(part) >= SHORTEST_VALUE_CHARS}
        self._values = re.compile("|".join(map(re.escape, sorted(parts, key=len, reverse=True)))) if parts else None
        self._held = ""
        self._pem_lines = 0

    def feed(self, chunk: str) -> str:
        """Take a chunk and give all lines that are complete, redacted."""
        self._held += chunk
        lines: list[str] = []
        rest = 0
        for end in _LINE_END.finditer(self._held):
            if end[0] == "\r" and end.end() == len(self._held):
                break  # Perhaps the first half of a CR LF.
            lines.extend(self._pieces(self._held[rest : end.end()]))
            rest = end.end()
        self._held = self._held[rest:]
        while len(self._held) > LINE_LIMIT_CHARS:
            cut = _cut(self._held)
            lines.append(self._held[:cut])
            self._held = self._held[cut:]
        return "".join(map(self._line, lines))

    def finish(self) -> str:
        """Give what was held back, redacted. The stream ends here."""
        held, self._held = self._held, ""
        return "".join(map(self._line, self._pieces(held)))

    def _pieces(self, line: str) -> Iterator[str]:
        """Cut a line as `feed` cuts it when it comes in pieces, so that the result hangs on the text alone."""
        while len(line.rstrip("\r\n")) > LINE_LIMIT_CHARS:
            cut = _cut(line)
            yield line[:cut]
            line = line[cut:]
        if line:
            yield line

    def _line(self, line: str) -> str:
        if self._pem_lines:
            return self._inside_pem(line)
        begin = _PEM_BEGIN.search(line)
        if begin:
            before = self._plain(line[: begin.start()]) + _PEM_MARK
            end = _PEM_END.search(line, begin.end())
            if end:  # A whole key on one line, with "\n" written as two characters.
                return before + self._plain(line[end.end() :])
            self._pem_lines = 1
            return before + line[len(line.rstrip("\r\n")) :]
        return self._plain(line)

    def _inside_pem(self, line: str) -> str:
        self._pem_lines += 1
        end = _PEM_END.search(line)
        if end:
            self._pem_lines = 0
            return self._plain(line[end.end() :].lstrip("\r\n"))
        if self._pem_lines > PEM_LIMIT_LINES:
            self._pem_lines = 0
        return ""

    def _plain(self, text: str) -> str:
        if self._values is not None:
            text = self._values.sub("[redacted: secret]", text)
        if not _HINTS.search(text):
            return text
        for kind, shape in _SHAPES:
            keep = r"\g<keep>" if "keep" in shape.groupindex else ""
            text = shape.sub(f"{keep}[redacted: {kind}]", text)
        return text


def redact_model(model: M, values: Iterable[str] = ()) -> M:
    """Return the model with every text in it redacted, however deep; keys and numbers stay.

    Text is redacted piece by piece: in a whole file of JSON, a quote that belongs to the value would go with the secret.
    """
    return type(model).model_validate(_redacted(model.model_dump(mode="json", by_alias=True), tuple(values)))


def _redacted(value: JsonValue, values: tuple[str, ...]) -> JsonValue:
    match value:
        case str():
            return redact(value, values)
        case list():
            return [_redacted(one, values) for one in value]
        case dict():
            return {key: _redacted(one, values) for key, one in value.items()}
        case _:
            return value


def redact(text: str, values: Iterable[str] = ()) -> str:
    """Take the secrets out of a whole text.

    >>> redact("git clone https://me:hunter2@example.org/x.git")
    'git clone https://[redacted: url credentials]@example.org/x.git'
    """
    redactor = Redactor(values)
    return redactor.feed(text) + redactor.finish()


def is_secret_name(name: str) -> bool:
    """Whether the value of a variable of this name is a secret.

    >>> is_secret_name("AWS_SECRET_ACCESS_KEY"), is_secret_name("PWD"), is_secret_name("KEYBOARD")
    (True, False, False)
    """
    return name not in _NOT_SECRET_NAMES and _SECRET_NAME.search(name) is not None


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values that must not appear anywhere: those of variables with a secret's name, if they are long enough."""
    return tuple(
        value for name, value in environment.items() if is_secret_name(name) and len(value) >= SHORTEST_VALUE_CHARS
    )


def kept_environment(environment: Mapping[str, str], allowed: Iterable[str] = ALLOWED_ENVIRONMENT) -> dict[str, str]:
    """The part of an environment that may be stored: allowed names only, values redacted."""
    names = frozenset(allowed)
    values = secret_values(environment)
    return {
        name: redact(value, values)
        for name, value in sorted(environment.items())
        if (name in names or name.startswith("LC_")) and not is_secret_name(name)
    }


def _cut(line: str) -> int:
    """Where a line that is too long is cut: behind the last separator before the limit, else at the limit."""
    for position in range(LINE_LIMIT_CHARS, LINE_LIMIT_CHARS - CUT_SEARCH_CHARS, -1):
        if _CUT.match(line, position - 1):
            return position
    return LINE_LIMIT_CHARS
