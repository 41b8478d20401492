"""`python -m tests.corpus`: see the package."""

import sys

from tests.corpus.runner import main

if __name__ == "__main__":
    sys.exit(main())
