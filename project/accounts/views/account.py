"""django-allauth's pages, as we serve them: a form that cannot be accepted is answered with 422."""

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from project.accounts import forms
from project.accounts.exceptions import InvitationUnusable


class Refusing:
    """Answers 422 with the form when it is not valid."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class LoginView(Refusing, allauth_views.LoginView):
    form_class = forms.LoginForm


class SignupView(Refusing, allauth_views.SignupView):
    def form_valid(self, form: forms.SignupForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except InvitationUnusable as error:
            return render(self.request, "accounts/invitation_unusable.html", {"error": error}, status=404)

    def closed(self) -> HttpResponse:
        response = super().closed()
        response.status_code = HTTPStatus.FORBIDDEN
        return response


class EmailView(Refusing, allauth_views.EmailView):
    """One address per account: a new one takes the place of the old one when it is confirmed, and not before."""

    form_class = forms.ChangeAddressForm

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """allauth would let an address that nobody confirmed become the address of an account that has no other."""

    def _action_send(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        response = super()._action_send(request, *args, **kwargs)
        if not self._did_send_verification_email:
            messages.warning(request, forms.LINK_SENT_BEFORE)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        wished = context["new_emailaddress"]
        context["wished_address"] = wished if wished and wished.email != self.request.user.email else None
        return context


class PasswordChangeView(Refusing, allauth_views.PasswordChangeView):
    form_class = forms.ChangePasswordForm


class PasswordSetView(Refusing, allauth_views.PasswordSetView):
    form_class = forms.SetPasswordForm


class PasswordResetView(Refusing, allauth_views.PasswordResetView):
    form_class = forms.ResetPasswordForm


class PasswordResetFromKeyView(Refusing, allauth_views.PasswordResetFromKeyView):
    form_class = forms.ResetPasswordKeyForm


class ReauthenticateView(Refusing, allauth_views.ReauthenticateView):
    form_class = forms.ReauthenticateForm
