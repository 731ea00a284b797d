"""Where django-allauth asks us: who may sign up, what an account is made of, what its e-mails say."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from project.accounts.models import Invitation, Server, User

INVITATION_SESSION_KEY = "invitation"


def user_display(user: User) -> str:
    """Return the name by which allauth's own sentences call somebody."""
    return user.display_name


def public_url(request: HttpRequest, path: str) -> str:
    """Return path as an address that works from outside: on ORIGIN where it is set, else on the host asked for."""
    return f"{settings.ORIGIN}{path}" if settings.ORIGIN else request.build_absolute_uri(path)


def url_from_outside(path: str) -> str:
    """Return path as public_url does, for the request that is being answered.

    "" where there is neither a request nor ORIGIN, as in the worker: nothing says there what this server is called.
    """
    request = allauth_context.request
    if request is None:
        return f"{settings.ORIGIN}{path}" if settings.ORIGIN else ""
    return public_url(request, path)


def remembered_invitation(request: HttpRequest) -> Invitation | None:
    """Return the invitation by which this visitor came, as long as it works."""
    public_id = request.session.get(INVITATION_SESSION_KEY)
    return Invitation.objects.usable().filter(public_id=public_id).first() if public_id else None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account has been disabled. Ask an administrator of this server.",
        "duplicate_email": "This is already your address.",
        "email_password_mismatch": "This address and this password do not belong together. Check both, or reset the "
        "password.",
        "email_taken": "This address cannot be used here. If it is yours, sign in or reset your password.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "invalid_password_reset": "This link does not work any more. Ask for a new one.",
        "too_many_login_attempts": "Too many attempts. Wait five minutes, then try again.",
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
    }

    def is_ajax(self, request: HttpRequest) -> bool:
        """Our pages are pages: allauth's JSON answers would be a second surface to guard."""
        return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.OPEN_SIGNUP or remembered_invitation(request) is not None

    def is_reauthentication_required(self, **kwargs: Any) -> bool:
        """Who changes the address of an account owns it; an unlocked screen alone must not be enough."""
        return True

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Fill and save the account of SignupForm. Raises InvitationUnusable when its invitation ended meanwhile."""
        user.email = form.cleaned_data["email"]
        user.display_name = form.cleaned_data["display_name"]
        user.time_zone = form.cleaned_data["time_zone"]
        user.password = form.hashed_password
        if form.invitation is not None:
            form.invitation.admit(user)
            if form.invitation.address:  # taken off again with the next step, when the address is written down
                self.stash_verified_email(request, user.email)
        else:
            user.save()
        return user

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, unless it became somebody else's meanwhile."""
        is_taken = User.objects.filter(email=email_address.email).exclude(pk=email_address.user_id).exists()
        if not is_taken:
            try:
                with transaction.atomic():
                    return super().confirm_email(request, email_address)
            except IntegrityError:  # two accounts confirm the same address at the same moment
                pass
        template = "account/messages/email_confirmation_failed.txt"
        self.add_message(request, messages.ERROR, template, {"email": email_address.email})
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_settings")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        is_own = self.request.user.is_authenticated
        return reverse("account_email") if is_own else reverse("account_login")

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmationHMAC) -> str:
        return public_url(request, reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_reset_password_from_key_url(self, key: str) -> str:
        uidb36, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uidb36, "key": token})
        return public_url(self.request, path)

    def send_account_already_exists_mail(self, email: str) -> None:
        request = allauth_context.request
        urls = {
            "login_url": public_url(request, reverse("account_login")),
            "password_reset_url": public_url(request, reverse("account_reset_password")),
        }
        self.send_mail("account/email/account_already_exists", email, urls)

    def format_email_subject(self, subject: str) -> str:
        return subject

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Render a message; unlike allauth's, its subject knows the name of the server too."""
        return super().render_mail(
            template_prefix, email, {**context, "server_name": Server.objects.current_name()}, headers
        )
