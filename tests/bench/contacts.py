"""Address books: a first sync, the next ones, and the pages over a large book."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import django
from django.conf import settings

from tests.bench.figures import Figure, Finished, finish, median_ms
from tests.contacts.directories.dav_servers import DavServer, radicale

OWNER, PASSWORD = "alice@example.org", "correct horse battery"
GIVEN = "Ada Ben Chloé Dana Emil Fatima Greta Hugo Ines Jakub Karin Lars Mei Noor Otto Petra Quirin Rosa Sami Tomáš"
FAMILY = "Abel Berger Costa Dvořák Eriksen Fischer Garcia Horák Ito Jansen Kowalski Lund Meyer Novák Olsen Park"


def card(number: int, note: str = "") -> str:
    """Return a card as phones write them, about 450 bytes."""
    random = Random(number)
    given, family = random.choice(GIVEN.split()), f"{random.choice(FAMILY.split())}{number}"
    lines = [
        "BEGIN:VCARD", "VERSION:3.0", f"UID:bench-{number}", f"FN:{given} {family}", f"N:{family};{given};;;",
        f"EMAIL;TYPE=HOME:{given.lower()}.{number}@mail.example", f"EMAIL;TYPE=WORK:{number}@company.example",
        f"TEL;TYPE=CELL:+44 7{number:09}", f"TEL;TYPE=WORK:+44 20 7946 {number % 10000:04}",
        f"ADR;TYPE=HOME:;;{number % 200} Main Street;Leeds;;LS1 4AP;United Kingdom",
        f"ORG:Company {number % 300};Sales", "TITLE:Engineer", f"NOTE:{note or 'Met at a fair.'}",
        f"REV:2024-01-{number % 28 + 1:02}T10:00:00Z", "END:VCARD", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def measure(cards: int) -> list[Figure]:
    """Return all figures of address books, for a book of that many cards."""
    _manage("migrate", "--verbosity=0")
    _manage("adduser", OWNER, "--name=Alice", "--password-stdin", said=PASSWORD)
    with radicale() as server:
        server.fill("main", {f"{number}.vcf": card(number) for number in range(cards)})
        figures = [*_first_sync(server, cards), *_next_syncs(server)]
    return [*figures, *_pages(cards)]


def _first_sync(server: DavServer, cards: int) -> list[Figure]:
    _manage(
        "add_directory", f"--owner={OWNER}", "--backend=carddav", f"--url={server.url}", "--name=Bench",
        f"--username={server.credential['username']}", "--password-stdin", said=server.credential["password"],
    )  # fmt: skip
    _kill_half_way(cards)
    before = _count("contacts_party")
    _manage("sync_directories", "--json")
    doubles = _count("contacts_party") - cards
    _forget_everything()
    done = _manage("sync_directories", "--json")
    result = json.loads(done.output)
    assert result["created"] == cards, result
    start = _manage("sync_directories", "--owner=nobody@example.org", "--json", may_fail=True)
    return [
        Figure("first sync: CPU of the worker", done.cpu_s - start.cpu_s, "s", 20.0 * cards / 10_000),
        Figure("first sync: waiting for the server", result["seconds"] - done.cpu_s + start.cpu_s, "s"),
        Figure("first sync: peak memory", done.memory_mb, "MB", 300),
        Figure("killed half way: cards that were there", before, "cards"),
        Figure("killed half way: doubles after the next", doubles, "cards", 0),
    ]


def _kill_half_way(cards: int) -> None:
    process, _ = _start("sync_directories", "--json")
    while _count("contacts_party") < cards // 2:
        if process.poll() is not None:
            raise SystemExit("The first sync ended before it could be killed.")
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _execute("UPDATE contacts_directory SET lease_until = NULL")  # instead of waiting until the lease ends


def _next_syncs(server: DavServer) -> list[Figure]:
    same = json.loads(_manage("sync_directories", "--json").output)
    server.put("main", "17.vcf", card(17, note="Has moved."))
    changed = json.loads(_manage("sync_directories", "--json").output)
    assert (same["updated"], changed["updated"]) == (0, 1), (same, changed)
    return [
        Figure("nothing changed: requests", same["requests"], "requests", 1),
        Figure("nothing changed: received", same["bytes_received"], "bytes", 1000),
        Figure("one card changed: requests", changed["requests"], "requests", 4),
        Figure("one card changed: received", changed["bytes_received"], "bytes", 5000),
    ]


def _pages(cards: int) -> list[Figure]:
    django.setup()
    settings.ALLOWED_HOSTS = ["*"]
    from django.test import Client

    from project.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=OWNER))

    def get(address: str, **headers: str) -> None:
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200, answer.status_code

    def typed(text: str) -> None:
        get(f"/contacts/?q={text}", hx_request="true", hx_target="div#book")

    words = [f"{word.lower()[:3]}" for word in FAMILY.split()]
    return [
        Figure(f"list of {cards}, first page", median_ms(lambda _: get("/contacts/")), "ms", 50),
        Figure(f"search over {cards}", median_ms(lambda n: get(f"/contacts/?q={words[n % len(words)]}")), "ms", 50),
        Figure("the same while typing", median_ms(lambda n: typed(words[n % len(words)])), "ms", 50),
        Figure("a number while typing", median_ms(lambda n: typed(f"7946 {n:04}")), "ms", 50),
    ]


def _start(*words: str, said: str = "") -> "tuple[subprocess.Popen[str], float]":
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(f"{said}\n")
    process.stdin.close()
    return process, started


def _manage(*words: str, said: str = "", may_fail: bool = False) -> Finished:
    return finish(*_start(*words, said=said), may_fail=may_fail)


def _database() -> Path:
    return Path(settings.PARLEY_DATA) / "parley.sqlite3"


def _execute(statement: str) -> None:
    with sqlite3.connect(_database(), timeout=30) as connection:
        connection.execute(statement)


def _count(table: str) -> int:
    with sqlite3.connect(_database(), timeout=30) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _forget_everything() -> None:
    """Bring the book back to before its first sync; the directory stays connected."""
    for table in ("partyhandle", "address", "affiliation", "groupmember", "person", "organization"):
        _execute(f"DELETE FROM contacts_{table}")
    for table in ("handle", "party"):
        _execute(f"DELETE FROM contacts_{table}")
    _execute("UPDATE contacts_folder SET sync_token = '', ctag = '', listed_at = NULL")
