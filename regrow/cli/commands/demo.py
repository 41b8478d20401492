"""Shell: `regrow demo`: a small tree in which one actor crashes, is restarted, and goes on from its checkpoint.

Everything that is printed comes from the tree's own events and replies; nothing is staged. It needs no network, no
settings and no files.
"""

from __future__ import annotations

from typing import Annotated

import typer

from regrow import Actor, Backoff, ChildSpec, Message, Request, State, Supervisor, handler, open_tree
from regrow.core.events import RuntimeEvent
from regrow.core.world import World
from regrow.protocols.actor_errors import ActorRestarting
from regrow.supervisors.snapshot import format_tree

__all__ = ["demo"]


class Deposit(Message):
    """Add to the balance."""

    amount: int


class GetBalance(Request[int]):
    """How much is there?"""


class Audit(Request[str]):
    """Do the books balance? In this bank the question is one too many."""


class Ledger(State):
    """What the account remembers."""

    balance: int = 0


class Account(Actor[Ledger]):
    """Keeps a balance, and crashes when it is audited."""

    @handler
    def deposit(self, message: Deposit) -> None:
        """Add to the balance."""
        self.state.balance += message.amount

    @handler
    def balance(self, message: GetBalance) -> int:
        """Tell the balance."""
        return self.state.balance

    @handler
    def audit(self, message: Audit) -> str:
        """Crash."""
        raise ArithmeticError("the books do not balance")


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="Without the pauses for reading.")] = False,
) -> None:
    """Watch a supervised tree crash and heal."""
    import anyio

    anyio.run(_show, 0.0 if fast else 1.0)


async def _show(pause_s: float) -> None:
    account = ChildSpec("account", Account, checkpoint=True, backoff=Backoff(initial_s=0.2, maximum_s=0.2))
    clerk = ChildSpec("clerk", Account)
    world = World()
    async with open_tree(Supervisor("bank", children=[account, clerk]), world=world) as tree:
        stop_listening = tree.events.listen(_print_event)
        ref = tree.ref("bank/account", Account)
        typer.echo("A bank of two actors, one supervisor. The account saves its state before each reply.")
        await ref.tell(Deposit(amount=5))
        typer.echo(f"  asked for the balance: {await ref.ask(GetBalance())}")
        await world.sleep(pause_s)
        typer.echo("Now the account is asked something that makes it crash, and a deposit is sent meanwhile.")
        try:
            await ref.ask(Audit())
        except ActorRestarting as error:
            typer.echo(f"  the asker is told: {error}")
        await ref.tell(Deposit(amount=2))
        await world.sleep(pause_s)
        typer.echo(f"  asked for the balance: {await ref.ask(GetBalance())} (5 of the checkpoint, and 2 that waited)")
        typer.echo(f"The tree now:\n{format_tree(tree.snapshot())}")
        stop_listening()
    typer.echo("Try next: regrow verify --help, or docs/semantics.md for what is promised.")


def _print_event(event: RuntimeEvent) -> None:
    typer.echo(f"  {event.path} #{event.incarnation} {event.kind.value}{f': {event.detail}' if event.detail else ''}")
