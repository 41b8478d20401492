"""`python -m tests.verification_traps`: see the package."""

import sys

from tests.verification_traps.runner import main

if __name__ == "__main__":
    sys.exit(main())
