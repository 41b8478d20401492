"""The verifier: counts tests, says which copy they touched, and judges a run. What is here now is pure."""

from regrow.actors.verifier.counting import ReporterFacts, TestedModule, count_output, read_reporter, usage_error
from regrow.actors.verifier.instruments import Instrument, instrument, instrument_broke
from regrow.actors.verifier.judging import Expectations, Judgement, judge
from regrow.actors.verifier.masking import masks_added, masks_in
from regrow.actors.verifier.tested_copy import tested_copy

__all__ = [
    "Expectations",
    "Instrument",
    "Judgement",
    "ReporterFacts",
    "TestedModule",
    "count_output",
    "instrument",
    "instrument_broke",
    "judge",
    "masks_added",
    "masks_in",
    "read_reporter",
    "tested_copy",
    "usage_error",
]
