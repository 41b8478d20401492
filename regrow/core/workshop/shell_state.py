"""One shell over many steps: how a command is run so that `cd`, `export`, `source` and functions carry over (trap 4).

Each step is its own bash in the room, so that it has its own limits, output and layer. What the shell remembers lies in
a folder inside the room, is read before the command and written after it, and is therefore part of the step's layer: a
rollback or a resume brings back the shell that belongs to the files.

Remembered: the working folder, variables that differ from those that the room gave (exported or not, arrays too),
variables that were unset, functions, aliases. Not remembered: what bash keeps for itself, read-only variables, `set`
options. What the room gives (proxy addresses, home) is new in every step unless the documents change it. `set -o
pipefail` is on, so that `pytest | tee log` fails when pytest does; `set -e` is not, because a person's shell has it
not.

Standard input is empty: a command that asks gets end of file and not an answer.

Needs bash 4.4 or newer in the room, with mkdir, mv, rm and grep. Rejected: one bash for the whole run, fed over a pipe.
It cannot be rolled back, and one `exit` in a document ends it.
"""

from __future__ import annotations

import re
import shlex

__all__ = ["LOST_FOLDER_STATUS", "wrap"]

LOST_FOLDER_STATUS = 125
"""Exit status of the script when it cannot enter the folder where the step before ended. No shell command of ours gives
it.
"""

_OWN = (
    "BASH[A-Z_]*|EUID|UID|PPID|SHELLOPTS|_|SHLVL|PWD|OLDPWD|RANDOM|SECONDS|LINENO|EPOCH[A-Z]*|SRANDOM|DIRSTACK|"
    "FUNCNAME|GROUPS|HISTCMD|"
    "PIPESTATUS|OPTIND|OPTERR|OPTARG|IFS|PS4|COMP_[A-Z]*|REGROW_[A-Z]*|HOSTTYPE|MACHTYPE|OSTYPE|LINES|COLUMNS"
)


def wrap(command: str, state_dir: str, start_dir: str = ".") -> str:
    """A bash script that runs `command` in the shell that earlier steps left, and leaves its own.

    Args:
        command: Any bash text: several lines, here-documents, comments.
        state_dir: Absolute path of a folder inside the room, made when it is missing.
        start_dir: Where the first step begins; later steps begin where the step before ended.

    Returns:
        A script for `bash -c`, whose exit status is that of the command. The state is saved also when the command fails
        or calls `exit`; it is not when the step is killed.

    Raises:
        ValueError: `state_dir` is not an absolute path, or holds a line end.

    >>> "pipefail" in wrap("make", "/state")
    True
    """
    if not re.fullmatch(r"/[^\0\n]*", state_dir):
        message = f"state_dir must be an absolute path without line ends, got {state_dir!r}"
        raise ValueError(message)
    # The command goes through `eval` of a quoted word: a here-document or an unclosed quote in it then ends with the
    # word
    # and cannot swallow the lines that save the state. `declare -p` writes line ends as $'\n', so a line is a variable.
    return f"""\
REGROW_STATE={shlex.quote(state_dir)}
mkdir -p "$REGROW_STATE"
cd -- {shlex.quote(start_dir)} || exit {LOST_FOLDER_STATUS}
declare -p -x > "$REGROW_STATE/given"
_regrow_save() {{
  REGROW_STATUS=$?
  trap - EXIT
  set +eux
  unset -f _regrow_save
  declare -p | command -p grep -aE '^declare -' |
    command -p grep -avE '^declare -[a-zA-Z]*r|^declare -[a-zA-Z-]+ ({_OWN})(=|$)' |
    command -p grep -aFxv -f "$REGROW_STATE/given" > "$REGROW_STATE/variables.new"
  while IFS='= ' read -r _ _ REGROW_NAME _; do
    [ -n "${{!REGROW_NAME+set}}" ] || printf 'unset %s\\n' "$REGROW_NAME"
  done < "$REGROW_STATE/given" > "$REGROW_STATE/unset.new"
  declare -f > "$REGROW_STATE/functions.new"
  alias -p > "$REGROW_STATE/aliases.new"
  pwd > "$REGROW_STATE/folder.new"
  for REGROW_PART in variables unset functions aliases folder; do
    command -p mv -f "$REGROW_STATE/$REGROW_PART.new" "$REGROW_STATE/$REGROW_PART"
  done
  command -p rm -f "$REGROW_STATE/given"
  exit "$REGROW_STATUS"
}}
for REGROW_PART in variables unset functions aliases; do
  [ ! -s "$REGROW_STATE/$REGROW_PART" ] || . "$REGROW_STATE/$REGROW_PART"
done
if [ -s "$REGROW_STATE/folder" ]; then
  cd -- "$(<"$REGROW_STATE/folder")" || exit {LOST_FOLDER_STATUS}
fi
shopt -s expand_aliases
set -o pipefail
trap _regrow_save EXIT
eval {shlex.quote(command)} < /dev/null
"""
