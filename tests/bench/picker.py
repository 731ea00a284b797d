"""The picker: what a key press asks of the server, over a large book and many accounts."""

import time
from collections.abc import Callable
from statistics import median, quantiles

from django.conf import settings

from tests.bench.contacts import FAMILY, GIVEN, OWNER, card
from tests.bench.figures import Figure

ACCOUNTS, TIED = 2000, 500
ROUNDS = 5
# What people type: one to four letters, two words, nobody, numbers in several writings, parts of addresses, ideographs.
QUERIES = [
    "a", "n", "no", "be", "nov", "dvo", "ada", "novak", "kowa", "novak ada", "ber hug", "zzz", "qqqq", "account1",
    "7946", "020 7946 00", "+44 7", "0044 20 7946 0123", "0700000017", "mail.example", "17@comp", "ada.1", "company 12",
    "\u5c71", "\u5c71\u7530", "guest@new.example", "+49 170 1234567",
]  # fmt: skip


def measure(cards: int) -> list[Figure]:
    """Return the figures for the book that tests.bench.contacts left behind, of that many cards."""
    settings.ALLOWED_HOSTS = ["*"]
    from django.test import Client

    from project.accounts.models import User

    owner = User.objects.get(email=OWNER)
    _open_accounts(owner.pk, cards)
    client = Client()
    client.force_login(owner)

    def typed(text: str) -> None:
        """Ask as the page does while somebody types."""
        asked = {"hx_request": "true", "hx_target": "div#picker-results"}
        answer = client.post("/new/", {"q": text}, headers=asked)
        assert answer.status_code == 200, answer.status_code

    taken, cpu = _all_ms(typed)
    name = f"picker over {cards} contacts, {ACCOUNTS} accounts"
    hundredths = quantiles(taken, n=100, method="inclusive")
    return [
        Figure(f"{name}: a key press, median", hundredths[49], "ms", 50),
        Figure(f"{name}: a key press, 95th percentile", hundredths[94], "ms", 100),
        Figure(f"{name}: a key press, slowest", taken[-1], "ms"),
        Figure(f"{name}: CPU of a key press, median", median(cpu), "ms"),
    ]


def _all_ms(typed: Callable[[str], None]) -> tuple[list[float], list[float]]:
    """Return how many milliseconds each query took, and how many of them on a CPU, the quickest first."""
    for text in QUERIES:
        typed(text)
    taken, cpu = [], []
    for text in QUERIES * ROUNDS:
        started, worked = time.perf_counter(), time.process_time()
        typed(text)
        taken.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return sorted(taken), sorted(cpu)


def _open_accounts(owner_id: int, cards: int) -> None:
    """Make accounts, some of which are those of people in the book, and conversations with the newest of them."""
    from allauth.account.models import EmailAddress
    from django.db import transaction

    from chat.models import Conversation
    from contacts.models import Party
    from contacts.models.locks import lock_book
    from contacts.models.ties import tie_addresses
    from project.accounts.models import User
    from project.words import fold

    given, family = GIVEN.split(), FAMILY.split()
    people = [_named_on(card(number * (cards // TIED or 1))) for number in range(min(TIED, cards))]
    people += [
        (f"{given[n % len(given)]} {family[n % len(family)]} Account{n}", f"account{n}@server.example")
        for n in range(ACCOUNTS - len(people))
    ]
    accounts = User.objects.bulk_create(
        User(email=email.lower(), display_name=name, password="!", search_text=f" {fold(name)}")
        for name, email in people
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in accounts
    )
    with transaction.atomic():
        lock_book(owner_id)
        tie_addresses(owner_id, [user.email for user in accounts])
    tied = Party.objects.filter(owner=owner_id).exclude(user=None).count()
    assert tied == min(TIED, cards), tied
    owner = User.objects.get(pk=owner_id)
    for user in accounts[::20]:
        Conversation.start(owner, [user]).post("Hello", by=user)


def _named_on(vcard: str) -> tuple[str, str]:
    """Return the name and the private address on a card of the bench."""
    lines = dict(line.partition(":")[::2] for line in vcard.splitlines())
    return lines["FN"], lines["EMAIL;TYPE=HOME"]
