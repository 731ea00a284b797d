"""How addresses name things: by public id. An id that could not be one is simply not found."""

from django.urls import register_converter


class PublicIdConverter:
    regex = "[0-9a-hjkmnp-tv-z]{16}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PublicIdConverter, "id")
