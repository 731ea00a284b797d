"""The servers that tests start are real ones: they keep what was committed, and come back where they were."""

import psycopg
import pytest
import redis

from tests.services import postgresql, redis_server


@pytest.mark.needs("initdb")
def test_a_killed_postgresql_comes_back_with_what_was_committed() -> None:
    with postgresql() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE notes AS SELECT 'kept' AS text")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT text FROM notes").fetchall() == [("kept",)]


@pytest.mark.needs("redis-server")
def test_a_killed_redis_comes_back_empty() -> None:
    with redis_server() as server:
        redis.Redis.from_url(server.url).set("note", "lost")
        server.kill()
        server.start()
        assert redis.Redis.from_url(server.url).get("note") is None
