"""Invitations: the page that a link leads to, coming in by it, and what who invites can do about it.

The link's token is in the address of its own page alone: what leads on from there is remembered in the session.
"""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chat.exceptions import InviteRefused
from chat.models import Invite
from chat.models.joining import require_works
from project.accounts.adapter import INVITATION_SESSION_KEY
from project.accounts.models import Invitation, User

from .conversations import open_conversation
from .panes import Request, SeeOther, page

SESSION_KEY = "invited"
WAYS = {"join": "account_signup", "sign-in": "account_login"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites, and lead on: to sign-up, to sign-in, or at once in. Looking at it changes nothing."""
    links = Invitation.objects.filter(is_personal=True).with_token(token)
    invite = Invite.objects.with_names().filter(link__in=links).first()
    if invite is None or invite.link is None:
        return _ended(request, "This link does not lead anywhere any more.", 404)
    if request.method == "POST" and request.POST.get("do") in WAYS and not request.user.is_authenticated:
        return _lead_on(request, invite, WAYS[request.POST["do"]])
    return _answer(request, invite, reverse("chat:invited", args=[token]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: HttpRequest) -> HttpResponse:
    """Go on after sign-up or sign-in: into the conversation, or to the question whether this account shall join."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("chat:arrived"))
    invites = Invite.objects.with_names()
    invite = invites.filter(public_id=request.session.get(SESSION_KEY, "")).first()
    if invite is None:
        joined = invites.filter(guest=request.user).order_by("-joined_at").first()
        return _into(joined, request.user) if joined else redirect("chat:inbox")
    return _answer(request, invite, reverse("chat:arrived"))


def _lead_on(request: HttpRequest, invite: Invite, way: str) -> HttpResponse:
    """Remember the invitation, and go to the page called way."""
    try:
        require_works(invite, None)
    except InviteRefused as reason:
        return _ended(request, str(reason), 410, invite)
    assert invite.link is not None
    if way == "account_signup":
        request.session[INVITATION_SESSION_KEY] = invite.link.public_id
    request.session[SESSION_KEY] = invite.public_id
    return redirect(f"{reverse(way)}?next={reverse('chat:arrived')}")


def _answer(request: HttpRequest, invite: Invite, here: str) -> HttpResponse:
    user = request.user if request.user.is_authenticated else None
    if user is not None and invite.guest == user:
        return _into(invite, user)
    try:
        if request.method == "POST" and user is not None and request.POST.get("do") == "accept":
            conversation = invite.accept(user)
            request.session.pop(SESSION_KEY, None)
            return redirect("chat:conversation", conversation.public_id)
        require_works(invite, user)
    except InviteRefused as reason:
        return _ended(request, str(reason), 410, invite)
    return render(request, "chat/invited.html", {"invite": invite, "here": here})


def _into(invite: Invite, user: User) -> HttpResponse:
    if not invite.conversation.participations.filter(user=user).exists():
        return redirect("chat:inbox")
    return redirect("chat:conversation", invite.conversation.public_id)


def _ended(request: HttpRequest, reason: str, status: int, invite: Invite | None = None) -> HttpResponse:
    return render(request, "chat/invitation_ended.html", {"reason": reason, "invite": invite}, status=status)


# --- What who invites can do ---------------------------------------------------------------------------------------


def _invite_in(request: Request, public_id: str, invite_id: str) -> Invite:
    conversation, _ = open_conversation(request.user, public_id)
    return get_object_or_404(Invite.objects.with_names(), conversation=conversation, public_id=invite_id)


def _back(request: Request, invite: Invite) -> HttpResponse:
    name = "chat:people" if request.POST.get("then") == "people" else "chat:conversation"
    return SeeOther(reverse(name, args=[invite.conversation.public_id]))


@page
@require_POST
def again(request: Request, public_id: str, invite_id: str) -> HttpResponse:
    """Remind who was invited, or invite them anew."""
    invite = _invite_in(request, public_id, invite_id)
    invite.send_again(by=request.user)
    return _back(request, invite)


@page
@require_POST
def withdraw(request: Request, public_id: str, invite_id: str) -> HttpResponse:
    invite = _invite_in(request, public_id, invite_id)
    invite.withdraw(by=request.user)
    return _back(request, invite)


@page
@require_POST
def identify(request: Request, public_id: str, invite_id: str) -> HttpResponse:
    """Say whether who joined by a link is whom it was for."""
    invite = _invite_in(request, public_id, invite_id)
    invite.identify(by=request.user, is_meant=request.POST.get("is_meant") == "1")
    return _back(request, invite)
