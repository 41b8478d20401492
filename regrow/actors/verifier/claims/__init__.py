"""Checks what the documents promise beside the tests: addresses, outputs, examples, statements. See docs/claims.md.

`planning` says what is done and what is not, with the reason; `doing` (the shell) does it in the room; `comparing` says whether
two texts agree and what had to be masked; `endpoints`, `outputs` and `statements` make one `CheckOutcome` of each promise.
"""

from regrow.actors.verifier.claims.promises import Tested, check_promises
from regrow.actors.verifier.claims.services import beside_services, services_of

__all__ = ["Tested", "beside_services", "check_promises", "services_of"]
