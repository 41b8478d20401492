"""The board that shows what runs do: news of a step is given the time of its run."""

from __future__ import annotations

from regrow.core.progress import ProgressBoard, RunNews
from regrow.protocols.run_messages import RunProgress
from regrow.protocols.status import BuildStatus


def news(elapsed_ms: int = 0, run_id: str = "one") -> RunProgress:
    return RunProgress(run_id=run_id, status=BuildStatus.BUILDING, elapsed_ms=elapsed_ms)


def test_news_without_a_time_goes_on_from_what_its_run_has_said() -> None:
    time_s = 100.0
    board, heard = ProgressBoard(lambda: time_s), list[RunNews]()
    board.listen(heard.append)
    board.publish(news())  # nothing is known yet
    board.publish(news(2_000))
    time_s = 101.5
    board.publish(news())
    board.publish(news(run_id="another"))
    board.publish(news(9_000))  # the run's own word counts
    time_s = 102.0
    board.publish(news())
    assert [one.elapsed_ms for one in heard if isinstance(one, RunProgress)] == [0, 2_000, 3_500, 0, 9_000, 9_500]
