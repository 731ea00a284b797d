"""One web process after the other is ended and started again, while people write through the proxy."""

import re
import signal

import pytest

from tests.live.serving import Browser

from .people import Poster, Reader, Writer
from .running import PASSWORD, Cluster, until

pytestmark = [pytest.mark.postgresql_only, pytest.mark.needs("initdb", "redis-server", "caddy")]

SERVICE_RESTART = 1012
WRITTEN_BETWEEN = 40


def session_of(cluster: Cluster, address: str) -> Browser:
    browser = Browser(cluster)
    browser.sign_in(address, PASSWORD)
    return browser


def stored(reader: Reader) -> dict[int, str]:
    """Return the whole conversation, as a page finds it that has nothing: position to client_id."""
    fresh = Reader(reader.cluster, reader.session, reader.conversation)
    fresh.catch_up()
    return fresh.shown


def test_a_rolling_restart_loses_nothing_and_says_nothing_twice(cluster: Cluster) -> None:
    alice, bob = (session_of(cluster, cluster.add(name)) for name in ("Alice", "Bob"))
    status, headers, _ = alice.ask("POST", "/c/", to="bob@example.org", body="hello")
    assert status == 303
    conversation = re.search(r"/c/([^/]+)/", headers["Location"])[1]  # type: ignore[index]

    sessions = [browser.cookies["sessionid"] for browser in (alice, bob)]
    writers = [Writer(cluster, session, conversation) for session in sessions for _ in range(2)]
    readers = [Reader(cluster, session, conversation) for session in sessions for _ in range(2)]
    poster = Poster(cluster, sessions[0], conversation)
    everybody = [*writers, *readers, poster]
    quiet = cluster.log
    for person in everybody:
        person.start()
    try:
        for name in ("web-1", "web-2"):
            said = sum(len(writer.acknowledged) for writer in writers)
            until(lambda: sum(len(writer.acknowledged) for writer in writers) >= said + WRITTEN_BETWEEN)  # noqa: B023
            cluster.restart(name, signal.SIGTERM)
        for writer in writers:
            writer.finish()
        poster.stop()
        last = len(stored(readers[0]))
        for page in (*writers, *readers):
            until(lambda: len(page.shown) == last, 15)  # noqa: B023
    finally:
        for person in everybody:
            person.stop()
    assert [person.trouble for person in everybody] == [None] * len(everybody)

    # Both processes had pages, which were told to come back, and by nothing else were they cut off.
    codes = [code for page in (*writers, *readers) for code in page.codes]
    assert set(codes) == {SERVICE_RESTART}
    assert len(codes) >= len(writers) + len(readers)
    # Nothing is lost, nothing doubled.
    truth = stored(readers[0])
    acknowledged = [name for writer in writers for name, _ in writer.acknowledged] + poster.acknowledged
    assert len(acknowledged) == len(set(acknowledged)) > 2 * WRITTEN_BETWEEN
    assert sorted(name for position, name in truth.items() if position > 1) == sorted(acknowledged)
    assert sorted(truth) == list(range(1, len(truth) + 1))
    # Everybody has the same, in the same order, each writer's own words in the order of writing.
    for page in (*writers, *readers):
        assert page.shown == truth
        assert page.doubled == []
    for writer in writers:
        positions = [position for _, position in writer.acknowledged]
        assert positions == sorted(positions)
        assert [truth[position] for position in positions] == [name for name, _ in writer.acknowledged]
    # Whoever reads or posts without a socket notices nothing.
    assert poster.unanswered_reads == []
    assert 502 not in poster.repeated
    # And for the operator nothing went wrong.
    assert "Traceback" not in cluster.log.removeprefix(quiet)
    assert "cut off" not in cluster.log.removeprefix(quiet)
