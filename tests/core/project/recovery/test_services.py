"""A service that tests are refused a connection by is made, started before them, and given what it complains of."""

from __future__ import annotations

import subprocess

import pytest

from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, assemble
from regrow.core.project.recovery import Failure, recoveries
from regrow.core.project.recovery.services import SERVICES, in_a_wrapper
from regrow.protocols.plan import Plan, StepPhase

EVIDENCE = gather(FileTree.of({"setup.py": "setup(name='demo')\n", "demo.py": ""}))
PLAN = assemble(
    [
        Draft("pip install .", "documented", StepPhase.INSTALL),
        Draft("pytest", "documented", StepPhase.TEST, counts_tests=True),
    ]
)


def amended(plan: Plan, output: str) -> Plan | None:
    """The plan with a service, or with an account in one."""
    found = recoveries(plan, Failure(plan.steps[-1], output, 1, "E3001"), EVIDENCE)
    return next((one.plan for one in found if one.strategy_id.startswith(("start_service", "make_account"))), None)


@pytest.mark.parametrize(
    ("output", "service", "package"),
    [
        (
            'connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
            "PostgreSQL",
            "postgresql",
        ),
        ("psycopg.OperationalError: could not connect to server: No such file", "PostgreSQL", "postgresql"),
        ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379.", "Redis", "redis-server"),
        ("(2002, \"Can't connect to MySQL server on 'localhost' (111)\")", "MariaDB", "mariadb-server"),
        ("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 11211)", "Memcached", "memcached"),
        ("Error: connect ECONNREFUSED 127.0.0.1:45123", None, ""),  # a server of the tests' own
    ],
)
def test_service_is_recognised_by_its_port_or_its_client(output: str, service: str | None, package: str) -> None:
    plan = amended(PLAN, output)
    if service is None:
        assert plan is None
        return
    assert plan is not None
    assert plan.steps[0] == PLAN.steps[0]  # what was built is not built again
    assert package in plan.steps[1].command
    assert plan.steps[-1].command.endswith(" && pytest")
    assert plan.steps[-1].counts_tests
    sentences = " ".join(deviation.sentence for deviation in plan.all_deviations)
    assert f"The tests need a {service} server on this machine" in sentences
    assert amended(plan, output) is None  # it is started once


def test_account_and_database_are_made_as_the_server_names_them() -> None:
    started = amended(PLAN, 'connection to server at "localhost" (127.0.0.1), port 5432 failed')
    assert started is not None
    with_database = amended(started, 'FATAL:  database "demo_test" does not exist')
    assert with_database is not None
    assert "createdb demo_test" in with_database.steps[-2].command
    with_account = amended(with_database, 'FATAL:  role "demo" does not exist')
    assert with_account is not None
    assert "createuser --superuser demo" in with_account.steps[-2].command
    assert amended(PLAN, 'FATAL:  database "demo_test" does not exist') is None  # no server of ours


def test_server_of_our_own_making_is_proposed_in_the_wrapper_of_its_packages() -> None:
    started = amended(PLAN, 'connection to server at "localhost" (127.0.0.1), port 5432 failed')
    assert started is not None
    alone = in_a_wrapper(started)
    assert alone is not None
    assert alone.steps[-1].command == "pg_virtualenv pytest"
    with_database = amended(started, 'FATAL:  database "demo_test" does not exist')
    assert with_database is not None
    wrapped = in_a_wrapper(with_database)
    assert wrapped is not None
    assert [step.command for step in wrapped.steps] == [
        "pip install .",
        "apt-get install -y --no-install-recommends postgresql",
        "pg_virtualenv sh -c 'createdb demo_test && pytest'",
    ]
    assert wrapped.steps[-1].counts_tests
    assert "pg_virtualenv" in wrapped.all_deviations[-1].sentence


def test_plan_without_a_server_or_whose_server_has_no_wrapper_stays() -> None:
    redis = amended(PLAN, "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379.")
    assert redis is not None
    assert in_a_wrapper(PLAN) is None
    assert in_a_wrapper(redis) is None


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_shell_text_of_a_service_is_shell(service: object) -> None:
    assert isinstance(service, type(SERVICES[0]))
    for text in (service.prepare, service.start, service.stop, service.account, service.database):
        subprocess.run(["bash", "-n", "-c", f"({text.format('x') if text.count('{}') else text or ':'})"], check=True)
