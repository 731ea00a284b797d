"""Where a party is: the postal addresses of its card."""

from typing import ClassVar

from django.db import models

from project.models import AuditModel
from project.words import digest


class Address(AuditModel):
    """One ADR of a card, with all its seven parts (RFC 6350, 6.3.1). Several may have the same label."""

    party = models.ForeignKey("contacts.Party", on_delete=models.CASCADE, related_name="addresses")
    # Whose card says so: another party than the one shown, once that one was merged.
    origin = models.ForeignKey("contacts.Party", on_delete=models.CASCADE, related_name="+")
    label = models.TextField(blank=True)
    po_box = models.TextField(blank=True)
    extended = models.TextField(blank=True)
    street = models.TextField(blank=True)
    locality = models.TextField("city", blank=True)
    region = models.TextField(blank=True)
    postal_code = models.TextField(blank=True)
    country = models.TextField(blank=True)
    preferred = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    PARTS = ("po_box", "extended", "street", "locality", "region", "postal_code", "country")

    objects: ClassVar[models.Manager["Address"]] = models.Manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.locality, self.country) if part) or self.label

    @property
    def content(self) -> str:
        """What makes this address the same at the next sync."""
        return digest("\0".join([self.label, *(getattr(self, part) for part in self.PARTS)]))
