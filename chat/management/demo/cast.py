"""Who takes part in the demo. Addresses end in .example, which belongs to nobody (RFC 2606 section 2)."""

from dataclasses import dataclass

from .faces import Face


@dataclass(frozen=True)
class Person:
    key: str  # what the talks call them, and the beginning of their address
    name: str
    time_zone: str
    face: Face

    @property
    def email(self) -> str:
        return f"{self.key}@parley.example"


# The first one is the administrator, and whom the talks are laid out for: what is unread is unread by her.
CAST = [
    Person("anna", "Anna Nováková", "Europe/Prague", Face("#f2b84b", "#3f6f8f", "#f3cfb3", "bun", "#8a4b2d")),
    Person(
        "tomas",
        "Tomás Ferreira",
        "Europe/Lisbon",
        Face("#7cb7a3", "#c8553d", "#dba57c", "short", "#3a2a22", has_beard=True),
    ),
    Person("misaki", "田中 美咲", "Asia/Tokyo", Face("#e58f8f", "#f4e3c1", "#f6d8bd", "bob", "#241f2b")),
    Person("layla", "ليلى حداد", "Asia/Beirut", Face("#9a8fd0", "#51407a", "#d9a982", "scarf", "#2f7f86")),
    Person(
        "wei", "王伟", "Asia/Shanghai", Face("#8fb8de", "#4d7c4a", "#efc9a0", "fringe", "#1f1c24", has_glasses=True)
    ),
    Person("zoe", "Zoë Okafor", "Africa/Lagos", Face("#f0d06b", "#d9648a", "#7c4a31", "curls", "#231815")),
    Person(
        "ravi", "Ravi Menon", "Asia/Kolkata", Face("#a9c77b", "#e08a3c", "#a66d44", "bald", "#4a4a4f", has_beard=True)
    ),
    Person("olena", "Олена Коваль", "Europe/Kyiv", Face("#c9a6d6", "#2f5d9b", "#f7dcc6", "long", "#d9a441")),
]
