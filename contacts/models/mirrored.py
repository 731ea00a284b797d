"""What a row has that stands for a card: its place, its version and its text, byte for byte."""

from django.db import models
from django.db.models import Q


class Mirrored(models.Model):
    """A row that stands for one card of a folder.

    The place (href) is its identity for a sync, the uid tells it when it moved. raw_vcard is the card as shown and
    exported; where it was edited here, base_vcard is the card as the source last had it. A row that vanished at the
    source, or was deleted here, stays with the time in removed_at and comes back as itself.
    """

    folder = models.ForeignKey(
        "contacts.Folder", null=True, blank=True, on_delete=models.SET_NULL, related_name="%(model_name)s_cards"
    )
    source_href = models.TextField(blank=True, editable=False)
    source_uid = models.TextField(blank=True, editable=False)
    source_etag = models.TextField(blank=True, editable=False)
    # Digests of href and uid, which may be longer than an index allows; "" where there is none.
    href_key = models.CharField(max_length=64, blank=True, editable=False)
    uid_key = models.CharField(max_length=64, blank=True, editable=False)
    # Of the card as received.
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    raw_vcard = models.BinaryField(default=b"", editable=False)
    base_vcard = models.BinaryField(default=b"", editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_removed_by_owner = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "href_key"], condition=~Q(href_key=""), name="a_%(class)s_has_its_place_alone"
            ),
            models.UniqueConstraint(
                fields=["folder", "uid_key"], condition=~Q(uid_key=""), name="a_%(class)s_has_its_uid_alone"
            ),
        ]

    @property
    def is_edited_here(self) -> bool:
        """Whether the card differs from its source because it was edited here."""
        return bool(self.base_vcard)
