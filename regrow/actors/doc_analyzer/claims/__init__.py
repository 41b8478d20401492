"""What the documents promise and a run can see: servers, addresses, outputs, examples, statements. All pure.

Each finding has its place and a confidence, which says how sure it is that the documents mean this. What is then done about
it is the verifier's: only what is both meant (0.9 and more) and shown to be wrong costs a verdict.
"""

from regrow.actors.doc_analyzer.claims.arithmetic import arithmetic_in
from regrow.actors.doc_analyzer.claims.endpoints import endpoints_in
from regrow.actors.doc_analyzer.claims.examples import examples_in
from regrow.actors.doc_analyzer.claims.outputs import outputs_in
from regrow.actors.doc_analyzer.claims.servers import servers_in
from regrow.actors.doc_analyzer.claims.statements import statements_in

__all__ = ["arithmetic_in", "endpoints_in", "examples_in", "outputs_in", "servers_in", "statements_in"]
