"""What a party is to an organisation: ORG, TITLE and ROLE of its card."""

from typing import ClassVar

from django.db import models

from project.models import AuditModel
from project.words import SORT_KEY_MAX, digest


class Affiliation(AuditModel):
    party = models.ForeignKey("contacts.Party", on_delete=models.CASCADE, related_name="affiliations")
    origin = models.ForeignKey("contacts.Party", on_delete=models.CASCADE, related_name="+")
    # The organisation's own entry in the same book, where there is one of that name.
    organization = models.ForeignKey(
        "contacts.Party", null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    organization_name = models.TextField(blank=True)
    organization_key = models.CharField(max_length=SORT_KEY_MAX, blank=True, editable=False, db_index=True)
    department = models.TextField(blank=True)
    title = models.TextField(blank=True)
    role = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["Affiliation"]] = models.Manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.title or self.role, self.organization_name) if part)

    @property
    def content(self) -> str:
        """What makes this affiliation the same at the next sync."""
        return digest("\0".join([self.organization_name, self.department, self.title, self.role]))
