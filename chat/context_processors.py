"""What pages know of people: the names by which their reader knows them."""

from typing import Any, cast

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chat.models.names import Names
from project.panes import Request, wants_pane


def names(request: HttpRequest) -> dict[str, Any]:
    """names: as whom the reader knows people, by account id; my_names: the same for the page to keep.

    Read once, and only where a page asks. For parts of a page it is empty: the page has it, and puts the names in.
    """
    mine = SimpleLazyObject(lambda: Names(cast(Request, request).user))

    def known() -> Any:
        is_whole = request.user.is_authenticated and not wants_pane(cast(Request, request))
        return mine.known if is_whole else {}

    return {"names": SimpleLazyObject(known), "my_names": mine}
