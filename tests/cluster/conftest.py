"""The cluster of `make cluster`, once for all tests that leave it as it was."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from .running import MANAGE, Cluster


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("static")
    collected = {**os.environ, "PARLEY_DATA": str(folder / "data"), "STATIC_ROOT": str(folder)}
    subprocess.run([sys.executable, MANAGE, "collectstatic", "--noinput", "-v0"], env=collected, check=True)
    return str(folder)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, static_root: str) -> Iterator[Cluster]:
    yield from running(Cluster(tmp_path_factory.mktemp("cluster"), static_root))


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory, static_root: str) -> Iterator[Cluster]:
    yield from running(Cluster(tmp_path_factory.mktemp("another"), static_root))


@pytest.fixture
def mortal(another: Cluster) -> Cluster:
    """A cluster that runs, and that a test may end."""
    if not another.is_running:
        another.start()
    return another


def running(made: Cluster) -> Iterator[Cluster]:
    made.start()
    try:
        yield made
    finally:
        made.stop()
