"""Shell: one verification in this process, for `learning.py`: as `regrow verify`, and without the proof where asked."""

from __future__ import annotations

import argparse
import json
import uuid
from functools import partial
from pathlib import Path

import anyio

from regrow.config import load_settings
from regrow.daemon.verification import Folders, verify_once
from regrow.protocols.run_messages import StartRun
from regrow.protocols.verification import BuildConfig, MemoryUse, RunMetadata


def main() -> None:
    """Verify, and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--memory", default="none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--deadline", type=float, default=400.0)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--no-proof", action="store_true")
    options = parser.parse_args()
    run_id = str(uuid.uuid4())
    start = StartRun(
        run_id=run_id,
        configuration=BuildConfig(
            target=options.target,
            deadline_s=options.deadline,
            memory=MemoryUse(options.memory),
            seed=options.seed,
            replay=not options.no_proof,
        ),
        metadata=RunMetadata(triggered_by="learning", environment="dev", correlation_id=run_id),
    )
    folders = Folders(options.runs, options.runs / "regrow.db", load_settings().folders.cache_dir)
    ended = anyio.run(partial(verify_once, start, folders, lambda _news: None))
    results = ended.results
    print(
        json.dumps(
            {
                "verdict": ended.verdict.value,
                "recoveries": results.recoveries,
                "assumed": sum(len(used.assumed) for used in results.learned),
                "testsRun": results.tests.run if results.tests is not None else 0,
                "deviations": [each.description for each in results.deviations],
                "learned": [used.model_dump(mode="json", by_alias=True) for used in results.learned],
            }
        )
    )


if __name__ == "__main__":
    main()
