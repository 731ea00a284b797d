"""What people see of each other beside conversations."""

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from project.accounts.models import User


@require_safe
def picture(request: HttpRequest, public_id: str) -> FileResponse:
    """Serve a person's picture to people of this server; to others, and where there is none, 404."""
    if not request.user.is_authenticated:
        raise Http404
    user = get_object_or_404(User.objects.exclude(picture=""), public_id=public_id)
    try:
        file = user.picture.open()
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = "private, max-age=86400"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
