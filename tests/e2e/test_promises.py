"""What documents promise, in real rooms: servers with and without a login, outputs, examples; right ones and wrong ones.

They need a sandbox and a Python in it; where none can be had they are skipped with the reason that a user would read.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from regrow.actors.doc_analyzer import analyze
from regrow.actors.verifier.actor import REPORTERS
from regrow.actors.verifier.claims.doing import check_claims
from regrow.actors.verifier.claims.planning import plan_work
from regrow.actors.verifier.claims.services import SERVICES_FILE, beside_services, outcomes_of
from regrow.core.project.folder_tree import open_folder
from regrow.core.sandbox import NoSandbox, Room, SandboxCommand, SandboxLimits, open_sandbox
from regrow.core.workshop import StepKey, StepRun
from regrow.core.workshop.workshop import TOOLS_FOLDER
from regrow.protocols.plan import PlanStep, StepPhase

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PACKAGE = '''"""Adds."""


def add(a, b):
    return a + b
'''
PROGRAM = """import sys

from adder import add

print(add(int(sys.argv[1]), int(sys.argv[2])))
"""
SERVER = """import base64, json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

LOGIN = "Basic " + base64.b64encode(b"admin:secret").decode()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        login = self.headers.get("Authorization", "")
        known = {"/health": (200, {"status": "ok"}), "/open": (200, {})}
        known["/private"] = (200, {"user": "admin"}) if login == LOGIN else (401, {"error": "who?"})
        known["/token"] = (200, {"good": True}) if login == "Bearer abc123" else (403, {})
        status, value = known.get(self.path, (404, {}))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
README = """# adder

```console
$ python3 -m adder 2 3
5
```

```python
>>> import adder
>>> adder.add(1, 2)
3
```

Start the server:

```sh
python3 serve.py 8000
```

```console
$ curl localhost:8000/health
{"status": "ok"}
$ curl -u admin:secret localhost:8000/private
{"user": "admin"}
$ curl -H 'Authorization: Bearer abc123' localhost:8000/token
{"good": true}
$ curl -i localhost:8000/private
HTTP/1.1 401 Unauthorized
```

- `GET /open` returns 200
"""


@asynccontextmanager
async def a_room(folder: Path, project: Path) -> AsyncIterator[Room]:
    try:
        sandbox = await open_sandbox(folder / "cache")
    except NoSandbox as error:
        pytest.skip(str(error))
    async with sandbox.open_room(await sandbox.host_base(), (), folder / "room") as room:
        if await room.find("/usr/bin/python3") is None:
            pytest.skip("the room has no Python")
        await room.copy_in(project, layer_id="source")
        await room.copy_in(REPORTERS, TOOLS_FOLDER, layer_id="tools")
        yield room


def a_project(folder: Path, readme: str = README) -> Path:
    project = folder / "project"
    (project / "adder").mkdir(parents=True)
    (project / "README.md").write_text(readme)
    (project / "adder" / "__init__.py").write_text(PACKAGE)
    (project / "adder" / "__main__.py").write_text(PROGRAM)
    (project / "serve.py").write_text(SERVER)
    return project


async def looked_at(folder: Path, readme: str) -> dict[str, str]:
    """Each promise of a document, and what came of it: ok, open, differs, or the code that it costs."""
    project = a_project(folder, readme)
    tree = open_folder(project)
    work = plan_work(analyze(tree), ["adder"], tree.files)
    async with a_room(folder, project) as room:
        checks = await check_claims(room, work, ["adder"], folder / "log.txt", 600.0)
        after = await room.run(SandboxCommand(script="ls -A /build/regrow"), SandboxLimits(deadline_s=20.0))
    assert after.output_tail.split() == ["tools"], "nothing is left in the room"
    words = {None: "open", True: "ok"}
    codes = {"endpoint": "E3002", "output": "E3006", "example": "E3006"}
    return {
        f"{check.name}:{check.ref.line if check.ref else 0}": words.get(
            check.passed, (check.code or codes[check.kind.value]) if check.decides else "differs"
        )
        for check in checks
    }


async def test_what_is_as_the_documents_say_is_ok(tmp_path: Path) -> None:
    found = await looked_at(tmp_path, README)
    assert set(found.values()) == {"ok"}
    assert len(found) == 8


WRONG = (
    ("3\n5\n", "3\n6\n", "`python3 -m adder 2 3`:4", "E3006"),
    (">>> adder.add(1, 2)\n3", ">>> adder.add(1, 2)\n4", "example at README.md:9:10", "E3006"),
    ("localhost:8000/health\n", "localhost:8000/healthz\n", "GET /healthz:21", "E3002"),
    ("admin:secret", "admin:wrong", "GET /private:23", "E3003"),
    ("Bearer abc123", "Bearer other", "GET /token:25", "E3003"),
    ("GET /open", "GET /closed", "GET /closed:31", "differs"),
)


async def test_what_is_not_so_is_found_at_its_sentence(tmp_path: Path) -> None:
    readme = README
    for old, new, _, _ in WRONG:
        assert readme.count(old) == 1
        readme = readme.replace(old, new)
    found = await looked_at(tmp_path, readme)
    assert {name: found.pop(name) for _, _, name, _ in WRONG} == {name: word for _, _, name, word in WRONG}
    assert set(found.values()) <= {"ok"}


async def test_other_answer_than_shown_is_found(tmp_path: Path) -> None:
    readme = README.replace('{"status": "ok"}', '{"status": "fine"}').replace("adder 2 3", "adder now 3")
    found = await looked_at(tmp_path, readme)
    assert (found["GET /health:21"], found["`python3 -m adder now 3`:4"]) == ("E3002", "differs")


async def test_protected_address_that_answers_everybody_is_found(tmp_path: Path) -> None:
    readme = README.replace(
        "- `GET /open` returns 200", "`/open` requires authentication:\n\n```sh\ncurl -u a:b localhost:8000/open\n```"
    )
    assert (await looked_at(tmp_path, readme))["GET /open:34"] == "E3003"


async def test_server_on_another_port_than_documented_is_found(tmp_path: Path) -> None:
    readme = README.replace("serve.py 8000", "serve.py 8001 && echo").replace("\n- `GET /open` returns 200", "")
    found = await looked_at(tmp_path, readme)
    assert found["GET /health:21"] == "E3002"


async def test_server_that_does_not_start_leaves_its_addresses_open(tmp_path: Path) -> None:
    found = await looked_at(tmp_path, README.replace("serve.py 8000", "serve.py http"))
    assert {word for name, word in found.items() if name.startswith(("GET", "`python3 serve"))} == {"open"}


def service(command: str, port: int | None = None) -> PlanStep:
    return PlanStep(step_id="s", name="s", command=command, phase=StepPhase.TEST, reason="", service=True, port=port)


ASK = "python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:8000/health\").read())'"


async def beside(room: Room, server: PlanStep, script: str) -> tuple[int | None, str, bool, str]:
    """Run a script beside a server: its exit code and output, whether the server did its part, and what is said of that."""
    run = beside_services(StepRun(server, StepKey("key"), script), [server])
    command = SandboxCommand(script=run.script, env=dict(run.env))
    result = await room.run(command, SandboxLimits(deadline_s=60.0))
    told = (await room.read_file(SERVICES_FILE)).decode()
    assert isinstance(json.loads(told), list)
    (outcome,) = outcomes_of([server], told)
    return result.exit_code, result.output_tail, outcome.succeeded, outcome.output_tail


async def test_server_is_there_for_the_tests_and_gone_after_them(tmp_path: Path) -> None:
    async with a_room(tmp_path, a_project(tmp_path)) as room:
        code, output, started, told = await beside(room, service("python3 serve.py 8000", 8000), f"{ASK}; exit 3")
        assert (code, started) == (3, True), output
        assert "ok" in output
        assert told.startswith("listened on port 8000")
        after = await room.run(SandboxCommand(script=ASK), SandboxLimits(deadline_s=20.0))
        assert not after.succeeded


@pytest.mark.parametrize("command", ["python3 serve.py 8000 &", "setsid python3 serve.py 8000 > /dev/null 2>&1 &"])
async def test_server_that_goes_into_the_background_does_not_outlive_the_step(tmp_path: Path, command: str) -> None:
    async with a_room(tmp_path, a_project(tmp_path)) as room:
        code, output, started, _ = await beside(room, service(command, 8000), ASK)
        assert (code, started) == (0, True), output
        after = await room.run(SandboxCommand(script=ASK), SandboxLimits(deadline_s=20.0))
        assert not after.succeeded


async def test_server_that_fails_is_said_to_have_failed(tmp_path: Path) -> None:
    async with a_room(tmp_path, a_project(tmp_path)) as room:
        code, _, started, told = await beside(room, service("python3 serve.py http"), "true")
        assert (code, started) == (0, False)
        assert told.startswith("ended by itself with exit status 1")
        assert "ValueError" in told


async def test_ten_rooms_whose_servers_all_listen_on_8000_do_not_meet(tmp_path: Path) -> None:
    found: list[int | None] = []

    async def one(folder: Path) -> None:
        folder.mkdir()
        async with a_room(folder, a_project(folder)) as room:
            code, _, _, _ = await beside(room, service("python3 serve.py 8000", 8000), ASK)
            found.append(code)

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(one, tmp_path / f"r{number}")
    assert found == [0] * 10
