"""No secret survives, whatever the stream is cut into; what is no secret is left alone."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regrow.core.redaction import (
    CUT_SEARCH_CHARS,
    LINE_LIMIT_CHARS,
    PEM_LIMIT_LINES,
    Redactor,
    is_secret_name,
    kept_environment,
    redact,
    redact_model,
    secret_values,
)
from regrow.protocols.plan import Plan, PlanStep, StepPhase

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def token(length: int, letters: str = LETTERS) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=length, max_size=length + 20)


def said(before: str, secret: st.SearchStrategy[str], after: str = "") -> st.SearchStrategy[tuple[str, str]]:
    """Return a line with a secret in it, and the secret."""
    return secret.map(lambda value: (f"{before}{value}{after}", value))


def shaped(prefix: str, secret: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    """Return a token that its own beginning gives away, in a line, and the token."""
    return secret.map(lambda value: (f"using {prefix}{value} now", prefix + value))


SECRETS: dict[str, st.SearchStrategy[tuple[str, str]]] = {
    "url with a password": said("git clone https://me:", token(8), "@example.org/x.git"),
    "url with a token": said("git clone https://", token(20), "@example.org/x.git"),
    "github": st.sampled_from("pousr").flatmap(lambda kind: shaped(f"gh{kind}_", token(36))),
    "github, fine": shaped("github_pat_", token(40)),
    "gitlab": shaped("glpat-", token(20)),
    "slack": st.sampled_from("abeoprs").flatmap(lambda kind: shaped(f"xox{kind}-", token(24))),
    "hugging face": shaped("hf_", token(34)),
    "npm": shaped("npm_", token(36)),
    "pypi": shaped("pypi-", token(80)),
    "digital ocean": shaped("dop_v1_", st.text("abcdef0123456789", min_size=64, max_size=64)),
    "aws": st.sampled_from(["AKIA", "ASIA", "ABIA", "ACCA"]).flatmap(
        lambda prefix: shaped(prefix, st.text("ABCDEFGHIJ0123456789", min_size=16, max_size=16))
    ),
    "google": shaped("AIza", st.text(LETTERS, min_size=35, max_size=35)),
    "stripe": shaped("sk_live_", token(24)),
    "model": shaped("sk-proj-", token(40)),
    "jwt": st.tuples(token(12), token(12), token(12)).map(
        lambda parts: (f"got eyJ{parts[0]}.eyJ{parts[1]}.{parts[2]} back", f"eyJ{parts[0]}.eyJ{parts[1]}.{parts[2]}")
    ),
    "header": said("> Authorization: Basic ", token(16)),
    "bearer": said("curl -H 'X: Bearer ", token(20), "'"),
    "cookie": said("Set-Cookie: ", token(12), "; Path=/"),
    "variable": said("+ export MY_API_KEY=", token(8)),
    "quoted variable": said('DB_PASSWORD="', token(8), ' with spaces" make'),
    "assignment": said("password=", token(8)),
    "json": said('{"client_secret": "', token(8), '"}'),
    "option": said("deploy --api-key ", token(8)),
    "pem on one line": said("-----BEGIN RSA PRIVATE KEY-----", token(60), "-----END RSA PRIVATE KEY-----"),
    "pem": said("-----BEGIN PRIVATE KEY-----\n", token(64), "\n-----END PRIVATE KEY-----"),
}
PLAIN = [
    "Collecting six==1.16.0",
    "token: INDENT at line 3",
    "commit 7d3a9c5be0f2d4c7a91be13d0a5c2b7d9f10aa11",
    "sha256:582aee3b2f1cbb9f1b8f2e3dd1ae4a3c44e1a2d0ff5d1be92b3ca6a2c9ee0f31",
    "https://example.org/a/path?x=1#frag",
    "keyboard = KEYBOARD; monkey: banana",
    "test_password_is_hashed PASSED",
    'TOKEN="$TOKEN" ./run',
    "PWD",
    "def authorize(self) -> None:",
    "\x1b[32mok\x1b[0m \u2713 na\u00efve",
    "user@example.org: 3 files",
    "",
]


def in_chunks(text: str, cuts: list[int], values: tuple[str, ...] = ()) -> str:
    redactor = Redactor(values)
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return "".join([redactor.feed(text[begin:end]) for begin, end in pairwise(places)] + [redactor.finish()])


@pytest.mark.parametrize("kind", SECRETS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_no_secret_survives_whatever_it_is_cut_into(kind: str, data: st.DataObject) -> None:
    line, secret = data.draw(SECRETS[kind])
    before, after = data.draw(st.sampled_from(PLAIN)), data.draw(st.sampled_from(PLAIN))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join([before, line, after])
    told = in_chunks(text, data.draw(st.lists(st.integers(0, 10_000), max_size=12)))
    assert secret not in told
    assert told.startswith(before + end)
    assert told.endswith(after)
    assert "[redacted: " in told


@pytest.mark.parametrize("kind", SECRETS)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_each_cut_gives_what_the_whole_gives_and_twice_is_once(kind: str, data: st.DataObject) -> None:
    line, _ = data.draw(SECRETS[kind])
    text = "\n".join([data.draw(st.sampled_from(PLAIN)), line, line])
    whole = redact(text)
    assert in_chunks(text, list(range(len(text)))) == whole
    assert redact(whole) == whole


@given(st.lists(st.sampled_from(PLAIN)), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 10_000)))
@settings(deadline=None)
def test_what_is_no_secret_is_left_alone(lines: list[str], end: str, cuts: list[int]) -> None:
    text = end.join(lines)
    assert in_chunks(text, cuts) == text


@given(st.text(), st.lists(st.integers(0, 10_000), max_size=8))
@settings(deadline=None)
def test_any_text_may_be_cut_anywhere_and_redacted_twice(text: str, cuts: list[int]) -> None:
    whole = redact(text)
    assert in_chunks(text, cuts) == whole
    assert redact(whole) == whole


@given(
    st.text(LETTERS + "!$%&/()=?+*.^|\\", min_size=8, max_size=30).filter(lambda value: "[redacted" not in value),
    st.lists(st.integers(0, 10_000), max_size=12),
)
@settings(deadline=None)
def test_the_value_of_a_named_variable_is_gone_wherever_it_stands(value: str, cuts: list[int]) -> None:
    text = f"a line\nprinted:{value}, twice {value}\r{value}"
    told = in_chunks(text, cuts, secret_values({"DEPLOY_TOKEN": value, "SHELL": "/bin/bash"}))
    assert told == "a line\nprinted:[redacted: secret], twice [redacted: secret]\r[redacted: secret]"


def test_of_two_values_that_begin_alike_the_longer_is_taken_whole() -> None:
    assert redact("abcdefghij", ("abcdefgh", "abcdefghij")) == "[redacted: secret]"


@pytest.mark.parametrize("separator", [" ", ",", ""])
def test_a_secret_in_a_line_without_an_end_is_found_at_every_place_of_the_cut(separator: str) -> None:
    secret = "ghp_" + "a1B2" * 10
    word = f"x{separator}" if separator else "x "
    for offset in range(0, 60, 7):
        filler = (word * LINE_LIMIT_CHARS)[: LINE_LIMIT_CHARS - 55 + offset]
        text = f"{filler} {secret} {filler}"
        told = in_chunks(text, list(range(0, len(text), 997)))
        assert secret not in told
        assert told == redact(text)


def test_a_line_without_an_end_needs_bounded_memory() -> None:
    redactor = Redactor()
    for _ in range(50):
        redactor.feed("word " * 1000)
        assert len(redactor._held) <= LINE_LIMIT_CHARS
    assert CUT_SEARCH_CHARS < LINE_LIMIT_CHARS


def test_a_key_that_never_ends_hides_no_more_than_its_limit() -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", *["A" * 64] * (PEM_LIMIT_LINES + 5), "the end"]
    assert redact("\n".join(lines)).endswith("the end")


@pytest.mark.parametrize(
    "noise",
    [
        "password" * 3,
        "A_" * 12,
        "eyJ" + "a" * 30 + ".",
        "://a:",
        "authorization: ",
        "-----BEGIN PRIVATE KEY",
        "TOKEN_" * 4,
    ],
)
def test_ten_times_the_text_takes_no_more_than_some_ten_times_the_time(noise: str) -> None:
    def seconds(repetitions: int) -> float:
        text = noise * repetitions
        best = float("inf")
        for _ in range(3):
            began_s = time.perf_counter()
            redact(text)
            best = min(best, time.perf_counter() - began_s)
        return best

    small = max(seconds(1_000), 0.005)
    assert seconds(10_000) < 40 * small  # quadratic would be 100 times


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DEPLOY_TOKEN", True), ("GITHUB_TOKENS", True), ("DB_PASSWORD2", True), ("DB_PASSWORD", True), ("SENTRY_DSN", True),
        ("AWS_SECRET_ACCESS_KEY", True), ("api_key", True), ("AUTH", True), ("PWD", False), ("OLDPWD", False),
        ("SSH_AUTH_SOCK", False), ("KEYBOARD", False), ("AUTHOR", False), ("TOKENIZERS_PARALLELISM", False),
    ],
)  # fmt: skip
def test_names_say_which_variables_are_secret(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


def test_of_an_environment_only_the_allowed_names_are_kept_and_their_values_redacted() -> None:
    environment = {
        "PATH": "/usr/bin:/opt/hunter2hunter2/bin",
        "LC_ALL": "C.UTF-8",
        "MY_TOKEN": "hunter2hunter2",
        "EDITOR": "vi",
        "PWD": "/home/builder",
    }
    assert kept_environment(environment) == {
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/bin:/opt/[redacted: secret]/bin",
        "PWD": "/home/builder",
    }


def test_short_values_are_not_searched_for() -> None:
    assert secret_values({"MY_TOKEN": "true", "MY_SECRET": "long-enough"}) == ("long-enough",)


def test_every_text_of_a_model_is_redacted_and_it_stays_a_model() -> None:
    token = "ghp_" + "a1B2" * 9
    step = PlanStep(
        step_id="s",
        name=f"export API_TOKEN={token}",
        command=f'export API_TOKEN="{token}"',
        phase=StepPhase.SETUP,
        reason="",
    )
    plan = Plan(plan_id="p", steps=(step,), literal=True)
    hidden = redact_model(plan)
    assert token not in hidden.model_dump_json()
    assert hidden.steps[0].command == 'export API_TOKEN="[redacted: token]"'
    assert redact_model(hidden) == hidden
