"""Accounts in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from project.accounts.models import Invitation, Server, User
from project.accounts.requests import PersonRequest

admin.site.unregister(Group)
admin.site.site_header = admin.site.site_title = "Parley administration"


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "display_name"]
        field_classes: dict[str, type[forms.Field]] = {}


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, type[forms.Field]] = {}


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    ordering = ["email"]
    list_display = ["email", "display_name", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "date_joined"]
    search_fields = ["email", "display_name", "public_id"]
    filter_horizontal = []
    readonly_fields = ["public_id", "invited_by", "date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "password", "display_name", "time_zone", "public_id"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser"]}),
        ("When and how", {"fields": ["invited_by", "date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "display_name", "usable_password", "password1", "password2"]}),
    ]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; an address that an administrator typed counts as confirmed."""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            obj.confirm_address()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            user.delete()


@admin.register(Server)
class ServerAdmin(admin.ModelAdmin):
    list_display = ["name", "first_account", "set_up_at"]
    readonly_fields = ["first_account", "set_up_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Server | None = None) -> bool:
        return False


class UsableFilter(admin.SimpleListFilter):
    title = "works"
    parameter_name = "works"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        usable = Invitation.objects.usable().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=usable)
        return queryset.exclude(pk__in=usable) if self.value() == "no" else queryset


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ["inviter", "created_at", "expires_at", "revoked_at", "max_uses", "people"]
    list_filter = [UsableFilter, "created_at"]
    list_select_related = ["inviter"]
    search_fields = ["inviter__email", "inviter__display_name", "public_id"]
    readonly_fields = ["public_id", "inviter", "created_at", "revoked_at"]
    actions = ["revoke_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return Invitation.objects.counted().general()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="joined")
    def people(self, invitation: Any) -> int:
        return int(invitation.joined_count)

    @admin.action(description="Revoke selected invitations")
    def revoke_selected(self, request: PersonRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset:
            invitation.revoke(by=request.user)
