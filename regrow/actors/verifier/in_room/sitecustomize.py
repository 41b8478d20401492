"""Shell: what Python imports when it starts with our folder on its path; it does what the room's own would have done.

Python looks for one `sitecustomize` only, so that ours hides another: that one is run too.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
try:
    import regrow_seen
except Exception:  # An interpreter that cannot read it goes without.
    regrow_seen = None
for _folder in sys.path:
    _other = os.path.join(_folder, "sitecustomize.py")
    if os.path.abspath(_folder) != _here and os.path.isfile(_other):
        with open(_other) as _file:
            exec(compile(_file.read(), _other, "exec"))  # noqa: S102
        break
