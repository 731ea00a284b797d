"""The list of the book: searching, narrowing, letters, pages; the overview and what was removed."""

import pytest
from django.test import Client

from contacts.card import CardAffiliation, PartialDate
from contacts.models import ContactGroup, Folder, Party, merge
from contacts.views.listing import PAGE_SIZE
from project.accounts.models import User
from tests.cast import signed_in
from tests.contacts.cast import contact, email, folder_of, phone, placed
from tests.contacts.views.pages import LIST, MORE, PANE, get, links, names, query_count, rows, url

BOOK = "/contacts/"


def many(folder: Folder, count: int) -> list[Party]:
    return placed(folder, *(contact(f"Person {number:04}", email(f"p{number}@example.org")) for number in range(count)))


def test_the_book_stands_in_order_without_regard_to_accents_and_case(hers: Client, folder: Folder) -> None:
    placed(folder, contact("Zoe"), contact("élodie Martin"), contact("Adam"), contact("Eva"), contact("Žofie"))

    assert names(get(hers, BOOK)) == ["Adam", "élodie Martin", "Eva", "Zoe", "Žofie"]


def test_an_empty_book_says_what_to_do(hers: Client) -> None:
    page = get(hers, BOOK)

    assert "Your address book is empty" in page
    for place in ("new", "import", "directory_create"):
        assert url(place) in links(page)


@pytest.mark.parametrize(
    "query",
    [
        "novák",
        "NOVAK",
        "jan nov",
        "nov jan",
        "honza",
        "acme",
        "J.Novak@",
        "732 123",
        "+420 732-123-456",
        "00420732123456",
    ],
)
def test_people_are_found_by_what_one_knows_of_them(query: str, hers: Client, folder: Folder) -> None:
    placed(
        folder,
        contact(
            "Jan Novák",
            email("j.novak@example.org"),
            phone("+420 732 123 456"),
            nickname="Honza",
            affiliations=(CardAffiliation("Acme"),),
        ),
        contact("Somebody Else", email("else@example.org"), phone("+420 111 111 111")),
    )

    page = get(hers, BOOK, data={"q": query}, headers=LIST)

    assert names(page) == ["Jan Novák"]
    assert "1 found" in page


def test_a_search_tells_the_handle_that_it_found(hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan", email("a@example.org"), email("second@example.org")))

    assert "second@example.org" in get(hers, BOOK, data={"q": "second"}, headers=LIST)
    assert "@example.org" not in get(hers, BOOK, data={"q": "jan"}, headers=LIST)


def test_a_search_without_a_hit_says_so(hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan"))

    page = get(hers, BOOK, data={"q": "<b>nobody</b>\0"}, headers=LIST)

    assert rows(page) == []
    assert 'Nothing found for “<span data-user-text dir="auto">&lt;b&gt;nobody&lt;/b&gt;</span>”' in page
    assert 'data-found="Nothing found"' in page
    assert url("new") in links(page)


def test_where_the_list_is_narrowed_to_nobody_one_is_led_to_the_others(
    alice: User, hers: Client, folder: Folder
) -> None:
    placed(folder, contact("Jan"))
    group = ContactGroup.objects.make(alice, "Book club")

    empty = get(hers, BOOK, data={"in": group.public_id}, headers=LIST)
    missed = get(hers, BOOK, data={"in": group.public_id, "q": "jan"}, headers=LIST)

    assert "Nobody here." in empty
    assert BOOK in links(empty)
    assert f"{BOOK}?q=jan" in links(missed)
    assert names(get(hers, f"{BOOK}?q=jan")) == ["Jan"]


def test_the_list_narrows_to_kinds_folders_and_groups(alice: User, hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan", categories=("Friends",)), contact("Eva"))
    placed(folder_of(alice, "Work"), contact("Acme", kind="organization"))
    group = ContactGroup.objects.get(name="Friends")

    def narrowed(where: str) -> list[str]:
        return names(get(hers, BOOK, data={"in": where}, headers=LIST))

    assert narrowed("people") == ["Eva", "Jan"]
    assert narrowed("organizations") == ["Acme"]
    assert narrowed(folder.public_id) == ["Eva", "Jan"]
    assert narrowed(group.public_id) == ["Jan"]
    assert narrowed("") == ["Acme", "Eva", "Jan"]


def test_a_search_stays_within_what_the_list_is_narrowed_to(alice: User, hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan One"))
    placed(folder_of(alice, "Work"), contact("Jan Two"))

    page = get(hers, BOOK, data={"q": "jan", "in": folder.public_id}, headers=LIST)

    assert names(page) == ["Jan One"]


def test_a_folder_also_shows_who_was_merged_into_somebody_of_another_one(
    alice: User, hers: Client, folder: Folder
) -> None:
    [jan], [twin] = placed(folder, contact("Jan")), placed(folder_of(alice, "Work"), contact("J. Novák"))
    merge(jan, twin)

    assert names(get(hers, BOOK, data={"in": twin.folder.public_id}, headers=LIST)) == ["Jan"]


def test_pages_follow_each_other_without_gap_or_repetition(hers: Client, folder: Folder) -> None:
    many(folder, 150)
    placed(folder, *(contact("Twin", uid=f"twin {number}") for number in range(120)))
    seen, address = [], BOOK
    while address:
        headers = LIST if address == BOOK else MORE
        page = get(hers, address, headers=headers)
        seen += rows(page)
        more = [link for link in links(page) if "after=" in link]
        address = more[0] if more else ""

    assert seen == list(Party.objects.all().listed().values_list("public_id", flat=True))


def test_a_page_goes_on_after_a_row_that_was_removed_meanwhile(hers: Client, folder: Folder) -> None:
    parties = many(folder, 4)
    parties[1].purge(by_owner=True)

    page = get(hers, BOOK, data={"after": parties[1].public_id}, headers=LIST)

    assert names(page) == ["Person 0002", "Person 0003"]


@pytest.mark.parametrize("happening", ["renamed", "deleted for good"])
def test_a_page_goes_on_where_the_one_before_ended_whatever_became_of_its_last_row(
    happening: str, hers: Client, folder: Folder
) -> None:
    many(folder, PAGE_SIZE + 20)
    first = get(hers, BOOK, headers=LIST)
    [more] = [link for link in links(first) if "after=" in link]
    last = Party.objects.get(public_id=rows(first)[-1])
    if happening == "renamed":
        placed(folder, contact("Zoe", uid=last.display_name), of=[last])
    else:
        Party.objects.erase([last.pk])

    following = names(get(hers, more, headers=MORE))

    expected = [f"Person {number:04}" for number in range(PAGE_SIZE, PAGE_SIZE + 20)]
    assert following == expected + (["Zoe"] if happening == "renamed" else [])


def test_without_javascript_pages_are_turned_by_links(hers: Client, folder: Folder) -> None:
    many(folder, PAGE_SIZE + 5)
    first = get(hers, BOOK)
    [more] = [link for link in links(first) if "after=" in link]

    second = get(hers, more)

    assert rows(first) + rows(second) == list(Party.objects.all().listed().values_list("public_id", flat=True))
    assert "</html>" in second
    assert second.index(">From the beginning</a>") < second.index('id="party-')


def test_letters_lead_to_their_names(hers: Client, folder: Folder) -> None:
    texts = [f"Anna {number}" for number in range(101)]
    placed(folder, *map(contact, [*texts, "3M", "Božena", "Åsa", "Öl", "Иван", "王小明", "李雷", "🎉"]))
    page = get(hers, BOOK, headers=LIST)
    letters = page[page.index('class="letters"') : page.index("</nav>")]
    found = [piece.partition("<")[0] for piece in letters.split(">")[2::2]]

    assert set(found) == {"#", "A", "B", "O", "И", "文", "…"}
    assert names(get(hers, BOOK, data={"from": "b"}, headers=LIST))[:2] == ["Božena", "Öl"]
    assert '<li class="letter" aria-hidden="true">A</li>' in page


def test_a_letter_stands_once_above_pages_of_it(hers: Client, folder: Folder) -> None:
    parties = many(folder, 4)

    page = get(hers, BOOK, data={"after": parties[2].public_id}, headers=LIST)

    assert rows(page) == [parties[3].public_id]
    assert 'class="letter"' not in page


def test_a_list_that_is_drawn_anew_has_as_many_rows_as_before(hers: Client, folder: Folder) -> None:
    many(folder, 260)

    assert len(rows(get(hers, BOOK, data={"rows": "200"}, headers=LIST))) == 200
    assert len(rows(get(hers, BOOK, data={"rows": "7"}, headers=LIST))) == PAGE_SIZE
    assert len(rows(get(hers, BOOK, data={"rows": "²"}, headers=LIST))) == PAGE_SIZE


def test_the_list_shows_neither_removed_nor_merged_ones(hers: Client, folder: Folder) -> None:
    jan, twin, gone = placed(folder, contact("Jan"), contact("Jan N."), contact("Gone"))
    merge(jan, twin)
    gone.purge(by_owner=True)

    assert names(get(hers, BOOK)) == ["Jan"]


def test_the_second_line_tells_namesakes_apart(hers: Client, folder: Folder) -> None:
    placed(
        folder,
        contact("Jan", uid="1", affiliations=(CardAffiliation("Acme", "", "Gardener"),)),
        contact("Jan", uid="2", nickname="Honza"),
    )

    page = get(hers, BOOK, headers=LIST)

    assert "Gardener, Acme" in page
    assert "Honza" in page


def test_names_are_text(hers: Client, folder: Folder) -> None:
    placed(folder, contact("<img src=x>", nickname="<b>nick</b>"))

    page = get(hers, BOOK)

    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
    assert "&lt;b&gt;nick&lt;/b&gt;" in page


def test_the_overview_tells_numbers_doubts_and_problems(alice: User, hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan", email("x@example.org")), contact("Eva", email("x@example.org")))
    placed(folder, contact("Acme", kind="organization"))
    folder.stop("All contacts are gone at once.", {})
    page = get(hers, BOOK)

    assert "<dd>2</dd>" in page
    assert "<dd>1</dd>" in page
    assert "1 doubtful link between" in page
    assert "All contacts are gone at once." in page


def test_removed_contacts_wait_to_be_restored_or_deleted_for_good(hers: Client, folder: Folder) -> None:
    jan, vanished = placed(folder, contact("Jan"), contact("Eva"))
    jan.purge(by_owner=True)
    vanished.purge()

    page = get(hers, url("removed"))

    assert url("restore", jan) in page
    assert url("restore", vanished) not in page  # the next sync would take it away again
    assert url("erase", jan) in page
    assert url("erase", vanished) in page


def test_nobody_sees_the_book_of_somebody_else(hers: Client, strangers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan", categories=("Friends",), birthday=PartialDate(None, 2, 29)))
    group = ContactGroup.objects.get()

    assert names(get(hers, BOOK, data={"q": "jan"})) == ["Jan"]
    for data in ({}, {"q": "jan"}, {"after": Party.objects.get().public_id}, {"in": "people"}):
        page = get(strangers, BOOK, data=data)
        assert rows(page) == []
        assert "Friends" not in page
    for place in (folder, group):
        assert hers.get(BOOK, {"in": place.public_id}).status_code == 200
        theirs, nobodys = (strangers.get(BOOK, {"in": one}) for one in (place.public_id, "0" * 16))
        assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
        assert theirs.status_code == 404


@pytest.mark.parametrize("name", ["book", "new", "removed", "review", "groups"])
def test_who_is_not_signed_in_is_asked_to(name: str, db: None) -> None:
    response = Client().get(url(name))

    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


@pytest.mark.parametrize(
    ("address", "headers", "limit"),
    [
        (BOOK, LIST, 7),
        (f"{BOOK}?q=person", LIST, 7),
        (f"{BOOK}?in=people&q=person", LIST, 7),
        (f"{BOOK}?after={'0' * 16}&key=person+0001", MORE, 6),
        (BOOK, {}, 16),
    ],
)
def test_the_list_and_a_search_take_few_queries_however_many_there_are(
    address: str, headers: dict[str, str], limit: int, hers: Client, folder: Folder
) -> None:
    works = (CardAffiliation("Acme"), CardAffiliation("Other"))

    def people(start: int, end: int) -> None:
        placed(
            folder,
            *(
                contact(f"Person {n:04}", email(f"{n}@example.org"), phone(f"+4207000{n:05}"), affiliations=works)
                for n in range(start, end)
            ),
        )

    people(0, PAGE_SIZE + 5)
    few = query_count(hers, address, headers=headers)
    people(PAGE_SIZE + 5, 4 * PAGE_SIZE)

    assert query_count(hers, address, headers=headers) == few <= limit


def test_a_pane_comes_without_the_list(hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan"))

    page = get(hers, BOOK, headers=PANE)

    assert 'class="pane"' in page
    assert rows(page) == []


def test_the_switch_leads_from_chats_to_contacts_and_back(alice: User) -> None:
    browser = signed_in(alice)

    assert BOOK in links(get(browser, "/"))
    assert "/" in links(get(browser, BOOK))
