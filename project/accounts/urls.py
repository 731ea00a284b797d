"""Where the pages of accounts are."""

from allauth.account import views as allauth_views
from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from project.accounts.views import account, invitations, people, settings, welcome


class PublicIdConverter(StringConverter):
    regex = "[0-9a-hjkmnp-tv-z]{16}"


class TokenConverter(StringConverter):
    regex = "[0-9A-Za-z._-]{1,200}"


register_converter(PublicIdConverter, "account_id")
register_converter(TokenConverter, "invitation_token")

urlpatterns = [
    path("welcome/", welcome.welcome, name="account_welcome"),
    path("join/<invitation_token:token>/", invitations.join, name="account_join"),
    path("invitations/", invitations.invitations, name="account_invitations"),
    path("invitations/<account_id:public_id>/revoke/", invitations.revoke, name="account_revoke_invitation"),
    path("settings/", settings.settings, name="account_settings"),
    path("settings/picture/", settings.picture, name="account_change_picture"),
    path("settings/picture/remove/", settings.remove_picture, name="account_remove_picture"),
    path("settings/delete/", settings.delete_account, name="account_delete"),
    path("people/<account_id:public_id>/picture/", people.picture, name="account_picture"),
]

# Only those of django-allauth's pages that are wanted here, by the names under which it looks for them.
allauth_urlpatterns = [
    path("login/", account.LoginView.as_view(), name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("signup/", account.SignupView.as_view(), name="account_signup"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("email/", account.EmailView.as_view(), name="account_email"),
    path("confirm-email/", allauth_views.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", allauth_views.confirm_email, name="account_confirm_email"),
    path("password/change/", account.PasswordChangeView.as_view(), name="account_change_password"),
    path("password/set/", account.PasswordSetView.as_view(), name="account_set_password"),
    path("password/reset/", account.PasswordResetView.as_view(), name="account_reset_password"),
    path("password/reset/done/", allauth_views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,13})-(?P<key>[-\w]{1,100})/$",
        account.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
]
