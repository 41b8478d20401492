"""The rules of the linter, one row for each: name, title, severity, what is compared with what.

`docs/lint_rules.md` is made from this table and a test keeps them equal. Severity says how much a reader suffers: an error
stops one who follows the words, a warning misleads one, a note is worth knowing.
"""

from __future__ import annotations

from dataclasses import dataclass

from regrow.protocols.documents import Severity

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    name: str
    title: str
    severity: Severity
    checks: str


_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "wrong-package",
            "Wrong package name",
            _ERROR,
            "Names in install commands against the project's own name, its import names, its declared "
            "dependencies and names that people confuse.",
        ),
        Rule(
            "unknown-package",
            "Package that nothing needs",
            _WARNING,
            "Names in install commands and lists of requirements that the project neither is, declares, imports "
            "nor speaks of elsewhere.",
        ),
        Rule(
            "needless-package",
            "Package that comes along anyway",
            _WARNING,
            "A required dependency that is to be installed by hand beside or after the project, which brings it, and in "
            "one command with the project something that only its tests or its development declare.",
        ),
        Rule(
            "hand-picked-dependencies",
            "Dependencies listed by hand",
            _WARNING,
            "Two or more test dependencies in an install command of a development section, where an extra or a "
            "requirements file of the project lists them.",
        ),
        Rule(
            "unknown-extra",
            "Extra that does not exist",
            _ERROR,
            "Extras in install commands against those in the metadata.",
        ),
        Rule(
            "wrong-installer",
            "Installer of another ecosystem",
            _ERROR,
            "The program that installs the project against the kind of project that it is.",
        ),
        Rule(
            "missing-requirements-file",
            "Requirements file that is not there",
            _ERROR,
            "Files behind -r and -c of pip against the tree.",
        ),
        Rule(
            "release-pin",
            "Pinned release",
            _WARNING,
            "Exact versions in install commands against the metadata, this release, and with network the releases "
            "that the index has.",
        ),
        Rule(
            "missing-file",
            "File or folder that is not there",
            _ERROR,
            "Paths in commands, and paths that a sentence says are there, against the tree and against what "
            "earlier commands make.",
        ),
        Rule(
            "missing-module",
            "Module that does not exist",
            _ERROR,
            "Modules behind python -m, in import statements and in Django's INSTALLED_APPS against the packages of the "
            "tree.",
        ),
        Rule(
            "missing-name",
            "Name that the API does not have",
            _ERROR,
            "Imported names, attributes and keyword arguments in Python code against the source, where the source "
            "tells all of them.",
        ),
        Rule(
            "missing-target",
            "Target, script or environment that does not exist",
            _ERROR,
            "Make targets, npm scripts, tox environments, nox sessions and management commands against the files "
            "that define them.",
        ),
        Rule(
            "broken-link",
            "Link to a file that is not there",
            _WARNING,
            "Relative links, images, and addresses of files in the project's own repository against the tree.",
        ),
        Rule(
            "broken-anchor",
            "Link to a heading that is not there",
            _WARNING,
            "Fragments of links inside one document against its headings and anchors.",
        ),
        Rule(
            "misspelt-command",
            "Misspelt command",
            _ERROR,
            "First words and sub-commands that are one slip away from those of well-known tools or of the project, and "
            "programs that a sentence names under nearly the name of a console script.",
        ),
        Rule(
            "unknown-command",
            "Sub-command that the tool does not have",
            _ERROR,
            "Sub-commands against the table of well-known tools, those of setuptools and the project's own parsers.",
        ),
        Rule(
            "unknown-option",
            "Option that the tool does not have",
            _ERROR,
            "Options against the table of well-known tools and the project's own parsers, in commands, usage lines, help "
            "texts and alone in sentences of the README; values against those that an option lists.",
        ),
        Rule(
            "missing-argument",
            "Command without what it needs",
            _ERROR,
            "Commands that cannot do anything without an argument (python -m venv, git clone).",
        ),
        Rule(
            "flag-dashes",
            "Wrong dashes before an option",
            _ERROR,
            "A long option behind one dash or behind a typographic one.",
        ),
        Rule(
            "shell-syntax",
            "Command that the shell refuses",
            _ERROR,
            "Commands of shell blocks against the shell's grammar: unbalanced quotes, operators without a second "
            "half, lost continuations.",
        ),
        Rule(
            "unquoted-bound",
            "Version bound that the shell takes for a redirection",
            _ERROR,
            "Unquoted < and > in requirements of install commands.",
        ),
        Rule(
            "typographic-quotes",
            "Typographic quotes in a command",
            _ERROR,
            "Curly quotes in shell commands and in code.",
        ),
        Rule(
            "placeholder",
            "Placeholder whose value is known",
            _WARNING,
            "Placeholders in git clone against the repository in the metadata.",
        ),
        Rule(
            "windows-path",
            "Windows path in a POSIX block",
            _WARNING,
            "Backslash paths in blocks that are declared to be of a POSIX shell.",
        ),
        Rule(
            "install-before-environment",
            "Installed before the environment is made",
            _ERROR,
            "The order of installing and of making or entering a virtual environment in one section.",
        ),
        Rule(
            "wrong-order",
            "Steps in an order that cannot work",
            _ERROR,
            "The order of cloning, entering, installing, writing, migrating and testing in one section; "
            "tools before they are installed.",
        ),
        Rule(
            "used-before-installed",
            "Used before it is installed",
            _WARNING,
            "First uses of the project's programs and packages in a section for beginners, in the section that installs "
            "it and in the one right before, against the first place that says how to install it.",
        ),
        Rule(
            "environment-name",
            "Environment made under another name",
            _ERROR,
            "Names of virtual environments where they are made and where they are entered.",
        ),
        Rule(
            "wrong-folder",
            "Folder that the clone does not make",
            _ERROR,
            "The folder behind cd against that of the git clone before it.",
        ),
        Rule(
            "lead-without-command",
            "Sentence that its block does not keep",
            _WARNING,
            "What the sentence before a block announces against the commands in the block.",
        ),
        Rule(
            "install-section-empty",
            "Installation section that installs nothing",
            _ERROR,
            "Sections called installation against the commands and links in them.",
        ),
        Rule(
            "section-without-command",
            "Section that says to run and shows nothing to type",
            _WARNING,
            "Sections on tests against the commands, code and links in them.",
        ),
        Rule(
            "python-version",
            "Python version that the metadata contradict",
            _ERROR,
            "Python versions in sentences, badges and commands against requires-python and the classifiers.",
        ),
        Rule(
            "dependency-version",
            "Dependency version that the metadata contradict",
            _ERROR,
            "Versions of dependencies in sentences and install commands against the declared bounds.",
        ),
        Rule(
            "vague-version",
            "Version that cannot be checked",
            _WARNING,
            "Sentences that ask for a recent version of the language, where the metadata name one.",
        ),
        Rule(
            "dependency-claim",
            "Wrong claim about a dependency",
            _ERROR,
            "Sentences that call a dependency optional, or the project free of them, against the metadata.",
        ),
        Rule(
            "repository-url",
            "Address of another repository",
            _ERROR,
            "Addresses in git clone and pip install git+ against the repository in the metadata.",
        ),
        Rule(
            "other-name",
            "Made under one name, used under another",
            _ERROR,
            "Files, images and variables in commands against their neighbours: the output below, the commands "
            "before, the sentence that has them written.",
        ),
        Rule(
            "python-syntax",
            "Python code that does not parse",
            _ERROR,
            "Python blocks against the grammar; of fragments with dots only the brackets.",
        ),
        Rule(
            "missing-comma",
            "Two strings without a comma between them",
            _ERROR,
            "Neighbouring string literals in lists, which Python joins into one.",
        ),
        Rule(
            "data-syntax",
            "Configuration that does not parse",
            _ERROR,
            "JSON (also undeclared, where every row is of its form) and TOML blocks against their grammar; INI blocks "
            "for files that need a section.",
        ),
        Rule(
            "no-install",
            "No word on installation",
            _WARNING,
            "Documents hold a command or a link that installs the project.",
        ),
        Rule(
            "no-tests",
            "No word on running the tests",
            _WARNING,
            "Documents hold a command that runs the tests which the tree has.",
        ),
        Rule(
            "no-development-setup",
            "No word on setting up for development",
            _NOTE,
            "Documents say how to install the source at hand.",
        ),
        Rule(
            "no-prerequisites",
            "No word on what must be there first",
            _NOTE,
            "Documents name the versions of the language that the metadata ask for.",
        ),
        Rule(
            "no-usage",
            "No example of use",
            _WARNING,
            "Documents show a command or code that uses the project.",
        ),
        Rule(
            "no-licence",
            "No pointer to a licence",
            _NOTE,
            "The README names a licence, or the tree has the file.",
        ),
        Rule(
            "no-description",
            "No sentence that says what it is",
            _WARNING,
            "The README begins with a sentence of more than a few words.",
        ),
        Rule(
            "no-help",
            "No way to ask for help",
            _NOTE,
            "Documents name an issue tracker, a chat, an address or a guide for contributors.",
        ),
        Rule(
            "suppression-without-reason",
            "Suppression without a reason",
            _WARNING,
            "Comments and settings that switch a rule off say why.",
        ),
        Rule(
            "suppression-of-unknown-rule",
            "Suppression of a rule that does not exist",
            _WARNING,
            "Comments and settings that switch a rule off name one of this table.",
        ),
    )
}
"""Every rule by its name, in the order of the page."""
