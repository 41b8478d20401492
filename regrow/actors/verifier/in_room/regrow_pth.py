"""Shell: lets the interpreter that runs this import our modules even where a step sets PYTHONPATH itself.

One `.pth` file in the interpreter's own folder of packages, in the layer of the test step, which is dropped afterwards.
"""

import os
import sysconfig

_here = os.path.dirname(os.path.abspath(__file__))
_line = "import sys; {0!r} in sys.path or sys.path.append({0!r}); import regrow_seen\n".format(_here)
try:
    _folder = sysconfig.get_paths()["purelib"]
    if not os.path.isdir(_folder):
        os.makedirs(_folder)
    with open(os.path.join(_folder, "regrow.pth"), "w") as _file:
        _file.write(_line)
except (OSError, KeyError):
    pass
