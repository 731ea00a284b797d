"""Pages of the book as a test asks for them."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Party
from tests.chat.pages import elements

PANE = {"HX-Request": "true", "HX-Target": "main#main"}
LIST = {"HX-Request": "true", "HX-Target": "div#book"}
MORE = {"HX-Request": "true", "HX-Target": "li#book-more"}


def url(name: str, *arguments: object) -> str:
    ids = [one.public_id if hasattr(one, "public_id") else one for one in arguments]
    return reverse(f"contacts:{name}", args=ids)


def get(client: Client, address: str, **options: Any) -> str:
    """Return a page that is there."""
    response = client.get(address, **options)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def post(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    """Send a form that is in order; return the page that it leads to."""
    response = client.post(address, data or {})
    assert response.status_code == 303, response.content.decode()
    return response["Location"]


def rows(html: str) -> list[str]:
    """Return the ids of the contacts that stand in a list."""
    return [str(one["id"])[6:] for one in elements(html, "li") if (one.get("id") or "").startswith("party-")]


def names(html: str) -> list[str]:
    """Return the names of the contacts that stand in a list, in its order."""
    named = dict(Party.objects.filter(public_id__in=rows(html)).values_list("public_id", "display_name"))
    return [named[one] for one in rows(html)]


def links(html: str) -> list[str]:
    return [one["href"] or "" for one in elements(html, "a") if "href" in one]


def fields(html: str, form: str) -> dict[str, str]:
    """Return what a browser would send of the form with this id, when nobody touches it."""
    inside = html[html.index(f'id="{form}"') :]
    inside = inside[: inside.index("</form>")]
    while "<template" in inside:  # no browser sends what stands there
        before, _, rest = inside.partition("<template")
        inside = before + rest.partition("</template>")[2]
    return {**_inputs(inside), **_selects(inside), **_texts(inside)}


def _inputs(html: str) -> dict[str, str]:
    found = {}
    for one in elements(html, "input"):
        is_off = one.get("type") in {"checkbox", "radio"} and "checked" not in one
        if one.get("name") and not is_off:
            found[str(one["name"])] = one.get("value", "on" if one.get("type") == "checkbox" else "") or ""
    return found


def _selects(html: str) -> dict[str, str]:
    found = {}
    for piece in html.split("<select")[1:]:
        inside = piece.partition("</select>")[0]
        name = elements("<select" + inside, "select")[0]["name"]
        options = elements(inside, "option")
        chosen = next((one for one in options if "selected" in one), options[0])
        found[str(name)] = chosen["value"] or ""
    return found


def _texts(html: str) -> dict[str, str]:
    from html import unescape

    found = {}
    for piece in html.split("<textarea")[1:]:
        head, _, rest = piece.partition(">")
        name = elements(f"<textarea{head}>", "textarea")[0]["name"]
        found[str(name)] = unescape(rest.partition("</textarea>")[0]).removeprefix("\n")
    return found


def query_count(client: Client, address: str, **options: Any) -> int:
    get(client, address, **options)  # what is kept between requests is known by now
    with CaptureQueriesContext(connection) as queries:
        get(client, address, **options)
    return len(queries)
