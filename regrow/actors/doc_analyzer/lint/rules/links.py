"""Links: to files of the tree, to headings of the same document, and to the project's own repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from regrow.actors.doc_analyzer.blocks import BlockKind
from regrow.actors.doc_analyzer.lint.installs import install_of
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page, is_placeholder
from regrow.actors.doc_analyzer.lint.rules.paths import shipped_part
from regrow.core.project.linting.near import nearest, same_letters
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_links"]

_MARKDOWN = re.compile(
    r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)|^\s{0,3}\[[^\]]+\]:\s+(\S+)|<img[^>]+src=[\"']([^\"']+)|"
    r"<a[^>]+href=[\"']([^\"']+)"
)
_RESTRUCTURED = re.compile(
    r"\.\. (?:\|[^|]*\| )?(?:image|figure|include|literalinclude)::\s+(\S+)|`[^`<]*<([^>`]+)>`_|^\.\. "
    r"_[^:]+:\s+(\S+)$|:target:\s+(\S+)"
)
_OWN_FILE = re.compile(
    r"https?://(?:github\.com/([\w.-]+)/([\w.-]+)/(?:blob|raw|tree)|raw\.githubusercontent\.com/([\w.-]+)/([\w.-]+)"
    r")/([\w.-]+)/([^\s?#)>\"'`]+)"
)
_CLONE = re.compile(
    r"(?:https?://|git@|git://|ssh://git@|git\+https://|git\+ssh://git@|git\+)+(?:www\.)?([\w.-]+)[:/]([\w.-]+)"
    r"/([\w.-]+?)(?:\.git)?(?:[@#].*)?/?$"
)
_HOSTS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})
_TAGS = re.compile(r"<a\s+(?:name|id)=[\"']([^\"']+)|\bid=[\"']([^\"']+)|\{#([\w-]+)\}")


def check_links(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about links and addresses."""
    in_code = {n for _, block in page.code_blocks for n in range(block.line, block.end_line + 1)}
    pattern = _MARKDOWN if page.markdown else _RESTRUCTURED
    for number, line in enumerate(page.lines, 1):
        if number in in_code:
            continue
        for match in pattern.finditer(line):
            target = next((group for group in match.groups() if group), "")
            yield from _relative(page, facts, number, target)
        for match in _OWN_FILE.finditer(line):
            yield from _own_file(page, facts, number, match)
    yield from _anchors(page, in_code)
    yield from _repositories(page, facts)


def _relative(page: Page, facts: ProjectFacts, number: int, target: str) -> Iterator[Finding]:
    path = unquote(target.partition("#")[0].partition("?")[0])
    if (
        not path
        or re.match(r"[a-z][a-z+.-]*:|//|#|/|\{|\$|<|_|mailto|%|\\|.*[{}\[\]]", path, re.IGNORECASE)
        or is_placeholder(path)
        or path.endswith("_")
    ):
        return
    if not page.markdown and "/" not in path and "." not in path:
        return
    folder = page.file.rpartition("/")[0]
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined.startswith("..") or joined == "." or joined in facts.tree.files or joined in facts.folders:
        return
    built = folder and (
        joined.endswith(".html")
        or any(f"{joined}{ending}" in facts.tree.files for ending in (".md", ".rst", ".txt", ".ipynb"))
    )
    label = folder and "/" not in path and "." not in path
    if built or label or path in {"genindex", "modindex", "py-modindex", "search"}:
        return  # A page of the built documentation.
    yield from _missing(page, facts, number, (target, path), joined)


def _missing(page: Page, facts: ProjectFacts, number: int, said: tuple[str, str], joined: str) -> Iterator[Finding]:
    folder, _, name = joined.rpartition("/")
    siblings = [path for path in facts.tree.files if path.rpartition("/")[0] == folder]
    others = [
        other
        for other in facts.basenames.get(name, ())
        if not folder or other.split("/")[0] == folder.split("/")[0] or not facts.released
    ]
    stem = name.partition(".")[0].lower()
    alike = [path for path in siblings if path.rpartition("/")[2].partition(".")[0].lower() == stem and len(stem) > 2]
    near = nearest(joined, siblings)
    better = next(iter([*others, *alike, *([near] if near else [])]), None)
    if better is None and not (shipped_part(facts, joined) and (folder or not facts.released)):
        return
    evidence = f"the tree has {better}" if better else "no file of the tree has that path"
    swap = None
    if better:
        relative = posixpath.relpath(better, page.file.rpartition("/")[0] or ".")
        swap = (said[0], relative + said[0][len(said[1]) :] if said[0].startswith(said[1]) else relative)
    yield page.finding(
        "broken-link", number, f"the link leads to {said[1]}, which is not in the source", evidence, swap
    )


def _own_file(page: Page, facts: ProjectFacts, number: int, match: re.Match[str]) -> Iterator[Finding]:
    owner, name = (match.group(1) or match.group(3)).lower(), (match.group(2) or match.group(4)).lower()
    path = unquote(match.group(6)).rstrip("/.,;")
    if ("github.com", owner, name) not in facts.repositories or path in facts.tree.files or path in facts.folders:
        return
    folder, _, file = path.rpartition("/")
    if path.startswith(("refs/", "heads/")) or not re.fullmatch(
        r"main|master|trunk|develop|HEAD|v?\d[\w.]*", match.group(5)
    ):
        return
    others = facts.basenames.get(file, ())
    siblings = [one for one in facts.tree.files if one.rpartition("/")[0] == folder]
    near = nearest(path, siblings)
    better = others[0] if len(others) == 1 and folder else near
    if facts.released and folder.split("/")[0] not in facts.folders:
        return
    if better is None and (facts.released or folder not in facts.folders):
        return
    evidence = f"the tree has {better}" if better else "no file of the tree has that path"
    yield page.finding(
        "broken-link",
        number,
        f"the address of {path} is not a file of the source",
        evidence,
        (path, better) if better else None,
    )


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def _anchors(page: Page, in_code: set[int]) -> Iterator[Finding]:
    """Fragments of the same document, as GitHub makes them of headings."""
    if not page.markdown:
        return
    known: set[str] = set()
    for block in page.blocks:
        if block.kind is BlockKind.HEADING:
            known |= {
                _slug(block.text),
                _slug(page.lines[block.line - 1].strip("# ") if block.line <= len(page.lines) else ""),
            }
    for line in page.lines:
        known |= {next(group for group in found if group).lower() for found in _TAGS.findall(line)}
        if match := re.match(r"\s*<h\d[^>]*>(.*?)</h\d>", line):
            known.add(_slug(re.sub(r"<[^>]+>", "", match.group(1))))
    known |= {one.strip("-") for one in known}
    squeezed = {re.sub(r"[-_]+", "-", one).strip("-") for one in known}
    for number, line in enumerate(page.lines, 1):
        for anchor in re.findall(r"\]\(#([^)\s]+)\)", line) if number not in in_code else ():
            plain = unquote(anchor).lower()
            numbered = re.sub(r"-\d+$", "", plain)
            if (
                {plain, numbered} & known
                or re.sub(r"[-_]+", "-", plain).strip("-") in squeezed
                or plain in {"top", "readme"}
            ):
                continue
            better = nearest(plain, known)
            swap = (f"#{anchor}", f"#{better}") if better else None
            yield page.finding(
                "broken-anchor",
                number,
                f"no heading makes the anchor #{anchor}",
                "compared with the headings of the document",
                swap,
            )


def _repositories(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Where `git clone` and `pip install git+` lead, against the repository of the metadata."""
    own = sorted(facts.repositories)
    if not own:
        return
    text = "\n".join(page.lines).lower()
    for command in page.commands:
        words = command.simple.words
        install = install_of(command)
        urls = (
            list(install.sources)
            if install
            else [word for word in words[2:] if words[:2] == ("git", "clone") and "/" in word]
        )
        for url in urls:
            match = _CLONE.search(url)
            if match is None:
                continue
            host, owner, name = (group.lower() for group in match.groups())
            if is_placeholder(url) or re.search(r"(?i)your|user|<|\{|\$|fork|^me$|^my", owner):
                continue
            if (host, owner, name) in facts.repositories or host not in _HOSTS:
                continue
            if text.count(f"{owner}/{name}") > 2:
                continue  # The page knows it by this address: the metadata may be the older ones.
            best = next((one for one in own if _alike(one, (host, owner, name), facts)), None)
            if best is not None:
                right = url.replace("/".join(match.groups()[1:]), f"{best[1]}/{best[2]}").replace(
                    match.group(1), best[0]
                )
                message = f"{url} is not the repository of the project"
                line = page.line_in(command, url)
                yield page.finding("repository-url", line, message, f"the metadata name {'/'.join(best)}", (url, right))


def _alike(own: tuple[str, str, str], other: tuple[str, str, str], facts: ProjectFacts) -> bool:
    """Whether another address was meant to be the project's own: one of owner and name is the same, and the "
    "other is near.
    """
    if own[2] == other[2] or same_letters(own[2], other[2]):
        return True
    named = nearest(other[2], [own[2]]) is not None or other[2] in facts.names or facts.normal_name in other[2]
    return named
