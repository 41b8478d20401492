"""What follows from the package clients' settings."""

import pytest

from regrow.core.sandbox.network.learning import file_hosts
from regrow.core.sandbox.network.settings import AllowedHost, ClientDefaults, access_of, parse_pip_config

DEFAULTS = ClientDefaults("https://index.example/simple", "files.example", "https://npm.example/")


def hosts(allowed: tuple[AllowedHost, ...]) -> set[tuple[str, int, bool]]:
    return {(each.host, each.port, each.operator) for each in allowed}


def test_without_settings_the_clients_own_defaults_are_allowed() -> None:
    access = access_of(DEFAULTS, {}, {}, None)
    assert hosts(access.allowed) == {
        ("index.example", 443, False),
        ("files.example", 443, False),
        ("npm.example", 443, False),
    }
    assert access.read_only == {}
    assert access.asked == ()
    assert access.notes == ()


def test_a_mirror_of_the_operator_takes_the_place_of_the_default() -> None:
    access = access_of(DEFAULTS, {"index-url": "http://me:secret@mirror.corp:8081/simple"}, {}, None)
    assert ("mirror.corp", 8081, True) in hosts(access.allowed)
    assert not {"index.example", "files.example"} & {each.host for each in access.allowed}
    assert access.asked == ("http://me:secret@mirror.corp:8081/simple",)
    assert access.env["PIP_INDEX_URL"] == "http://mirror.corp:8081/simple"


def test_credentials_never_come_into_a_room_or_a_report() -> None:
    pip = {"index-url": "https://u:secret@a.example/s", "extra-index-url": "https://u:secret@b.example/s"}
    access = access_of(DEFAULTS, pip, {"registry": "https://u:secret@n.example/"}, None)
    assert "secret" not in str(access.env) + str(access.notes)


def test_folders_and_certificates_show_through() -> None:
    pip = {"find-links": "/opt/wheels https://more.example/l", "extra-index-url": "file:///srv/py%20pi"}
    access = access_of(DEFAULTS, pip, {}, "/etc/ca.pem")
    assert access.read_only == {
        "/opt/wheels": "/opt/wheels",
        "/srv/py pi": "/srv/py pi",
        "/etc/ca.pem": "/etc/ssl/certs/ca-certificates.crt",
    }
    assert access.env["PIP_CERT"] == access.env["NODE_EXTRA_CA_CERTS"] == "/etc/ssl/certs/ca-certificates.crt"
    assert ("more.example", 443, True) in hosts(access.allowed)


@pytest.mark.parametrize("key", ["constraint", "no-index", "pre", "user", "target"])
def test_settings_that_would_change_the_build_stay_outside(key: str) -> None:
    assert f"PIP_{key.upper().replace('-', '_')}" not in access_of(DEFAULTS, {key: "x"}, {}, None).env


def test_a_report_names_the_settings_that_were_used() -> None:
    notes = access_of(DEFAULTS, {"find-links": "/opt/wheels"}, {}, None).notes
    assert len(notes) == 1
    assert "/opt/wheels" in notes[0]


def test_scoped_registries_of_npm_are_allowed() -> None:
    access = access_of(DEFAULTS, {}, {"registry": DEFAULTS.npm_registry, "@corp:registry": "https://n.corp/"}, None)
    assert ("n.corp", 443, True) in hosts(access.allowed)
    assert "npm_config_registry" not in access.env


def test_the_environment_goes_before_the_files() -> None:
    text = ":env:.find-links='/e'\nglobal.find-links='/g'\ninstall.timeout='3'\nglobal.timeout='9'\nwheel.x='1'\nbroken"
    assert parse_pip_config(text) == {"find-links": "/e", "timeout": "3"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<a href="https://b.example/x.whl#sha256=0">', (("b.example", 443),)),
        ('<a href="../../packages/x.whl">', (("a.example", 8443),)),
        ('{"files": [{"url": "http://c.example/x.whl"}]}', (("c.example", 80),)),
        ("", ()),
        ('<a href="mailto:x@y">', ()),
    ],
)
def test_the_hosts_of_an_index_are_those_that_its_page_links_to(
    text: str, expected: tuple[tuple[str, int], ...]
) -> None:
    assert file_hosts("https://a.example:8443/simple/pip/", text) == expected
