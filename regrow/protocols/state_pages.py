"""The page `docs/state_machines.md`: both machines drawn from their tables."""

from __future__ import annotations

from regrow.protocols.build_machine import FINAL_STATUSES, RunPosition, build_edges
from regrow.protocols.recovery_machine import RecoveryPosition, RecoveryStatus, recovery_edges
from regrow.protocols.state_tables import Edge, draw_mermaid

__all__ = ["render_state_machines_page"]

_PAGE = """\
# State machines

Drawn from the tables in `regrow/protocols/build_machine.py` and `regrow/protocols/recovery_machine.py`; a test keeps page
and tables equal. An event that a state does not list raises `E6009` and changes nothing. What the specification leaves open
and how it is closed is said at the top of each module.

## A run

```mermaid
{build}
```

{build_table}

## A recovery

```mermaid
{recovery}
```

{recovery_table}
"""


def render_state_machines_page() -> str:
    """Return the text of the page."""
    return _PAGE.format(
        build=draw_mermaid(RunPosition().status.value, [status.value for status in FINAL_STATUSES], build_edges()),
        build_table=_table(build_edges()),
        recovery=draw_mermaid(RecoveryPosition().status.value, [RecoveryStatus.FAILED.value], recovery_edges()),
        recovery_table=_table(recovery_edges()),
    )


def _table(edges: tuple[Edge, ...]) -> str:
    rows = [f"| {edge.source} | {edge.event} | {edge.target} | {edge.note} |" for edge in edges]
    return "\n".join(["| from | event | to | if |", "| --- | --- | --- | --- |", *rows])
