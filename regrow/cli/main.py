"""Shell: `regrow`: finds the command, loads its module, and turns how it ended into an exit code.

A command's module is imported when the command runs, never for the list of commands: importing every command costs two
seconds, `regrow --help` must answer within 0.6. So the list is data (a name, where the function is, one line of help),
and a test compares each line with the first line of the function's docstring.

The exit codes are those of `exit_codes.py`.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

import regrow
from regrow.cli.exit_codes import exit_code_of_error, only_cause
from regrow.cli.process.last_word import LAST_WORD

__all__ = ["COMMANDS", "LazyCommand", "main"]

_COMPLETING: Final = "_REGROW_COMPLETE"
"""The variable by which a shell asks for completions, instead of running a command."""


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command that is not loaded yet: `module:name` of a function or of a typer app, and its line in the list."""

    home: str
    line: str

    def load(self, name: str) -> Any:
        """Import the command. Returns what typer makes of it (its class is private to typer)."""
        module, attribute = self.home.split(":")
        found = getattr(importlib.import_module(module), attribute)
        app = found
        if not isinstance(found, typer.Typer):
            app = _app()
            app.command(name)(found)
        command = typer.main.get_command(app)
        command.name = name
        return command


COMMANDS: Final = {
    "verify": LazyCommand(
        "regrow.cli.commands.verify:verify",
        "Build TARGET from its documentation alone in a clean room, run its tests, and say what came of it.",
    ),
    "watch": LazyCommand(
        "regrow.cli.commands.watch:watch",
        "Verify TARGET, and again each time that its files have changed and are quiet.",
    ),
    "lint-docs": LazyCommand(
        "regrow.cli.commands.lint_docs:lint_docs",
        "Find errors in the documents of TARGET by comparing them with its files, without running any.",
    ),
    "resume": LazyCommand(
        "regrow.cli.commands.resume:resume",
        "Go on with a run from its last checkpoint. Steps that are done are not done again.",
    ),
    "plan": LazyCommand(
        "regrow.cli.commands.plan:plan",
        "Print what `regrow verify` would type for TARGET and why, without running anything.",
    ),
    "replay": LazyCommand(
        "regrow.cli.commands.replay:replay",
        "Carry out the plan of a run that is over once more, from nothing, in a new room.",
    ),
    "runs": LazyCommand("regrow.cli.commands.runs:app", "List the runs that lie here, and how each ended."),
    "trace": LazyCommand(
        "regrow.cli.commands.trace:trace",
        "Show where the time of a run went: its phases, steps and messages, and what crashed.",
    ),
    "patterns": LazyCommand(
        "regrow.cli.commands.patterns:app", "List the failures that were learned, and what helped against them."
    ),
    "strategies": LazyCommand(
        "regrow.cli.commands.strategies:app",
        "List the ways to recover, with what each has achieved in which kind of project.",
    ),
    "clean": LazyCommand(
        "regrow.cli.commands.clean:clean", "Remove runs that are over and caches, after showing what they take."
    ),
    "gc": LazyCommand(
        "regrow.cli.commands.gc:gc", "Give up the runs and caches that are over the limits of the settings."
    ),
    "demo": LazyCommand("regrow.cli.commands.demo:demo", "Watch a supervised tree crash and heal."),
    "doctor": LazyCommand(
        "regrow.cli.commands.doctor:doctor", "Say what this machine offers a sandbox, and what it lacks."
    ),
    "explain": LazyCommand("regrow.cli.commands.explain:explain_code", "Explain an error code."),
    "config": LazyCommand("regrow.cli.commands.config:app", "Show the settings and where each comes from."),
    "schema": LazyCommand("regrow.cli.commands.schema:schema", "Print the JSON Schema of a message, or list them."),
}


class LazyGroup(TyperGroup):
    """Lists every command and imports the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, lazy in COMMANDS.items():
            self.add_command(TyperCommand(name, help=lazy.line, short_help=lazy.line))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command by its name and load it; a name that is nearly one is answered with the nearest."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = COMMANDS[name].load(name)
        return name, command, rest


def _app(**settings: Any) -> typer.Typer:
    # Without rich's markup: its import is 0.4 s, and plain help reads as well.
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, **settings)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"regrow {regrow.__version__}")
        raise typer.Exit


def root(
    version: Annotated[  # noqa: ARG001  # its callback does it, before any command
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The settings' file.", envvar="REGROW_CONFIG")
    ] = None,
) -> None:
    """Build, verify and repair software with actors that grow back.

    `regrow COMMAND --help` says more. Settings: `regrow config show`. Error codes: `regrow explain CODE`.
    """
    if config is not None:
        # The one place that every command and every process started by it looks at.
        os.environ["REGROW_CONFIG"] = str(config)


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    app = typer.Typer(
        cls=LazyGroup, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True, add_completion=True
    )
    app.callback(cls=LazyGroup, no_args_is_help=True)(root)
    if _COMPLETING in os.environ:
        # typer folds the help of a completion as for a terminal, and a shell takes the second line for another word.
        os.environ["TERMINAL_WIDTH"] = "1000"
    LAST_WORD.said = False
    try:
        typer.main.get_command(app)(prog_name="regrow")
    except Exception as error:  # the last place before the user: a crash gets a code and a way to report it
        _tell_machine(error)
        sys.exit(_say_what_went_wrong(error))
    except SystemExit as end:
        _tell_why(end)
        raise


def _tell_why(end: SystemExit) -> None:
    """Tell a machine of what typer has turned into an exit code: a slip in the arguments, or Ctrl-C.

    Raises:
        KeyboardInterrupt: It was that.
    """
    before = end.__context__
    if isinstance(before, typer.Exit) and isinstance(before.__cause__, KeyboardInterrupt):
        if LAST_WORD.said:
            sys.exit(exit_code_of_error(before.__cause__))
        raise before.__cause__
    said = getattr(before, "format_message", None)
    if callable(said) and LAST_WORD.wanted(sys.argv[1:]):
        from regrow.protocols.errors import regrow_error

        words = " ".join(str(said()).split()).rstrip(".")
        _tell_machine(regrow_error("E6001", words, remedy="add --help to the command to see what it takes"))


def _tell_machine(error: Exception) -> None:
    """Tell a machine what ended a command that has not told it itself."""
    if LAST_WORD.wanted(sys.argv[1:]):
        from regrow.cli.endings import end_of_error

        told = end_of_error(error, run_id=None, target=None).model_dump(mode="json", by_alias=True)
        LAST_WORD.tell(told, sys.argv[1:])


def _say_what_went_wrong(error: Exception) -> int:
    """Say on the error output what ended the command, and return the exit code for it."""
    from regrow.protocols.errors import RegrowError

    cause = only_cause(error)
    if isinstance(cause, RegrowError):
        sys.stderr.write(f"{cause}\n")
    else:
        traceback.print_exception(error)
        sys.stderr.write(
            f"regrow {regrow.__version__} has a bug: {type(cause).__name__}; please report it with the lines above\n"
        )
    return exit_code_of_error(cause)
