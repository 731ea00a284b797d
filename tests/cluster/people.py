"""People at their pages, by the rules of the page: repeat until acknowledged, come back, fetch what was missed."""

import json
import re
import threading
import time
import uuid
from contextlib import suppress

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from tests.live.serving import Browser

from .running import Cluster

ARTICLE = re.compile(r'<article[^>]*data-position="(\d+)"[^>]*data-client-id="([^"]*)"')
ANSWER_S = 10.0


class Reader(threading.Thread):
    """A page that shows one conversation: keeps what it was told, and repairs itself. Ends with stop()."""

    def __init__(self, cluster: Cluster, session: str, conversation: str) -> None:
        super().__init__(daemon=True)
        self.cluster = cluster
        self.browser = Browser(cluster, session)
        self.session, self.conversation = session, conversation
        self.version = 0
        self.shown: dict[int, str] = {}  # position: client_id
        self.codes: list[int | None] = []
        self.opened = 0
        self.doubled: list[int] = []
        self.trouble: BaseException | None = None
        self._ends = threading.Event()

    def run(self) -> None:
        try:
            while not self._ends.is_set():
                with suppress(OSError, InvalidHandshake, TimeoutError), self.line() as line:
                    self.opened += 1
                    self.live(line)
        except BaseException as trouble:
            self.trouble = trouble
            raise

    def line(self) -> ClientConnection:
        return connect(
            f"ws://127.0.0.1:{self.cluster.port}/ws/",
            origin=self.cluster.origin,  # type: ignore[arg-type]
            additional_headers={"Cookie": f"sessionid={self.session}"},
            proxy=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None,
        )

    def live(self, line: ClientConnection) -> None:
        """Listen until the line ends, from which this page then recovers."""
        try:
            line.send(json.dumps({"type": "open", "conversation": self.conversation, "version": self.version}))
            self.begin(line)
            while not self._ends.is_set():
                with suppress(TimeoutError):
                    self.hear(line, json.loads(line.recv(timeout=0.1)))
        except ConnectionClosed as end:
            self.codes.append(end.rcvd.code if end.rcvd else None)

    def begin(self, line: ClientConnection) -> None:
        """Do what a page does first on a new line."""

    def hear(self, line: ClientConnection, frame: dict[str, object]) -> None:
        if frame.get("conversation") != self.conversation:
            return
        if frame["type"] == "message" and frame["version"] == self.version + 1:
            self.version += 1
            self.show(int(str(frame["position"])), str(frame["client_id"]))
        elif frame["type"] in {"message", "stale"} and int(str(frame["version"])) > self.version:
            self.catch_up()

    def show(self, position: int, client_id: str) -> None:
        if position in self.shown:
            self.doubled.append(position)
        self.shown[position] = client_id

    def catch_up(self) -> None:
        """Fetch what changed, until there is no more."""
        more = True
        while more:
            path = f"/c/{self.conversation}/changes/?since={self.version}"
            status, headers, text = self.browser.ask("GET", path)
            assert status == 200, (status, text)
            for position, client_id in ARTICLE.findall(text):
                self.show(int(position), client_id)
            self.version, more = int(headers["Parley-Version"]), headers["Parley-More"] == "1"

    def stop(self) -> None:
        self._ends.set()
        self.join(ANSWER_S)


class Writer(Reader):
    """A page whose person writes all the time, one message after the other."""

    def __init__(self, cluster: Cluster, session: str, conversation: str) -> None:
        super().__init__(cluster, session, conversation)
        self.acknowledged: list[tuple[str, int]] = []  # client_id, position
        self.pending = ""
        self.repeated = 0
        self._finishes = threading.Event()

    def begin(self, line: ClientConnection) -> None:
        if self.pending:
            self.repeated += 1
        self.pending = self.pending or str(uuid.uuid4())
        self.send(line)

    def send(self, line: ClientConnection) -> None:
        body = f"I said {len(self.acknowledged)}"
        words = {"type": "send", "conversation": self.conversation, "client_id": self.pending, "body": body}
        line.send(json.dumps(words))

    def hear(self, line: ClientConnection, frame: dict[str, object]) -> None:
        super().hear(line, frame)
        assert frame["type"] != "refused", frame
        if frame["type"] == "sent" and frame["client_id"] == self.pending:
            self.acknowledged.append((self.pending, int(str(frame["position"]))))
            self.pending = ""
            if not self._finishes.is_set():
                self.pending = str(uuid.uuid4())
                self.send(line)

    def finish(self) -> None:
        """Say nothing new, and return when all that was said is acknowledged."""
        self._finishes.set()
        deadline = time.monotonic() + 3 * ANSWER_S
        while self.pending and self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not self.pending, "never acknowledged"


class Poster(threading.Thread):
    """A page without a socket: posts forms, one after the other, and repeats one that got no answer."""

    def __init__(self, cluster: Cluster, session: str, conversation: str) -> None:
        super().__init__(daemon=True)
        self.browser = Browser(cluster, session)
        self.conversation = conversation
        self.acknowledged: list[str] = []
        self.repeated: list[int | str] = []  # with what was answered instead
        self.unanswered_reads: list[int] = []
        self.trouble: BaseException | None = None
        self._ends = threading.Event()

    def run(self) -> None:
        try:
            while not self._ends.is_set():
                self.post(str(uuid.uuid4()))
                status, _ = self.browser.get(f"/c/{self.conversation}/changes/?since=0")
                if status != 200:
                    self.unanswered_reads.append(status)
        except BaseException as trouble:
            self.trouble = trouble
            raise

    def post(self, client_id: str) -> None:
        while True:
            try:
                fields = {"client_id": client_id, "body": "posted"}
                status, _ = self.browser.post(f"/c/{self.conversation}/messages/", **fields)
            except OSError as error:
                self.repeated.append(type(error).__name__)
                continue
            if status in {200, 303}:
                self.acknowledged.append(client_id)
                return
            assert status >= 500, status
            self.repeated.append(status)

    def stop(self) -> None:
        self._ends.set()
        self.join(2 * ANSWER_S)
