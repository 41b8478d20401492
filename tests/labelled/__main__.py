"""`python -m tests.labelled`: see the package."""

import sys

from tests.labelled.measuring import main

if __name__ == "__main__":
    sys.exit(main())
