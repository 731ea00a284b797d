"""One's own account: name, picture, time zone, and the end of it."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from project.accounts.forms import DeleteAccountForm, PictureForm, ProfileForm
from project.accounts.models import User
from project.accounts.requests import PersonRequest


def _page(request: PersonRequest, status: int = 200, **forms: object) -> HttpResponse:
    # A form that was refused has written into its instance; what the page says of the person is what is kept.
    kept = User.objects.get(pk=request.user.pk)
    context = {"profile_form": ProfileForm(instance=kept), "picture_form": PictureForm(), "person_kept": kept, **forms}
    return render(request, "accounts/settings.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _page(request, status=422, profile_form=form)
    form.save()
    messages.success(request, "Your changes are saved.")
    return redirect("account_settings")


@login_required
@require_POST
def picture(request: PersonRequest) -> HttpResponse:
    """Show another picture of oneself."""
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, status=422, picture_form=form)
    request.user.change_picture(form.cleaned_data["picture"])
    messages.success(request, "Your picture is changed.")
    return redirect("account_settings")


@login_required
@require_POST
def remove_picture(request: PersonRequest) -> HttpResponse:
    request.user.change_picture(None)
    messages.success(request, "Your picture is removed.")
    return redirect("account_settings")


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: PersonRequest) -> HttpResponse:
    """Delete one's account; what was written stays with the people it was written to."""
    user = User.objects.get(pk=request.user.pk)
    form = DeleteAccountForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "accounts/delete_account.html", {"form": form}, status=status)
    logout(request)
    user.delete()
    return render(request, "accounts/account_deleted.html")
