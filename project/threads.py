"""Database work for the sockets: on a few threads of its own, so that one slow query delays nobody else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections

DATABASE_THREADS = 4

_threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="line")


async def in_thread(verb: Callable[..., Any], *args: Any) -> Any:
    """Run a verb that uses the database on one of the threads; return what it returns, raise what it raises."""

    def run() -> Any:
        close_old_connections()
        try:
            return verb(*args)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_threads, run)
