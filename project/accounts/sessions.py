"""Sessions in the database, asked for only by keys that could be one.

Django hands the cookie to the database as it came, and PostgreSQL refuses a NUL in a text with an error: any
visitor could make a page or a socket fail.
"""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and len(key) == 32 and key.isascii() and key.isalnum()
