"""The address books, for administrators: to see how syncs go and to help, not to edit what a card says.

What syncs and verbs write is read-only here. Credentials are never shown; cards are loaded only where one is shown.
A little long, because it has every model.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from contacts.models import (
    Address,
    Affiliation,
    ContactGroup,
    Directory,
    Folder,
    GroupMember,
    Handle,
    KeptApart,
    Organization,
    Party,
    PartyHandle,
    Person,
    QuarantinedCard,
    Upload,
)

CARD_SHOWN_MAX = 20_000
CARDS = ("raw_vcard", "base_vcard")
OF_OWNER = ("owner__email", "owner__display_name", "public_id")


class ReadOnlyAdmin(admin.ModelAdmin):
    """All can be looked at and deleted, and nothing changed. parties: paths to rows with cards, "" for its own."""

    list_per_page = 50
    show_full_result_count = False
    parties: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        cards = [f"{path}{name}" for path in self.parties for name in CARDS]
        return super().get_queryset(request).defer(*cards)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FolderInline(ReadOnlyInline):
    model = Folder
    fields = ["name", "is_mirrored", "problem", "listed_at"]


@admin.register(Directory)
class DirectoryAdmin(admin.ModelAdmin):
    list_display = ["name", "owner", "backend_class", "lifecycle", "health", "last_run_at", "next_run_at", "problem"]
    list_filter = ["backend_class", "lifecycle", "health"]
    list_select_related = ["owner"]
    search_fields = ["name", "problem", *OF_OWNER]
    # Not the place: with another one the stored password would go there. Its owner changes it, with a probe.
    fields: ClassVar[Any] = [
        "owner", "name", "backend_class", "config", "region", "interval_minutes", "lifecycle", "health", "problem",
        "failures", "last_result", "last_run_at", "next_run_at", "progress", "lease_until", "public_id", "created_at",
    ]  # fmt: skip
    readonly_fields = [name for name in fields if name not in {"name", "region", "interval_minutes"}]
    inlines = [FolderInline]
    actions = ["sync_selected", "pause_selected"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Directory]:
        return super().get_queryset(request).defer("credential")

    @admin.action(description="Sync selected directories")
    def sync_selected(self, request: HttpRequest, queryset: QuerySet[Directory]) -> None:
        for directory in queryset.filter(lifecycle=Directory.Lifecycle.CONNECTED):
            directory.request_sync()

    @admin.action(description="Pause selected directories")
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[Directory]) -> None:
        for directory in queryset.filter(lifecycle=Directory.Lifecycle.CONNECTED):
            directory.pause()


@admin.register(Folder)
class FolderAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "directory", "is_mirrored", "listed_at", "problem"]
    list_filter = ["is_mirrored", "directory__backend_class"]
    list_select_related = ["owner", "directory"]
    search_fields = ["name", "problem", "source_href", *OF_OWNER]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Folder]:
        return super().get_queryset(request).defer("directory__credential")


@admin.register(QuarantinedCard)
class QuarantinedCardAdmin(ReadOnlyAdmin):
    list_display = ["source_href", "folder", "owner", "reason", "created_at"]
    list_select_related = ["folder__owner"]
    search_fields = ["source_href", "reason", "folder__owner__email", "folder__name", "public_id"]
    fields = ["folder", "source_href", "source_etag", "reason", "card", "created_at", "updated_at", "public_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuarantinedCard]:
        return super().get_queryset(request).defer("raw_vcard")

    @admin.display(ordering="folder__owner__email")
    def owner(self, card: QuarantinedCard) -> str:
        return str(card.folder.owner)

    @admin.display
    def card(self, card: QuarantinedCard) -> str:
        return card.text[:CARD_SHOWN_MAX]


class LinkInline(ReadOnlyInline):
    model = PartyHandle
    fields = ["handle", "label", "preferred", "confidence", "source", "is_confirmed", "is_dismissed"]


class AddressInline(ReadOnlyInline):
    model = Address
    fk_name = "party"
    fields = ["label", "street", "locality", "postal_code", "country", "preferred"]


class AffiliationInline(ReadOnlyInline):
    model = Affiliation
    fk_name = "party"
    fields = ["organization_name", "department", "title", "role"]


class RemovedFilter(admin.SimpleListFilter):
    title = "removed"
    parameter_name = "removed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(removed_at=None)
        return queryset.filter(removed_at=None) if self.value() == "no" else queryset


class PartyAdmin(ReadOnlyAdmin):
    """People and organisations share what they are listed and searched by."""

    parties = ("",)
    list_display = ["display_name", "owner", "folder", "handle_count", "is_merged", "removed_at", "updated_at"]
    list_filter = [RemovedFilter]
    list_select_related = ["owner", "folder"]
    search_fields = ["search_text", "source_href", *OF_OWNER]
    exclude = [*CARDS, "search_text", "party_ptr"]
    readonly_fields = ["card", "public_id", "source_href", "source_uid", "source_etag", "removed_at", "merged_into"]
    inlines = [LinkInline, AddressInline, AffiliationInline]

    @admin.display(boolean=True, description="merged")
    def is_merged(self, party: Party) -> bool:
        return party.merged_into_id is not None

    @admin.display
    def card(self, party: Party) -> str:
        return bytes(party.raw_vcard).decode("utf-8", "replace")[:CARD_SHOWN_MAX]


admin.site.register([Party, Person, Organization], PartyAdmin)


@admin.register(Handle)
class HandleAdmin(ReadOnlyAdmin):
    parties = ("party__",)
    list_display = ["value", "platform", "owner", "party", "updated_at"]
    list_filter = ["platform"]
    list_select_related = ["owner", "party"]
    search_fields = ["value", "normalised", "external_id", *OF_OWNER]


@admin.register(PartyHandle)
class PartyHandleAdmin(ReadOnlyAdmin):
    parties = ("party__",)
    list_display = ["handle", "party", "confidence", "source", "is_confirmed", "is_dismissed"]
    list_filter = ["source", "is_confirmed", "is_dismissed"]
    list_select_related = ["handle", "party"]
    search_fields = ["handle__value", "party__display_name", "party__owner__email"]


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    parties = ("party__",)
    list_display = ["__str__", "label", "party"]
    list_select_related = ["party"]
    search_fields = ["street", "locality", "country", "party__display_name", "party__owner__email"]


@admin.register(Affiliation)
class AffiliationAdmin(ReadOnlyAdmin):
    parties = ("party__", "organization__")
    list_display = ["__str__", "party", "organization"]
    list_select_related = ["party", "organization"]
    search_fields = ["organization_name", "title", "party__display_name", "party__owner__email"]


class MemberInline(ReadOnlyInline):
    model = GroupMember
    fields = ["party", "member"]


@admin.register(ContactGroup)
class ContactGroupAdmin(ReadOnlyAdmin):
    parties = ("",)
    list_display = ["name", "owner", "source", "folder", "removed_at"]
    list_filter = ["source", RemovedFilter]
    list_select_related = ["owner", "folder"]
    search_fields = ["name", *OF_OWNER]
    exclude = CARDS
    inlines = [MemberInline]


@admin.register(GroupMember)
class GroupMemberAdmin(ReadOnlyAdmin):
    parties = ("party__", "group__")
    list_display = ["__str__", "group"]
    list_select_related = ["group", "party"]
    search_fields = ["group__name", "member", "party__display_name", "group__owner__email"]


@admin.register(KeptApart)
class KeptApartAdmin(ReadOnlyAdmin):
    parties = ("low__", "high__")
    list_display = ["__str__", "owner"]
    list_select_related = ["low", "high", "owner"]
    search_fields = ["low__display_name", "high__display_name", "owner__email"]


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "owner", "state", "card_count", "folder", "created_at", "is_late"]
    list_filter = ["state"]
    list_select_related = ["owner", "folder"]
    search_fields = ["problem", *OF_OWNER]

    @admin.display(boolean=True, description="late")
    def is_late(self, upload: Upload) -> bool:
        return upload.is_busy and upload.lease_until is not None and upload.lease_until < timezone.now()
