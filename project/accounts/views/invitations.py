"""Inviting people, and joining by an invitation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from project.accounts.adapter import INVITATION_SESSION_KEY, public_url
from project.accounts.exceptions import InvitationUnusable
from project.accounts.forms import InvitationForm
from project.accounts.models import Invitation
from project.accounts.requests import PersonRequest


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: PersonRequest) -> HttpResponse:
    """List one's invitations (an administrator: everybody's), and make one."""
    form = InvitationForm(request.POST or None, inviter=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your invitation is ready. Copy the link and send it to whom you want here.")
        return redirect("account_invitations")
    usable = Invitation.objects.visible_to(request.user).usable().select_related("inviter")
    links = [
        (invitation, public_url(request, reverse("account_join", args=[invitation.token]))) for invitation in usable
    ]
    context = {"form": form, "links": links}
    return render(request, "accounts/invitations.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def revoke(request: PersonRequest, public_id: str) -> HttpResponse:
    """End an invitation of one's own; an administrator, any."""
    invitation = get_object_or_404(Invitation.objects.visible_to(request.user), public_id=public_id)
    invitation.revoke(by=request.user)
    messages.success(request, "The invitation is revoked. Its link does not work any more.")
    return redirect("account_invitations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites; the button remembers the invitation and leads to sign-up. Looking at a link changes nothing."""
    invitation = Invitation.objects.general().usable().with_token(token).select_related("inviter").first()
    if invitation is None:
        error = InvitationUnusable()
        return render(request, "accounts/invitation_unusable.html", {"error": error}, status=404)
    if request.method == "POST" and not request.user.is_authenticated:
        request.session[INVITATION_SESSION_KEY] = invitation.public_id
        return redirect("account_signup")
    return render(request, "accounts/join.html", {"invitation": invitation})
