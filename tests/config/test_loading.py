"""Where settings come from, which wins, and what is said of a bad one."""

import os
from pathlib import Path

import pytest

from regrow.config import Origin, load_settings, load_with_origins
from regrow.protocols.errors import CallerError


@pytest.fixture(autouse=True)
def empty_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("REGROW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_every_value_is_a_default() -> None:
    loaded = load_with_origins()
    assert loaded.origins == {}
    assert loaded.settings.builder.step_timeout_s == 300.0


def test_file_beats_default_environment_beats_file_and_flag_beats_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path / "regrow.toml", "[builder]\nstep_timeout_s = 1\nprocess_limit = 1\nstep_cpu_s = 1\n")
    monkeypatch.setenv("REGROW_BUILDER__PROCESS_LIMIT", "2")
    monkeypatch.setenv("REGROW_BUILDER__STEP_CPU_S", "2")
    loaded = load_with_origins({"builder": {"step_cpu_s": 3.0}})
    builder = loaded.settings.builder
    assert (builder.step_timeout_s, builder.process_limit, builder.step_cpu_s) == (1.0, 2, 3.0)
    assert loaded.origins == {
        "builder.step_timeout_s": Origin("file", "regrow.toml:2"),
        "builder.process_limit": Origin("environment", "REGROW_BUILDER__PROCESS_LIMIT"),
        "builder.step_cpu_s": Origin("flag", "--step-cpu-s"),
    }


def test_named_file_beats_the_one_in_this_folder_and_that_beats_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path / "home/.config/regrow/regrow.toml", "[guardian]\nmax_recoveries = 1\n")
    assert load_settings().guardian.max_recoveries == 1
    write(tmp_path / "regrow.toml", "[guardian]\nmax_recoveries = 2\n")
    assert load_settings().guardian.max_recoveries == 2
    monkeypatch.setenv("REGROW_CONFIG", str(write(tmp_path / "named.toml", "[guardian]\nmax_recoveries = 3\n")))
    assert load_settings().guardian.max_recoveries == 3


def test_named_file_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGROW_CONFIG", "nowhere.toml")
    with pytest.raises(CallerError, match=r"E6002 the settings' file nowhere\.toml is not there"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[builder]\nstep_timeot_s = 3\n", r"\[builder\] step_timeot_s in regrow\.toml:2 .*expected step_timeout_s"),
        ("[buildr]\nx = 3\n", r"\[buildr\] in regrow\.toml.*expected \[builder\]"),
        ("[builder]\n\nstep_timeout_s = -1\n", r"step_timeout_s in regrow\.toml:3 .*greater than 0, got -1"),
        ("[builder]\nstep_timeout_s = 'long'\n", r"step_timeout_s in regrow\.toml:2 .*number.*got 'long'"),
        ("[run]\nmemory = 'some'\n", r"memory in regrow\.toml:2 .*'none', 'read' or 'learn', got 'some'"),
        ("builder = 3\n", r"expected a section with settings, got 3"),
        ("[builder\n", r"regrow\.toml is not TOML"),
    ],
)
def test_bad_file_is_refused_with_the_place_and_what_was_meant(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path / "regrow.toml", text)
    with pytest.raises(CallerError, match=said):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REGROW_BUILDER__STEP_TIMEOT_S", "3", "expected step_timeout_s"),
        ("REGROW_BUILDR__X", "3", r"expected \[builder\]"),
        ("REGROW_FETCH__ENTRY_LIMIT", "many", "REGROW_FETCH__ENTRY_LIMIT .*got 'many'"),
    ],
)
def test_bad_variable_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CallerError, match=said) as caught:
        load_settings()
    assert name in str(caught.value)


def test_folders_stay_usable_without_a_home_that_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: str(path).startswith(str(tmp_path / "regrow-")))
    folders = load_settings().folders
    own = tmp_path / f"regrow-{os.getuid()}"
    assert (folders.state_dir, folders.cache_dir) == (own / "state", own / "cache")
    assert own.stat().st_mode & 0o777 == 0o700


def test_a_project_cannot_choose_the_model_nor_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[model]\nbase_url = "http://elsewhere/v1"\nkey_variable = "AWS_SECRET_ACCESS_KEY"\n'
    write(tmp_path / "regrow.toml", text)
    with pytest.raises(CallerError, match=r"E6002 \[model\] base_url in regrow\.toml:2 is yours to choose"):
        load_settings()
    (tmp_path / "regrow.toml").rename(tmp_path / "mine.toml")
    monkeypatch.setenv("REGROW_CONFIG", str(tmp_path / "mine.toml"))
    assert load_settings().model.base_url == "http://elsewhere/v1"


def test_a_project_cannot_choose_which_hosts_are_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "regrow.toml", '[builder]\nfurther_hosts = ["elsewhere.example"]\n')
    with pytest.raises(CallerError, match=r"E6002 \[builder\] further_hosts in regrow\.toml:2 is yours to choose"):
        load_settings()
    (tmp_path / "regrow.toml").rename(tmp_path / "mine.toml")
    monkeypatch.setenv("REGROW_CONFIG", str(tmp_path / "mine.toml"))
    assert load_settings().builder.further_hosts == ("elsewhere.example",)
