"""The forms of accounts: ours, and django-allauth's in our words and with one password field."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.core import context as allauth_context
from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from project.accounts.adapter import INVITATION_SESSION_KEY, AccountAdapter, remembered_invitation
from project.accounts.exceptions import InvalidPicture
from project.accounts.fields import (
    PASSWORD_HINT,
    BrowserTimeZoneField,
    EmailField,
    LifetimeField,
    NameField,
    PasswordField,
    time_zone_choices,
)
from project.accounts.models import Invitation, Server, User
from project.accounts.pictures import square

INVITATIONS_MAX = 50
LINK_SENT_BEFORE = "A link went to this address a moment ago. Wait three minutes, then send it again."


class WelcomeForm(forms.ModelForm):
    """The first visit: the administrator's account and the name of the server, on one screen."""

    display_name = NameField()
    email = EmailField()
    password = PasswordField("new-password", help_text=PASSWORD_HINT)
    server_name = forms.CharField(
        label="Name of this server",
        required=False,
        max_length=60,
        help_text="Shown in the titles of pages and in e-mails. You can change it later.",
        widget=forms.TextInput(attrs={"placeholder": "Parley", "autocomplete": "off"}),
    )
    time_zone = BrowserTimeZoneField()

    class Meta:
        model = User
        fields = ["display_name", "email", "time_zone"]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if password := self.cleaned_data.get("password"):
            try:
                validate_password(password, self.instance)
            except ValidationError as error:
                self.add_error("password", error)

    def save(self, commit: bool = True) -> User:
        """Make the first account. Raises AlreadySetUp when somebody else was faster."""
        self.instance.set_password(self.cleaned_data["password"])  # slow on purpose, so before the transaction
        Server.objects.set_up(self.instance, self.cleaned_data["server_name"])
        return self.instance


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = EmailField(widget=forms.EmailInput(attrs={"autocomplete": "username"}))
        self.fields["password"] = PasswordField("current-password")


class SignupForm(allauth_forms.SignupForm):
    """An account for somebody who was invited, or for anybody where the operator allows it."""

    display_name = NameField()
    time_zone = BrowserTimeZoneField()
    field_order = ["display_name", "email", "password1", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation: Invitation | None = None
        self.hashed_password = ""
        self.fields["email"] = EmailField()
        self.fields["password1"] = PasswordField("new-password", help_text=PASSWORD_HINT)
        self.order_fields(self.field_order)
        self.sent_to = self._address_of_link()
        if self.sent_to:
            self.initial["email"] = self.sent_to
            self.fields["email"].widget.attrs["readonly"] = True
            self.fields["email"].help_text = "The invitation was sent to this address, so it needs no other proof."

    @staticmethod
    def _address_of_link() -> str:
        """Return the address to which the link was sent by which this visitor came; "" for a link that tells none."""
        invitation = remembered_invitation(allauth_context.request)
        return invitation.address.lower() if invitation else ""

    def clean_email(self) -> str:
        """The address of the link, whatever was sent; whoever has that link may know that it has an account."""
        if not self.sent_to:
            email: str = super().clean_email()
            return email
        email = self.validate_unique_email(self.sent_to)
        if self.account_already_exists:
            raise ValidationError(
                "There is an account with this address already. Sign in with it; if you do not know its password, "
                "reset it."
            )
        return email

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account, or answer as if: whoever types another person's address must see no difference.

        So the password is hashed in both cases, which also keeps that slow step out of the transaction.
        Raises InvitationUnusable when the invitation ended while the form was being filled in.
        """
        self.invitation = remembered_invitation(request)
        self.hashed_password = make_password(self.cleaned_data["password1"])
        try:
            with transaction.atomic():
                answer = super().try_save(request)
        except IntegrityError:  # the same address, in the same moment
            messages.error(request, AccountAdapter.error_messages["email_taken"])
            return None, redirect("account_signup")
        request.session.pop(INVITATION_SESSION_KEY, None)
        return answer


class OnePassword(forms.Form):
    """A form of allauth's that asks for a new password: once, because it can be shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        password = self.fields["password1"]
        password.label = "New password"
        password.help_text = PASSWORD_HINT
        password.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(OnePassword, allauth_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = PasswordField("current-password", label="Current password")


class SetPasswordForm(OnePassword, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordKeyForm(OnePassword, allauth_forms.ResetPasswordKeyForm):
    pass


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    email = EmailField()


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    password = PasswordField("current-password")


class ChangeAddressForm(allauth_forms.AddEmailForm):
    email = EmailField(label="New e-mail address")

    @transaction.atomic
    def save(self, request: HttpRequest) -> Any:
        """Note the address and send the link that confirms it; until then the old one stays.

        allauth takes any unconfirmed address for an older wish to change, also the only address of an account
        made while the server could not send e-mail, and would leave that account without one.
        """
        addresses = self.user.emailaddress_set
        addresses.filter(verified=False).exclude(email=self.user.email).delete()
        address = addresses.create(email=self.cleaned_data["email"])
        if not send_verification_email_to_address(request, address):
            messages.warning(request, LINK_SENT_BEFORE)
        return address


class ProfileForm(forms.ModelForm):
    display_name = NameField()

    class Meta:
        model = User
        fields = ["display_name", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = time_zone_choices(self.instance.time_zone)
        self.fields["time_zone"] = forms.ChoiceField(
            choices=choices, help_text="Times in conversations and e-mails are shown in this zone."
        )

    def save(self, commit: bool = True) -> User:
        self.instance.save(update_fields=["display_name", "time_zone"])
        return self.instance


class PictureForm(forms.Form):
    """A new picture; square() decodes it with an allow-list, which forms.ImageField does not have."""

    picture = forms.FileField(
        help_text="JPEG, PNG, WebP or GIF, at most 5 MB. It is cropped to a square.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )

    def clean_picture(self) -> Any:
        upload = self.cleaned_data["picture"]
        try:
            return square(upload, upload.size)
        except InvalidPicture as error:
            raise ValidationError(str(error)) from error


class InvitationForm(forms.ModelForm):
    expires_at = LifetimeField(label="Works for")

    class Meta:
        model = Invitation
        fields = ["expires_at", "max_uses"]

    def __init__(self, data: Any = None, *, inviter: User) -> None:
        super().__init__(data, instance=Invitation(inviter=inviter), initial={"expires_at": 14})
        self.fields["max_uses"] = forms.IntegerField(
            label="For how many people",
            required=False,
            min_value=1,
            max_value=1000,
            help_text="Leave it empty for a link that a whole family or team may use.",
        )

    def clean(self) -> dict[str, Any]:
        if self.instance.inviter.invitations.general().usable().count() >= INVITATIONS_MAX:
            raise ValidationError("You have many open invitations. Revoke one that nobody needs any more first.")
        return super().clean() or {}


class DeleteAccountForm(forms.Form):
    password = PasswordField("current-password", label="Your password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        if self.user.is_last_administrator:
            raise ValidationError(
                "You are the only administrator. Make somebody else an administrator first, in the administration."
            )
        return super().clean() or {}

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):  # counts towards the limit of failed sign-ins
            raise get_adapter().validation_error("incorrect_password")
        return password
