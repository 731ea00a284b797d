"""An open page, as far as its line goes: what it says and what it hears."""

import json
import time
import uuid
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.connection import Connection

Frame = dict[str, Any]
PATIENCE_S = 10.0
ANSWERS = {"sent", "refused", "pong"}


class Page:
    """One end of a line. Waiting is for a frame, with a time-out; nothing is slept."""

    def __init__(self, line: Connection) -> None:
        self.line = line
        self.received = 0

    def say(self, type: str, **fields: Any) -> None:
        self.line.send(json.dumps({"type": type, **fields}))

    def ask(self, type: str, **fields: Any) -> Frame:
        """Say something, and return what is answered; what is heard meanwhile is passed over."""
        self.say(type, **fields)
        return self.answer()

    def answer(self) -> Frame:
        deadline = time.monotonic() + PATIENCE_S
        while (frame := self.next(deadline))["type"] not in ANSWERS:
            pass
        return frame

    def post(self, conversation: str, body: str = "hello", client_id: str | None = None) -> Frame:
        """Send a message, and return the answer."""
        client_id = client_id or str(uuid.uuid4())
        return self.ask("send", conversation=conversation, client_id=client_id, body=body)

    def until(self, type: str, within_s: float = PATIENCE_S, **fields: Any) -> list[Frame]:
        """Return what is heard up to the first frame of this type with these fields, that one last."""
        deadline, heard = time.monotonic() + within_s, []
        while True:
            try:
                heard.append(self.next(deadline))
            except TimeoutError:
                raise AssertionError(f"No {type} {fields} within {within_s} s, but {heard}") from None
            if heard[-1]["type"] == type and fields.items() <= heard[-1].items():
                return heard

    def expect(self, type: str, within_s: float = PATIENCE_S, **fields: Any) -> Frame:
        """Return the next frame of this type with these fields."""
        return self.until(type, within_s, **fields)[-1]

    def heard(self) -> list[Frame]:
        """Return what lies on the line, up to the answer to a question asked now."""
        self.say("ping")
        return self.until("pong")[:-1]

    def close_code(self, within_s: float = PATIENCE_S) -> int | None:
        """Wait for the end of the line. Returns the code that the server closed it with, None when it was cut."""
        deadline = time.monotonic() + within_s
        try:
            while True:
                self.next(deadline)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    def next(self, deadline: float) -> Frame:
        """Return the next frame. Raises TimeoutError, or ConnectionClosed."""
        frame: Frame = json.loads(self.line.recv(timeout=max(deadline - time.monotonic(), 0.001)))
        self.received += 1
        return frame
