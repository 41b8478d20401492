"""`regrow lint-docs`: what is wrong in a project's documents, found without running anything of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["lint_docs"]

KINDS = ("text", "json", "sarif")


def lint_docs(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A folder, an archive, a git address or path, or pypi:NAME[==VERSION], npm:NAME, deb:NAME.",
            show_default=False,
        ),
    ],
    output: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="KIND=PATH", help="Write what was found: text, json or sarif; repeatable."),
    ] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    patch: Annotated[
        Path | None,
        typer.Option("--patch", metavar="FILE", help="Write all replacements as one patch, if there are any."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--no-network", help="Ask no other machine: the package index is not asked about names.")
    ] = False,
) -> None:
    """Find errors in the documents of TARGET by comparing them with its files, without running any.

    Every rule: docs/lint_rules.md. `<!-- regrow: ignore RULE reason -->` above a paragraph leaves one finding alone.

    Exit codes: 0 nothing found, 1 findings or no document, 2 usage, 69 the target could not be fetched.
    """
    import json

    import regrow
    from regrow.cli.endings import refusals_told
    from regrow.cli.linting.patch import unified_patch
    from regrow.cli.linting.reading import lint_target
    from regrow.cli.linting.sarif import sarif_log
    from regrow.cli.linting.writing import as_text, as_value
    from regrow.cli.report.outputs import check_places, parse_output, write_whole

    with refusals_told(target, json_out=json_out, events=False):
        outputs = tuple(parse_output(text, KINDS) for text in output or ())
        check_places(outputs)
        tree, result = lint_target(target, network=not offline)
    renderers = {
        "text": lambda: as_text(result, tree),
        "json": lambda: json.dumps(as_value(result, tree), indent=2) + "\n",
        "sarif": lambda: json.dumps(sarif_log(result, regrow.__version__), indent=2) + "\n",
    }
    for one in outputs:
        if one.path == "-":
            typer.echo(renderers[one.kind](), nl=False)
        else:
            write_whole(Path(one.path), renderers[one.kind]())
    if patch is not None:
        _write_patch(patch, unified_patch(tree, result.findings))
    if json_out:
        typer.echo(renderers["json"](), nl=False)
    elif not any(one.path == "-" for one in outputs):
        typer.echo(renderers["text"](), nl=False)
    if result.findings:
        raise typer.Exit(1)


def _write_patch(path: Path, changes: str) -> None:
    """An empty patch is refused by those who apply patches, so none is written."""
    from regrow.cli.report.outputs import write_whole

    if changes:
        write_whole(path, changes)
    else:
        typer.echo(f"no patch: no finding has a replacement; nothing is written to {path}", err=True)
