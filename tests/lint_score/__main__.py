"""`python -m tests.lint_score`: see the package."""

import sys

from tests.lint_score.runner import main

if __name__ == "__main__":
    sys.exit(main())
