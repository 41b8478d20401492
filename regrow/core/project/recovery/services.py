"""Services that tests talk to: started in the room by the step that tests, as the ordinary user, on its own loopback. Pure.

A row of the table says how a service is recognised (its port, or words of its clients), which packages have it, and the
shell text that makes its data, starts it and waits for it. A step cannot leave anything running behind it, so data are
made in a step of their own and the service is started again in front of the tests. Accounts and databases are made as
the server's own complaint names them.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace

from regrow.core.failure_signatures import FailureClass, FailureSign
from regrow.core.project.plan_steps import Draft, added, assemble, changed, draft_of
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import proposed
from regrow.protocols.plan import DeviationKind, Plan, StepPhase

__all__ = ["SERVICES", "Service", "in_a_wrapper", "make_account", "service_of", "start_service"]


@dataclass(frozen=True, slots=True)
class Service:
    """One row.

    Attributes:
        name: What a reader calls it.
        ports: Where its clients look for it.
        words: What the complaints of its clients have in common.
        packages: Debian packages that have it.
        prepare: Shell text that makes its data; may be empty.
        start: Shell text that starts it and waits until it answers.
        environment: What tells its clients where it is, since an ordinary user cannot make the system's own socket.
        stop: Shell text that stops it, so that its data can be kept; empty where it has none.
        account: Shell text that makes an account, `{}` is its name; empty where it needs none.
        database: The same for a database.
        wrapper: A program of the packages that runs one command beside a server of its own: what a document would say.
    """

    name: str
    ports: tuple[str, ...]
    words: str
    packages: tuple[str, ...]
    prepare: str
    start: str
    environment: str = ""
    stop: str = ""
    account: str = ""
    database: str = ""
    wrapper: str = ""


_WAIT = "for _ in $(seq 60); do {} > /dev/null 2>&1 && break; sleep 0.5; done"
_POSTGRESQL = 'PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"; export PGDATA="$HOME/postgresql" PGHOST=/tmp'
_MARIADB = 'export MYSQL_UNIX_PORT="$HOME/mariadb/socket"'

SERVICES: tuple[Service, ...] = (
    Service(
        "PostgreSQL",
        ("5432",),
        r"(?i)postgres|psycopg|libpq|\.s\.PGSQL|pg_hba",
        ("postgresql", "postgresql-client"),
        f"{_POSTGRESQL}; initdb --auth=trust --encoding=UTF8 --locale=C.UTF-8 && "
        "printf \"listen_addresses = 'localhost'\\nunix_socket_directories = '/tmp'\\n\" >> \"$PGDATA/postgresql.conf\"",
        f"{_POSTGRESQL}; pg_ctl start -w -l $PGDATA/log",
        "PGHOST=localhost",
        "pg_ctl stop -w -m fast",
        "createuser --superuser {}",
        "createdb {}",
        "pg_virtualenv",
    ),
    Service(
        "MariaDB",
        ("3306",),
        r"(?i)mysql|mariadb",
        ("mariadb-server", "mariadb-client"),
        f'{_MARIADB}; mkdir -p "$HOME/mariadb" && mariadb-install-db --no-defaults --datadir="$HOME/mariadb/data" '
        "--auth-root-authentication-method=normal",
        f'{_MARIADB}; PATH="$PATH:/usr/sbin"; (mariadbd --no-defaults --datadir="$HOME/mariadb/data" '
        '--socket="$MYSQL_UNIX_PORT" --bind-address=127.0.0.1 &); '
        + _WAIT.format("mariadb-admin --no-defaults -u root ping")
        + '; ln -sf "$MYSQL_UNIX_PORT" /tmp/mysql.sock',
        'MYSQL_UNIX_PORT="$HOME/mariadb/socket"',
        "mariadb-admin --no-defaults -u root shutdown",
        'mariadb --no-defaults -u root -e "CREATE USER IF NOT EXISTS {0}@localhost; GRANT ALL ON *.* TO {0}@localhost"',
        'mariadb --no-defaults -u root -e "CREATE DATABASE IF NOT EXISTS {}"',
    ),
    Service(
        "Redis",
        ("6379",),
        r"(?i)redis",
        ("redis-server",),
        "",
        'redis-server --bind 127.0.0.1 --port 6379 --daemonize yes --dir "$HOME"; ' + _WAIT.format("redis-cli ping"),
    ),
    Service(
        "Memcached",
        ("11211",),
        r"(?i)memcache",
        ("memcached",),
        "",
        "memcached -d -l 127.0.0.1 -p 11211; " + _WAIT.format("bash -c '> /dev/tcp/127.0.0.1/11211'"),
    ),
)

_STRATEGY = "start_service"


def service_of(sign: FailureSign) -> Service | None:
    """The service that a refused connection was for; None for one that is not known.

    >>> sign = FailureSign(FailureClass.SERVICE_REFUSED, "6379", "Error 111 connecting to localhost:6379", 1)
    >>> (service_of(sign) or SERVICES[0]).name
    'Redis'
    """
    by_port = next((each for each in SERVICES if sign.subject in each.ports), None)
    return by_port or next((each for each in SERVICES if re.search(each.words, sign.evidence)), None)


def start_service(case: Case) -> Recovery | None:
    """Install, prepare and start the service that the tests were refused a connection by."""
    service = service_of(case.sign) if case.sign is not None else None
    if service is None or case.failure.step is None or case.failure.step.phase is not StepPhase.TEST:
        return None
    if _started(case) is not None:
        return None
    strategy = f"{_STRATEGY}:{service.name}"
    install = "apt-get install -y --no-install-recommends " + " ".join(service.packages)
    sentence = f"The tests need a {service.name} server on this machine: `sudo apt-get install {service.packages[0]}`."
    needed = added(strategy, f"installs {service.name}, which the tests talk to", sentence)
    why = f"the tests talk to {service.name}"
    before = [Draft(install, why, StepPhase.SETUP, None, needed)]
    if service.prepare:
        made = added(strategy, f"makes the data of a {service.name} server", f"A new {service.name} server will do.")
        before.append(Draft(f"({service.prepare})", why, StepPhase.SETUP, None, made))
    old = case.drafts[case.index]
    command = _before_tests(service) + old.command
    start = f"starts {service.name} before '{old.command}'"
    deviation = changed(strategy, start, f"Start {service.name} before you run `{old.command}`.", old.documented)
    test = Draft(command, old.reason, old.phase, old.ref, deviation, old.counts_tests)
    plan = case.rebuilt([*case.drafts[: case.index], *before, test, *case.drafts[case.index + 1 :]])
    return Recovery(strategy, case.sign.evidence if case.sign else "", plan, before=case.failure.step.step_id)


def make_account(case: Case) -> Recovery | None:
    """Make the account or the database that a server, which we have started, says it has not."""
    service = _started(case)
    if service is None or case.sign is None:
        return None
    account = case.sign.kind is FailureClass.MISSING_ACCOUNT
    template, what = (service.account, "account") if account else (service.database, "database")
    if not template or not case.sign.subject:
        return None
    make = template.format(shlex.quote(case.sign.subject))
    sentence = f"The {service.name} server needs the {what} `{case.sign.subject}`: `{make}`."
    deviation = added(f"make_{what}", f"makes the {what} {case.sign.subject} in {service.name}", sentence)
    before, after = _around_making(service)
    command = before + make + after
    reason = f"{service.name} does not have it"
    return proposed(case, "make_account", case.insert(Draft(command, reason, StepPhase.SETUP, None, deviation)))


def in_a_wrapper(plan: Plan) -> Plan | None:
    """The plan with the server's own wrapper around the tests, in the place of each step that has to do with it.

    It says the same in one line that a reader understands, and does not suit each project: a wrapper chooses the port and
    the account. So it is a proposal, to be proved. None where no service was started, or it has no wrapper.
    """
    drafts = [draft_of(step) for step in plan.steps]
    service = next((each for each in SERVICES if each.wrapper and any(_is_for(each, d) for d in drafts)), None)
    tests = [draft for draft in drafts if service is not None and draft.command.startswith(_before_tests(service))]
    if service is None or len(tests) != 1:
        return None
    before, after = _around_making(service)
    made = [d.command[len(before) : -len(after)] for d in drafts if d.command.startswith(before)]
    inner = " && ".join([*made, tests[0].command.removeprefix(_before_tests(service))])
    command = f"{service.wrapper} sh -c {shlex.quote(inner)}" if made else f"{service.wrapper} {inner}"
    kept: list[Draft] = []
    for draft in drafts:
        if draft is tests[0]:
            kept.append(_wrapped(service, draft, command))
        elif draft.command.startswith("apt-get install") and _is_for(service, draft):
            packages = f"apt-get install -y --no-install-recommends {service.packages[0]}"
            kept.append(replace(draft, command=packages))
        elif not _is_for(service, draft) and not draft.command.startswith(before):
            kept.append(draft)
    return assemble(kept, (), plan.deviations, plan.left_out)


def _wrapped(service: Service, test: Draft, command: str) -> Draft:
    sentence = f"To run the tests beside a {service.name} server of their own: `{command}`."
    what = f"runs the tests beside a {service.name} server of their own, which {service.wrapper} starts"
    return replace(
        test, command=command, deviation=changed(f"{_STRATEGY}:{service.name}", what, sentence, test.documented)
    )


def _is_for(service: Service, draft: Draft) -> bool:
    return draft.deviation is not None and draft.deviation.strategy_id == f"{_STRATEGY}:{service.name}"


def _before_tests(service: Service) -> str:
    """What stands in front of the tests: with `&&` it is one command, and what a step has started does not outlive it."""
    told = f"export {service.environment} && " if service.environment else ""
    return f"{told}({service.start}) > /dev/null 2>&1 && "


def _around_making(service: Service) -> tuple[str, str]:
    return f"({service.start}; ", f"; status=$?; {service.stop}; exit $status)"


def _started(case: Case) -> Service | None:
    """The service that a step of the plan starts for us."""
    names = {
        draft.deviation.strategy_id.partition(":")[2]
        for draft in case.drafts
        if draft.deviation is not None and draft.deviation.kind is DeviationKind.CHANGED_COMMAND
    }
    return next((each for each in SERVICES if each.name in names), None)
