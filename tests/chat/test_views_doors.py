"""Behind every door stands carol: whoever may not see a conversation gets what they get when there is none."""

import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import signed_in

from .pages import url

ABSENT = "0000000000000000"
# (method, page, form, what a member is answered)
DOORS = [
    ("get", "conversation", {}, 200),
    ("get", "row", {}, 200),
    ("get", "messages", {"before": "99"}, 200),
    ("post", "messages", {"body": "hello"}, 200),
    ("get", "changes", {"since": "0"}, 200),
    ("post", "read", {"position": "1"}, 204),
    ("post", "rename", {"title": "Orchard"}, 303),
    ("get", "people", {}, 200),
    ("post", "people", {"to": "dave@example.org"}, 303),
    ("get", "leave", {}, 200),
    ("post", "leave", {}, 303),
]
PERSON_DOORS = [("post", "remove", 303), ("post", "invite_back", 303)]


@pytest.mark.parametrize(("method", "page", "form", "status"), DOORS)
def test_a_conversation_of_others_looks_like_one_that_does_not_exist(
    method: str, page: str, form: dict[str, str], status: int, group: Conversation, alice: User, carol: User
) -> None:
    group.post("hello", by=alice)
    ask = getattr(signed_in(carol), method)
    forbidden, absent = ask(url(page, group), form), ask(url(page, ABSENT), form)
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content
    assert getattr(signed_in(alice), method)(url(page, group), form).status_code == status


@pytest.mark.parametrize(("method", "page", "status"), PERSON_DOORS)
def test_people_of_a_conversation_of_others_look_like_nobody(
    method: str, page: str, status: int, group: Conversation, alice: User, bob: User, carol: User
) -> None:
    ask = getattr(signed_in(carol), method)
    forbidden, absent = ask(url(page, group, bob)), ask(url(page, ABSENT, bob))
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content
    assert getattr(signed_in(alice), method)(url(page, group, bob)).status_code == status


def test_somebody_outside_is_nobody_in_a_group(group: Conversation, alice: User, carol: User) -> None:
    assert signed_in(alice).post(url("remove", group, carol)).status_code == 404
    assert signed_in(alice).post(url("invite_back", group, carol)).status_code == 404


@pytest.mark.parametrize(("method", "page", "form", "status"), DOORS)
def test_who_is_signed_out_is_led_to_sign_in(
    method: str, page: str, form: dict[str, str], status: int, group: Conversation, client
) -> None:
    response = getattr(client, method)(url(page, group), form)
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["conversation", "people", "messages", "changes"])
@pytest.mark.parametrize("odd", ["x", "../../etc", "%00", "0" * 17, "ILOU000000000000", "💥"])
def test_an_id_that_could_not_be_one_is_not_found(name: str, odd: str, alice: User) -> None:
    address = url(name, ABSENT).replace(ABSENT, odd)
    assert signed_in(alice).get(address).status_code == 404


@pytest.mark.parametrize("page", ["rename", "read", "start"])
def test_what_changes_something_is_no_get(page: str, group: Conversation, alice: User) -> None:
    arguments = [] if page == "start" else [group]
    assert signed_in(alice).get(url(page, *arguments)).status_code == 405


@pytest.mark.parametrize("page", ["inbox", "new", "left"])
def test_pages_are_kept_by_no_cache_and_differ_for_htmx(page: str, alice: User) -> None:
    response = signed_in(alice).get(url(page))
    assert "no-store" in response["Cache-Control"]
    assert {"HX-Request", "HX-Target"} <= set(response["Vary"].split(", "))
