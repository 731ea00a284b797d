"""What every model of Parley shares: public ids and audit columns."""

import base64
import secrets

from django.db import models

# Crockford's base 32 in lower case: nothing to mistake for something else when read aloud, and safe in a
# URL, a DOM id and a CSS selector.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PUBLIC_ID_LENGTH = 16
_OWN_ALPHABET = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())


def new_public_id() -> str:
    """Return 16 random characters (80 bits): an id that tells nothing about order or number."""
    return base64.b32encode(secrets.token_bytes(10)).translate(_OWN_ALPHABET).decode()


class PublicIdModel(models.Model):
    """A row that people may name in a URL, by an id that cannot be guessed or counted."""

    public_id = models.CharField(max_length=PUBLIC_ID_LENGTH, unique=True, default=new_public_id, editable=False)

    class Meta:
        abstract = True


class AuditModel(models.Model):
    """A row that knows when it was made and when it last changed."""

    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True
