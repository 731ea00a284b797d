"""The server: pages, sockets and, unless told otherwise, the background worker in one process.

The worker runs on threads beside the loop that serves the sockets, so its news reach open pages without Redis:
chat.live hands them over to the loop. In a cluster the worker is a process of its own (`manage.py worker`).
"""

import socket
from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat import live
from project.server import Server, exit_within
from project.worker import Worker

# When a web process ends, all of its pages come to the others at once.
BACKLOG = 1024


class Command(BaseCommand):
    help = "Serve Parley, with its background worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen on (HOST)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (PORT)")
        parser.add_argument(
            "--worker", action=BooleanOptionalAction, default=True, help="run the background worker too (default)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        require_free(options["host"], options["port"])
        from project.asgi import application

        worker = Worker() if options["worker"] else None
        if worker is not None:
            worker.start()
        host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
        own = f"http://{host}:{options['port']}"
        if worker is None:
            self.stdout.write(f"A web process of Parley listens at {own}")
        else:
            self.stdout.write(f"Parley is at {settings.ORIGIN or own} (Ctrl-C stops it)")
        try:
            self._server(application, options["host"], options["port"]).run()
        finally:
            if worker is not None:
                worker.stop()
            exit_within()

    def _server(self, application: Any, host: str, port: int) -> Server:
        proxied = {}
        if settings.BEHIND_PROXY:
            proxied = {
                "proxy_forwarded_address_header": "X-Forwarded-For",
                "proxy_forwarded_port_header": "X-Forwarded-Port",
                "proxy_forwarded_proto_header": "X-Forwarded-Proto",
            }
        endpoints = [f"{place}:backlog={BACKLOG}" for place in build_endpoint_description_strings(host=host, port=port)]
        return Server(application, endpoints, last_words=live.finish, **proxied)


def require_free(host: str, port: int) -> None:
    """Raise CommandError, with a sentence, where nobody could listen."""
    # Daphne would log a failure to listen and end without an exit code.
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "a port is at most 65535"
        raise CommandError(
            f"Cannot listen on {host}:{port}: {reason}. Choose another PORT, or stop what uses it."
        ) from None
