"""Pictures of contacts, for their owner only."""

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contacts.models import Party


@require_safe
def show(request: HttpRequest, public_id: str) -> FileResponse:
    """Serve the picture of a contact to the owner of the book; to others, and where there is none, 404."""
    if not request.user.is_authenticated:
        raise Http404
    party = get_object_or_404(Party.objects.filter(owner=request.user).exclude(avatar=""), public_id=public_id)
    try:
        file = party.avatar.open()
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = "private, max-age=86400"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
