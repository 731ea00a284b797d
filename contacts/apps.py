from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts import receivers, tasks  # noqa: F401 - they hear of accounts, and of who wants a sync
