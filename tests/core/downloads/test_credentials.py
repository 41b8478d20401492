"""Which request carries a log-in, and where log-ins are found."""

import base64

import pytest

from regrow.core.downloads.credentials import LogIn, LogIns, basic, logins_of_npmrc, logins_of_urls

LOGINS = LogIns((LogIn("//i.example/team/simple/", "Basic x"), LogIn("//n.example:8443/", "Bearer y")))
PAGE = "https://i.example/team/simple/a/"


@pytest.mark.parametrize(
    ("url", "page", "sent"),
    [
        (PAGE, None, "Basic x"),
        ("https://i.example:443/team/simple/", None, "Basic x"),
        ("https://I.EXAMPLE/team/simple/a/", None, "Basic x"),
        ("https://i.example/other/", None, None),
        ("https://i.example/team/simple/../../api/tokens", None, None),
        ("https://i.example/team/simple/%2e%2e/%2e%2e/api/tokens", None, None),
        ("https://i.example/team/simple-of-others/", None, None),
        ("https://i.example/files/a.whl", PAGE, "Basic x"),
        ("https://cdn.example/files/a.whl", PAGE, None),
        ("http://i.example/files/a.whl", PAGE, None),
        ("https://i.example:8080/files/a.whl", PAGE, None),
        ("https://i.example/files/a.whl", "https://i.example/other/a/", None),
        ("https://n.example:8443/@s%2fa", None, "Bearer y"),
        ("https://n.example/a", None, None),
    ],
)
def test_a_log_in_goes_to_its_address_and_to_files_that_its_pages_link_to(
    url: str, page: str | None, sent: str | None
) -> None:
    assert LOGINS.for_url(url, page) == sent


def test_the_longest_address_wins() -> None:
    logins = LogIns((LogIn("//i.example/", "short"), LogIn("//i.example/a/", "long")))
    assert logins.for_url("https://i.example/a/b") == "long"


def test_a_log_in_is_never_shown() -> None:
    assert "Basic x" not in repr(LOGINS)


def found(url: str) -> str | None:
    netrc = {"i.example": ("machine", "of-netrc")}
    keyring = {("https://i.example/simple", "me"): "of-keyring"}
    logins = logins_of_urls([url], netrc.get, lambda place, user: keyring.get((place, user)))
    return LogIns(logins).for_url("https://i.example/simple/a/")


def test_an_index_of_pip_has_its_log_in_from_its_address_the_keyring_or_netrc() -> None:
    assert found("https://me:p%40ss@i.example/simple") == basic("me", "p@ss")
    assert found("https://me@i.example/simple") == basic("me", "of-keyring")
    assert found("https://i.example/simple") == basic("machine", "of-netrc")
    assert found("https://other.example/simple") is None
    assert found("file:///srv/simple") is None


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("//n.example/:_authToken=abc", "Bearer abc"),
        ("  //n.example/:_authToken = ${TOKEN}  ", "Bearer of-env"),
        ("//n.example/:_authToken=${NOT_SET}", "Bearer ${NOT_SET}"),
        ("//n.example/:_auth=cGFpcg==", "Basic cGFpcg=="),
        (f"//n.example/:username=u\n//n.example/:_password={base64.b64encode(b'p').decode()}", basic("u", "p")),
        ("//n.example/:username=u", None),
        ("; //n.example/:_authToken=abc", None),
        ("registry=https://n.example/", None),
    ],
)
def test_npm_keeps_its_log_ins_in_its_files(line: str, header: str | None) -> None:
    assert LogIns(logins_of_npmrc([line], {"TOKEN": "of-env"})).for_url("https://n.example/a") == header


def test_the_users_file_goes_before_the_systems() -> None:
    texts = ["//n.example/:_authToken=user", "//n.example/:_authToken=system"]
    assert LogIns(logins_of_npmrc(texts, {})).for_url("https://n.example/a") == "Bearer user"
