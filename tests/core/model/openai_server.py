"""Shell: a server that speaks as OpenAI's does, as far as a question needs it: answers in order, and what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Said", "serving"]


@dataclass
class Said:
    """What a server answers and has been asked.

    Attributes:
        answers: Texts of the model, the last one again and again; a number is sent as the HTTP status.
        asked: The bodies of all requests.
        keys: Their Authorization headers.
        delay_s: Before each answer.
    """

    answers: list[str | int]
    asked: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    delay_s: float = 0.0
    url: str = ""


@contextmanager
def serving(*answers: str | int, delay_s: float = 0.0) -> Iterator[Said]:
    """Serve on a free port of this machine."""
    said = Said(list(answers), delay_s=delay_s)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said.asked.append(body)
            said.keys.append(self.headers.get("Authorization", ""))
            time.sleep(said.delay_s)
            answer = said.answers.pop(0) if len(said.answers) > 1 else said.answers[0]
            status = answer if isinstance(answer, int) else 200
            message = {"role": "assistant", "content": answer if isinstance(answer, str) else ""}
            told = json.dumps(
                {
                    "id": "1", "object": "chat.completion", "created": 1, "model": "tiny",
                    "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                    "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
                }
            ).encode()  # fmt: skip
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
