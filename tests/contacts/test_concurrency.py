"""Several writers of one book at once: two syncs, an edit, a decision. Nothing is lost, and nobody waits for ever."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from contacts.models import Directory, Handle, Party, PartyHandle
from project.accounts.models import User
from tests.contacts.test_sync import card

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = 60


def directory_of(owner: User, name: str) -> Directory:
    """A directory whose every card shares an address with the card of that number in the other directories."""
    held = {
        f"{n}.vcf": card(f"{name} {n}", f"EMAIL:shared{n}@example.org", f"EMAIL:{name}{n}@example.org")
        for n in range(NUMBER)
    }
    config = {"books": [{"href": f"/{name}/", "name": name, "cards": held}]}
    return Directory.objects.create(owner=owner, backend_class="memory", name=name, config=config)


def at_once(*verbs: Callable[[], object]) -> None:
    """Run verbs in threads of their own, started together; raise what one of them raised."""
    start, raised = threading.Barrier(len(verbs)), []

    def run(verb: Callable[[], object]) -> None:
        try:
            start.wait(10)
            verb()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[verb]) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if raised:
        raise raised[0]


def test_two_directories_of_one_book_are_synced_at_once(alice: User) -> None:
    one, other = directory_of(alice, "one"), directory_of(alice, "other")
    at_once(one.sync, other.sync)
    assert Party.objects.of(alice).count() == 2 * NUMBER
    assert Handle.objects.count() == 3 * NUMBER
    shared = Handle.objects.filter(value__startswith="shared")
    assert all(sorted(link.confidence for link in handle.links.all()) == [0.3, 1.0] for handle in shared)
    before = dict(Handle.objects.values_list("pk", "party"))
    Handle.objects.resolve(list(before))
    assert dict(Handle.objects.values_list("pk", "party")) == before
    assert Party.objects.recount() == 0


def test_an_edit_and_a_sync_of_the_same_card_keep_both_changes(alice: User) -> None:
    directory = directory_of(alice, "one")
    directory.sync()
    party = Party.objects.get(display_name="one 0")
    says = party.contact()
    for n in range(NUMBER):
        directory.config["books"][0]["cards"][f"{n}.vcf"] = card(f"one {n}", f"EMAIL:new{n}@example.org")
    directory.save()
    at_once(directory.sync, lambda: party.edit(says, type(says)(**{**vars(says), "notes": "mine"})))
    party = Party.objects.get(pk=party.pk)
    assert party.notes == "mine"
    assert [link.handle.value for link in party.links.all()] == ["new0@example.org"]
    assert b"new0@example.org" in bytes(party.raw_vcard)


def test_decisions_during_a_sync_stand(alice: User) -> None:
    one, other = directory_of(alice, "one"), directory_of(alice, "other")
    one.sync()
    links = list(PartyHandle.objects.filter(handle__value__startswith="shared"))
    at_once(other.sync, lambda: [link.dismiss() for link in links])
    for link in PartyHandle.objects.filter(pk__in=[link.pk for link in links]):
        assert link.is_dismissed
    assert Handle.objects.filter(value__startswith="shared", party__display_name__startswith="other").count() == NUMBER
    assert Party.objects.recount() == 0
