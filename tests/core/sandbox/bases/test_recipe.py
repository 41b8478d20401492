"""What a clean root is made of."""

from pathlib import Path

from regrow.core.sandbox.bases.recipe import (
    PACKAGES,
    apt_options,
    base_key,
    distribution_sources,
    merged_status,
    package_versions,
    status_stanza,
)
from regrow.core.sandbox.values import BaseKind

DEB822 = """Types: deb
# a comment
URIs: http://m.example/debian
Suites: stable

Types: deb
URIs: http://m.example/debian-security
Suites: stable-security
Enabled: yes

Types: deb-src
URIs: http://m.example/debian
Suites: stable

Types: deb
URIs: http://m.example/debian
Suites: off
Enabled: no
"""


def test_only_the_distributions_own_sources_are_used() -> None:
    files = {"d.sources": DEB822, "v.list": "deb [signed-by=/k] https://vendor.example/node_20.x x main\n"}
    kept = distribution_sources(files, "debian")
    assert set(kept) == {"d.sources"}
    assert kept["d.sources"].count("Types: deb\n") == 2
    assert "off" not in kept["d.sources"]


def test_without_any_of_its_own_all_sources_are_used() -> None:
    files = {"v.list": "deb https://vendor.example/x y main\n# deb no\n"}
    assert distribution_sources(files, "debian") == {"v.list": "deb https://vendor.example/x y main\n"}


def test_apt_keeps_to_its_own_folder() -> None:
    options = apt_options(Path("/w"))
    for name in ("Dir::State=", "Dir::State::status=", "Dir::Cache=", "Dir::Log=", "Dir::Etc::sourceparts="):
        assert any(option.startswith(f"{name}/w") for option in options), name


def test_every_kind_can_run_the_forwarder_and_the_self_test() -> None:
    assert all("python3" in packages for packages in PACKAGES.values())
    assert {"gcc", "make"} <= set(PACKAGES[BaseKind.C])
    assert not {"gcc", "make"} & set(PACKAGES[BaseKind.PYTHON])


def test_a_base_is_named_by_all_that_it_is_made_from() -> None:
    keys = {
        base_key(kind, {"a": text}, machine, identity)
        for kind in (BaseKind.PYTHON, BaseKind.C)
        for text in ("x", "y")
        for machine in ("m", "n")
        for identity in ("single", "subordinate")
    }
    assert len(keys) == 16
    assert base_key(BaseKind.C, {"a": "1", "b": "2"}, "m", "i") == base_key(BaseKind.C, {"b": "2", "a": "1"}, "m", "i")


def test_a_status_file_lists_what_is_there_once() -> None:
    first = merged_status("", [status_stanza("Package: a\nVersion: 1"), status_stanza("Package: b\nVersion: 2")])
    second = merged_status(first, [status_stanza("Package: a\nVersion: 3\nDescription: x\n more")])
    assert package_versions(second) == {"a": "3", "b": "2"}
    assert second.count("install ok installed") == 2
