"""A book is its owner's, and whether an address has an account is nobody's business: door by door, from carol's side.

Carol asks at each door twice, in two worlds that differ in nothing but what she must not learn. The answers have to be
equal, and so has what was asked of the database, for a clock could tell them apart.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from chat.models import Conversation
from contacts.models import ContactGroup, Directory, Folder, Handle, Party, PartyHandle
from project.accounts.models import User
from tests.cast import account, signed_in
from tests.contacts.cast import contact, email, folder_of, placed
from tests.contacts.views.pages import fields

from .cast import Committed
from .pages import get, url

ABSENT = "0000000000000000"
ABSENT_TOO = "1111111111111111"
SECRET = "zdenka@secret.example"
STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# What differs between two answers that say the same: ids, moments and tokens.
CHANGING = re.compile(
    r"[0-9a-hjkmnp-tv-z]{16}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,64}|[0-9A-Za-z]{64}|[0-9A-Za-z_-]{20,}(?=/)"
    r"|\d{4}-\d\d-\d\d[T ][\d:.+]+|\d\d:\d\d|data-activity=.\d+|hue-\d+|\d{16}|\.?e[yJ][\w-]{10,}:[\w.:-]+|REV:\w+"
)


@pytest.fixture
def secret(alice: User) -> Party:
    """zdenka stands in alice's book, and nowhere else."""
    (party,) = placed(folder_of(alice, "Hidden"), contact("Zdenka Tajná", email(SECRET, "work"), categories=("Tajní",)))
    return party


@pytest.fixture
def hers(carol: User) -> Client:
    """carol's browser."""
    return signed_in(carol)


# --- Comparing two answers -------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    status: int
    content: str
    where: str
    letters: int
    statements: list[str]


def answer(doing: Callable[[], Any], committed: Committed) -> Answer:
    """Do something, take it back, and return what was answered, without what always differs."""
    mail.outbox.clear()
    before = transaction.savepoint()
    try:
        with CaptureQueriesContext(connection) as queries, committed():
            response = doing()
        statements = [query["sql"].split()[0] for query in queries if query["sql"].startswith(STATEMENTS)]
        content, where = response.content.decode(), response.get("Location", "")
        if response.status_code == 303 and where.startswith("/c/"):  # and what is to be seen there
            pages = (where, f"{where.removesuffix('people/')}people/", reverse("chat:inbox"))
            content = "".join(response.client.get(page).content.decode() for page in pages)
        return Answer(
            response.status_code, CHANGING.sub("…", content), CHANGING.sub("…", where), len(mail.outbox), statements
        )
    finally:
        transaction.savepoint_rollback(before)


# --- A book is its owner's -------------------------------------------------------------------------------------------


def patterns(resolver: Any = None, names: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Every address of the server that takes ids of ours: its name, and the names of the ids."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLPattern):
            converters = {key: type(value).__name__ for key, value in one.pattern.converters.items()}
            if converters and set(converters.values()) == {"PublicIdConverter"} and one.name:
                yield ":".join([*names, one.name]), list(converters)
        elif one.namespace != "admin":
            yield from patterns(one, (*names, one.namespace) if one.namespace else names)


def test_the_list_of_doors_is_what_it_should_be() -> None:
    found = [name for name, _ in patterns()]
    assert {"chat:person", "chat:conversation", "contacts:party", "contacts:confirm", "account_picture"} <= set(found)
    assert len(found) > 50


@pytest.mark.parametrize(("name", "ids"), list(patterns()))
def test_whatever_is_alices_looks_to_carol_as_if_it_were_not_there(
    name: str, ids: list[str], hers: Client, secret: Party, alice: User, bob: User
) -> None:
    talk = Conversation.start(alice, [bob])
    theirs: list[Any] = [
        secret, talk, Handle.objects.get(), Folder.objects.get(), Directory.objects.get(), ContactGroup.objects.get(),
    ]  # fmt: skip
    form = {"party": secret.public_id, "group": theirs[-1].public_id, "to": secret.public_id, "body": "x", "since": 0}
    for ask in (hers.get, hers.post):
        absent = ask(reverse(name, args=[ABSENT, ABSENT_TOO][: len(ids)]), form)
        for one in theirs:
            for other in theirs[:2] if len(ids) > 1 else [one]:
                there = ask(reverse(name, args=[one.public_id, other.public_id][: len(ids)]), form)
                assert there.status_code == absent.status_code, one
                assert CHANGING.sub("…", there.content.decode()) == CHANGING.sub("…", absent.content.decode()), one
    assert Party.objects.in_book().filter(owner=alice).get() == secret
    assert PartyHandle.objects.get().is_dismissed is False


QUERIES = ["Zdenka", "Tajná", "Taj", SECRET, "secret.example", "Tajní"]


@pytest.mark.parametrize("asked", QUERIES)
def test_no_search_of_carols_finds_whom_alice_knows(
    asked: str, hers: Client, secret: Party, carol: User, dave: User
) -> None:
    talk = Conversation.start(carol, [dave], "Ours")
    for page in ("/new/", "/contacts/", url("people", talk), url("person", dave), "/"):
        shown = hers.get(page, {"q": asked}).content.decode().replace(f'value="{asked}"', "")
        assert secret.public_id not in shown, page
        for word in {"Zdenka", "Tajná", "Tajní", SECRET} - {asked}:
            assert word not in shown, page


def test_alice_finds_her_by_all_of_these(secret: Party, alice: User) -> None:
    """Or the doors above would be closed to everybody."""
    for asked in QUERIES[:5]:
        assert secret.public_id in signed_in(alice).get("/new/", {"q": asked}).content.decode(), asked


ASKING: dict[str, Callable[[Client], Any]] = {
    "search": lambda client: client.get("/new/", {"q": SECRET}),
    "choose": lambda client: client.get("/new/", {"to": SECRET}),
    "paste": lambda client: client.post("/new/", {"q": f"{SECRET}, other@example.org"}),
    "start": lambda client: client.post("/c/", {"to": SECRET, "body": "hello"}),
    "start a group": lambda client: client.post("/c/", {"to": [SECRET, "dave@example.org"], "title": "Us"}),
    "search the book": lambda client: client.get("/contacts/", {"q": SECRET}),
    "enter": lambda client: client.post("/contacts/new/", entered(client, "Zdenka", SECRET)),
}


def entered(client: Client, name: str, address: str) -> dict[str, Any]:
    """The form of a new contact, filled in."""
    return {**fields(get(client, "/contacts/new/"), "party-form"), "given_name": name, "handles-1-value": address}


@pytest.mark.parametrize("door", ASKING)
def test_an_address_of_somebody_elses_book_is_answered_as_one_that_is_nowhere(
    door: str, hers: Client, alice: User, dave: User, committed: Committed
) -> None:
    answer(lambda: ASKING[door](hers), committed)  # what is kept between requests is known by now
    nowhere = answer(lambda: ASKING[door](hers), committed)
    placed(folder_of(alice), contact("Zdenka Tajná", email(SECRET)))
    known = answer(lambda: ASKING[door](hers), committed)
    assert known.status < 400
    assert known == nowhere


@pytest.mark.parametrize("form", [{"to": "{}"}, {"to": "{}/{handle}"}, {"to": "{group}"}])
def test_a_contact_of_somebody_else_is_nobody_to_write_to(
    form: dict[str, str], hers: Client, secret: Party, committed: Committed
) -> None:
    ids = {"handle": Handle.objects.get().public_id, "group": ContactGroup.objects.get().public_id}
    there = {"to": form["to"].format(secret.public_id, **ids), "body": "hello"}
    absent = {"to": form["to"].format(ABSENT, handle=ABSENT, group=ABSENT), "body": "hello"}
    for send in (lambda to: hers.post("/c/", to), lambda to: hers.get("/new/", to)):
        assert answer(lambda send=send: send(there), committed) == answer(lambda send=send: send(absent), committed)


def test_what_alice_calls_bob_is_on_no_page_of_carol_and_none_of_bob(alice: User, bob: User, carol: User) -> None:
    bob.confirm_address()
    placed(folder_of(alice), contact("Robert Tajný", email("bob@example.org")))
    group = Conversation.start(alice, [bob, carol], "Us")
    group.post("hello", by=bob)
    pages = ["/", "/new/", "/new/?q=bob", "/names/", url("conversation", group), url("people", group)]
    for person in (carol, bob):
        for page in [*pages, url("person", bob if person is carol else alice)]:
            assert "Tajný" not in signed_in(person).get(page, follow=True).content.decode(), page
    assert "Tajný" in signed_in(alice).get(url("people", group)).content.decode()


# --- With MEMBERS_FIND_EACH_OTHER off: whether an address has an account ---------------------------------------------


ERIN = "erin@example.org"


@pytest.fixture
def hidden(settings) -> None:
    """Members do not find each other."""
    settings.MEMBERS_FIND_EACH_OTHER = False


@pytest.fixture
def erina(carol: User) -> Party:
    """Somebody of carol's book who may have an account."""
    (party,) = placed(folder_of(carol), contact("Erina One", email(ERIN, "work")))
    return party


def signed_up(name: str) -> User:
    user = account(name)
    user.confirm_address()
    return user


def in_group(client: Client, verb: str, **form: Any) -> Any:
    talk = Conversation.objects.get(title="Ours")
    return getattr(client, verb)(url("people", talk), form)


# What is done: with the address ERIN, or with the contact that has it.
Door = Callable[[Client, Party], Any]
DOORS: dict[str, Door] = {
    "search an address": lambda client, party: client.get("/new/", {"q": ERIN}),
    "search a part": lambda client, party: client.get("/new/", {"q": "eri"}),
    "search an own name": lambda client, party: client.get("/new/", {"q": "Erin"}),
    "choose an address": lambda client, party: client.get("/new/", {"to": ERIN}),
    "choose a contact": lambda client, party: client.get("/new/", {"to": party.public_id}),
    "paste": lambda client, party: client.post("/new/", {"q": f"{ERIN}, dave@example.org"}),
    "start by address": lambda client, party: client.post("/c/", {"to": ERIN, "body": "hello"}),
    "start by contact": lambda client, party: client.post("/c/", {"to": party.public_id, "body": "hello"}),
    "start by handle": lambda client, party: client.post(
        "/c/", {"to": f"{party.public_id}/{party.handles.get().public_id}", "body": "hello"}
    ),
    "start empty": lambda client, party: client.post("/c/", {"to": ERIN}),
    "start a group": lambda client, party: client.post("/c/", {"to": [ERIN, "x@example.org"], "title": "Us"}),
    "search to add": lambda client, party: in_group(client, "get", q=ERIN),
    "add to a group": lambda client, party: in_group(client, "post", to=ERIN),
    "add a contact to a group": lambda client, party: in_group(client, "post", to=party.public_id),
    "names": lambda client, party: client.get("/names/"),
    "page of a contact": lambda client, party: client.get(f"/contacts/{party.public_id}/"),
    "card": lambda client, party: client.get(f"/contacts/{party.public_id}/card/"),
    "form of a contact": lambda client, party: client.get(f"/contacts/{party.public_id}/edit/"),
    "merge": lambda client, party: client.get(f"/contacts/{party.public_id}/merge/"),
    "search the book": lambda client, party: client.get("/contacts/", {"q": ERIN}),
    "review": lambda client, party: client.get("/contacts/review/"),
    "enter another": lambda client, party: client.post("/contacts/new/", entered(client, "Erina", ERIN)),
    "ask for a password": lambda client, party: client.post("/accounts/password/reset/", {"email": ERIN}),
}


# What is answered is the same, but something follows from it: a letter, or that Parley knows (and does not say) whose
# account that is.
FOLLOWED = {"ask for a password", "enter another", "start by handle"}


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("door", DOORS)
def test_an_address_with_an_account_is_answered_as_one_without(
    door: str, hers: Client, carol: User, dave: User, erina: Party, committed: Committed
) -> None:
    Conversation.start(carol, [dave], "Ours").post("hello", by=dave)
    client = Client() if "password" in door else hers
    answer(lambda: DOORS[door](client, erina), committed)  # what is kept between requests is known by now

    guest = answer(lambda: DOORS[door](client, erina), committed)
    erin = signed_up("Erin")
    assert Party.objects.get(user=erin) == erina
    member = answer(lambda: DOORS[door](client, erina), committed)

    assert guest.status < 400
    if door in FOLLOWED:
        member, guest = (one._replace(statements=[]) for one in (member, guest))
    if door == "ask for a password":
        member, guest = (one._replace(letters=0) for one in (member, guest))
    assert member == guest


@pytest.mark.parametrize("door", ["search an address", "start by address", "page of a contact"])
def test_where_members_find_each_other_these_doors_tell_both_apart(
    door: str, hers: Client, dave: User, erina: Party, committed: Committed
) -> None:
    """Or the test above would see nothing."""
    guest = answer(lambda: DOORS[door](hers, erina), committed)
    signed_up("Erin")
    assert answer(lambda: DOORS[door](hers, erina), committed).content != guest.content


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("asked", ["Erin", "eri", ERIN])
def test_nobody_is_found_by_what_they_call_themselves(asked: str, dave: User) -> None:
    erin = signed_up("Erin")
    for page in ("/new/", "/"):
        assert erin.public_id not in signed_in(dave).get(page, {"q": asked}).content.decode()


@pytest.mark.usefixtures("hidden")
def test_an_account_id_is_nobody_to_write_to(hers: Client, committed: Committed) -> None:
    erin = signed_up("Erin")
    there = answer(lambda: hers.post("/c/", {"to": erin.public_id, "body": "hello"}), committed)
    absent = answer(lambda: hers.post("/c/", {"to": ABSENT, "body": "hello"}), committed)
    assert there == absent
    assert there.status == 422


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("name", ["person", "add_contact", "recognise", "deny", "block", "unblock"])
def test_the_page_of_an_account_that_one_may_not_know_is_answered_as_of_none(
    name: str, hers: Client, erina: Party, committed: Committed
) -> None:
    erin = signed_up("Erin")
    ask, form = hers.get if name == "person" else hers.post, {"party": erina.public_id}
    there = answer(lambda: ask(url(name, erin), form), committed)
    assert there == answer(lambda: ask(url(name, ABSENT), form), committed)
    assert there.status == 404
