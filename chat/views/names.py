"""The names by which somebody knows people, for pages that may have missed a change of them."""

from django.http import HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from chat.models.names import Names

from .panes import Request, page


@page
@require_safe
def index(request: Request) -> HttpResponse | None:
    names = Names(request.user)
    etag = f'"{names.etag}"'
    response = JsonResponse(names.as_page())
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response)
