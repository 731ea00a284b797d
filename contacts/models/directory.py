"""Directories: where a person keeps their contacts, how to ask there, and how the last asking went.

Whether it is connected or paused (lifecycle) is the owner's wish; whether it works (health) is what the last sync
found. One sync at a time: a run holds a lease that it renews as it goes on, so that of several workers one does it,
and the next run continues what a killed worker left. A little long, because choosing, syncing and leaving a source
are verbs of the same row.
"""

import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from contacts import sync as syncing
from contacts.directories.base import Book, Connection, DirectoryBackend
from contacts.exceptions import ContactsError, DirectoryBusy, DirectoryUnreachable
from contacts.signals import removal_requested, sync_progressed, sync_requested
from project.impl import ImplClassField, ImplDefaultsMixin
from project.models import AuditModel, PublicIdModel
from project.secrets import EncryptedJSONField, SecretUnreadable
from project.words import key_of

from .folder import Folder
from .party import Party

if TYPE_CHECKING:
    from project.accounts.models import User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
LEASE_RENEWED_S = 15
ERASED_AT_ONCE = 200
REPORTED_S = 0.5
FIRST_BACKOFF = timedelta(minutes=5)
BACKOFF_MAX = timedelta(hours=12)
LEFT_ALONE_MAX = timedelta(hours=24)  # however long a server asks for
BOOKS_ASKED_AGAIN = timedelta(minutes=10)  # by somebody who waits for it
UNEXPECTED = "Something went wrong here. It is in the server's log, and the next sync tries again."


class DirectoryQuerySet(models.QuerySet["Directory"]):
    def due(self) -> "DirectoryQuerySet":
        """Connected ones whose time has come and that nobody is syncing."""
        now = timezone.now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        return self.filter(free, lifecycle=Directory.Lifecycle.CONNECTED, next_run_at__lte=now)


class DirectoryManager(models.Manager["Directory"]):
    def get_queryset(self) -> DirectoryQuerySet:
        return DirectoryQuerySet(self.model, using=self._db)

    def due(self) -> DirectoryQuerySet:
        return self.get_queryset().due()

    def by_hand(self, owner: "User") -> "Directory":
        """Return the directory of what this person enters by hand, made if it is not there."""
        there = self.filter(owner=owner, backend_class="manual").order_by("pk").first()
        return there or self.create(owner=owner, backend_class="manual", name="On this server")

    def offered(self) -> "dict[str, type[DirectoryBackend]]":
        """Return the kinds of directories that people can connect, by key."""
        field = Directory.impl_field("backend_class")
        kinds = {key: cast(type[DirectoryBackend], field.class_for(key)) for key in sorted(field.registry)}
        return {key: kind for key, kind in kinds.items() if kind.is_offered and kind.is_mirror}

    def removing(self) -> DirectoryQuerySet:
        """Those that are to be removed and that nobody is syncing."""
        free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
        return self.get_queryset().filter(free, lifecycle=Directory.Lifecycle.REMOVING)

    def probe(self, backend_class: str, config: Mapping[str, Any], credential: Mapping[str, str]) -> list[Book]:
        """Return the books that are found there. Nothing is stored. Raises DirectoryError."""
        field = cast(ImplClassField, Directory._meta.get_field("backend_class"))
        kind = cast(type[DirectoryBackend], field.class_for(backend_class))
        with kind(Connection(config, credential)) as backend:
            return backend.probe()

    def connect(
        self,
        owner: "User",
        backend_class: str,
        config: Mapping[str, Any],
        credential: Mapping[str, str],
        *,
        books: Iterable[Book],
        chosen: Iterable[str] | None = None,
        **fields: Any,
    ) -> "Directory":
        """Store a directory that was probed, and have it synced at once.

        books: what probe() returned; chosen: hrefs of those to mirror, None for all; fields: name, region,
        interval_minutes ...
        """
        books = list(books)
        with transaction.atomic():
            directory = self.create(
                owner=owner,
                backend_class=backend_class,
                config=dict(config),
                credential=dict(credential),  # type: ignore[misc]
                **fields,
            )
            directory.note_books(books)
            if chosen is not None:
                directory.choose(chosen)
            directory.request_sync()
        return directory


class Directory(ImplDefaultsMixin, PublicIdModel, AuditModel):
    class Lifecycle(models.TextChoices):
        CONNECTED = "connected"
        PAUSED = "paused"
        REMOVING = "removing", "being removed"

    class Health(models.TextChoices):
        OK = "ok"
        ERROR = "error"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="directories")
    name = models.TextField()
    backend_class = ImplClassField(base_class=DirectoryBackend, registry_setting="DIRECTORY_BACKENDS", default="manual")
    config = models.JSONField(default=dict, blank=True)
    credential = EncryptedJSONField(default=dict, blank=True)
    region = models.CharField("country of phone numbers", max_length=2, blank=True)
    interval_minutes = models.PositiveIntegerField("minutes between syncs", default=0)  # 0: only when asked
    lifecycle = models.CharField(max_length=16, choices=Lifecycle.choices, default=Lifecycle.CONNECTED)
    health = models.CharField(max_length=16, choices=Health.choices, default=Health.OK)
    problem = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    last_result = models.JSONField(default=dict, blank=True, editable=False)
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    books_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # {"book", "done", "total"} while a sync runs.
    progress = models.JSONField(default=dict, blank=True, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DirectoryManager()

    class Meta:
        verbose_name_plural = "directories"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    # --- Questions ---------------------------------------------------------------------------------------------

    @property
    def backend_kind(self) -> type[DirectoryBackend]:
        return cast(type[DirectoryBackend], self.impl_class("backend_class"))

    @property
    def source(self) -> str:
        """What links of its cards say of where they come from."""
        return self.backend_kind.source

    @property
    def is_mirror(self) -> bool:
        """Whether there is a source to ask again."""
        return self.backend_kind.is_mirror

    @property
    def is_syncing(self) -> bool:
        return self.lease_until is not None and self.lease_until > timezone.now()

    def backend(self) -> DirectoryBackend:
        """Return what speaks to this directory; use it with `with`."""
        return self.backend_kind(Connection(self.config, self.credential))  # type: ignore[arg-type]

    # --- Verbs -------------------------------------------------------------------------------------------------

    @transaction.atomic
    def note_books(self, books: Iterable[Book]) -> None:
        """Have a folder for each book, called as there. A book that is gone keeps its folder and its contacts."""
        with self.backend() as backend:
            by_key = {key_of(backend.place(book.href)): book for book in books}
        there = {folder.href_key: folder for folder in self.folders.exclude(href_key="")}
        for key, book in by_key.items():
            properties, name = dict(book.properties), book.name or "Contacts"
            folder = there.get(key)
            if folder is None:
                self.folders.create(
                    owner_id=self.owner_id, name=name, source_href=book.href, href_key=key, properties=properties
                )
            elif (folder.name, folder.source_href, folder.properties) != (name, book.href, properties):
                folder.name, folder.source_href, folder.properties = name, book.href, properties
                folder.save(update_fields=["name", "source_href", "properties", "updated_at"])
        self.books_asked_at = timezone.now()
        self.save(update_fields=["books_asked_at", "updated_at"])

    def choose(self, hrefs: Iterable[str]) -> None:
        """Mirror these books and no others; what was mirrored before stays as it is."""
        self.folders.update(is_mirrored=False)
        self.folders.filter(source_href__in=list(hrefs)).update(is_mirrored=True)

    @transaction.atomic
    def relocate(self, config: Mapping[str, Any], credential: Mapping[str, str], books: Iterable[Book]) -> None:
        """Go to another place, or as somebody else, from now on, and have it synced. books: what probe() returned."""
        self.config, self.credential = dict(config), dict(credential)  # type: ignore[assignment]
        self.save(update_fields=["config", "credential", "updated_at"])
        self.note_books(books)
        self.request_sync()

    @transaction.atomic
    def adjust(self, *, name: str, region: str, interval_minutes: int, config: Mapping[str, Any]) -> None:
        """Change what is ours to decide; in another region every telephone number is read anew."""
        if region != self.region:
            for folder in self.folders.all():
                folder.read_anew()
        if interval_minutes != self.interval_minutes and self.last_run_at is not None:
            pause = timedelta(minutes=interval_minutes)
            self.next_run_at = self.last_run_at + pause if interval_minutes else None
        is_read_anew = region != self.region or dict(config) != self.config
        self.name, self.region, self.interval_minutes, self.config = name, region, interval_minutes, dict(config)
        self.save(update_fields=["name", "region", "interval_minutes", "config", "next_run_at", "updated_at"])
        if is_read_anew and self.lifecycle == self.Lifecycle.CONNECTED:
            self.request_sync()

    def request_sync(self) -> None:
        """Have the worker sync this directory as soon as it can, once what was written now is stored."""
        if not self.is_mirror:
            return
        self.next_run_at = timezone.now()
        self.save(update_fields=["next_run_at", "updated_at"])
        transaction.on_commit(lambda: sync_requested.send(Directory, directory=self))

    def pause(self) -> None:
        """Leave the source alone; what was mirrored stays."""
        self.lifecycle = self.Lifecycle.PAUSED
        self.save(update_fields=["lifecycle", "updated_at"])

    def resume(self) -> None:
        """Mirror again, at once."""
        self.lifecycle = self.Lifecycle.CONNECTED
        self.save(update_fields=["lifecycle", "updated_at"])
        self.request_sync()

    def request_removal(self) -> None:
        """Have the worker remove this directory with its contacts, once a sync that runs has ended."""
        self.lifecycle = self.Lifecycle.REMOVING
        self.save(update_fields=["lifecycle", "updated_at"])
        transaction.on_commit(lambda: removal_requested.send(Directory, directory=self))

    def remove(self, *, keep_contacts: bool) -> None:
        """Forget this directory and its credential; its contacts go along, or into the folder of what is by hand."""
        if keep_contacts:
            with transaction.atomic():
                home = Folder.objects.by_hand(self.owner)
                for folder in self.folders.all():
                    folder.release_to(home)
                self.delete()
            return
        parties = Party.objects.filter(folder__directory=self)
        while pks := list(parties.values_list("pk", flat=True)[:ERASED_AT_ONCE]):
            Party.objects.erase(pks)
        for folder in self.folders.all():
            folder.contactgroup_cards.all().delete()
        self.delete()

    def sync(self, *, by_owner: bool = False) -> syncing.Result:
        """Ask the source what changed and mirror it; return what was done, also when it failed (result.error).

        by_owner: somebody waits for it, so books are asked for too. Raises DirectoryBusy while another worker is
        at it.
        """
        lease = self._begin()
        result, started = syncing.Result(), time.monotonic()
        error: Exception | None = None
        try:
            with self.backend() as backend:
                try:
                    syncing.run(
                        self, backend, result, discover=self._asks_for_books(by_owner), report=self._reporter(lease)
                    )
                finally:
                    result.requests, result.bytes_received = backend.requests, backend.bytes_received
        except (ContactsError, SecretUnreadable) as reason:
            error, result.error = reason, str(reason)
        except Exception as unexpected:
            error, result.error = unexpected, UNEXPECTED
            if Directory.objects.filter(pk=self.pk).exists():
                raise
            logger.info("Directory %s was removed while it was synced.", self.public_id)
        finally:
            result.seconds = round(time.monotonic() - started, 3)
            self._end(lease, result, error)
        return result

    # --- One run at a time -------------------------------------------------------------------------------------

    def _begin(self) -> str:
        lease, now = secrets.token_hex(16), timezone.now()
        free = Directory.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), pk=self.pk)
        if not free.update(lease=lease, lease_until=now + LEASE, progress={}):
            raise DirectoryBusy("This directory is being synced right now.")
        self.refresh_from_db()
        self._began_at = now
        return lease

    def _reporter(self, lease: str) -> syncing.Report:
        renewed = told = time.monotonic() - LEASE_RENEWED_S

        def report(book: str, done: int, total: int) -> None:
            nonlocal renewed, told
            now = time.monotonic()
            if now - renewed >= LEASE_RENEWED_S:
                renewed = now
                mine = Directory.objects.filter(pk=self.pk, lease=lease)
                progress = {"book": book, "done": done, "total": total}
                self.lease_until = timezone.now() + LEASE
                if not mine.update(lease_until=self.lease_until, progress=progress):
                    raise DirectoryBusy("Another worker took over this sync.")
            if total and (now - told >= REPORTED_S or done == total):
                told = now
                self.progress = {"book": book, "done": done, "total": total}
                sync_progressed.send_robust(Directory, directory=self)

        return report

    def _end(self, lease: str, result: syncing.Result, error: Exception | None) -> None:
        fields: dict[str, Any] = {"lease": "", "lease_until": None, "progress": {}, "last_result": asdict(result)}
        fields["last_run_at"] = now = timezone.now()
        fields["failures"] = self.failures + 1 if error else 0
        fields["health"] = self.Health.ERROR if result.error else self.Health.OK
        fields["problem"] = result.error
        pause = max(self._pause_after(fields["failures"]), _asked_for(error))
        usual = Value(now + pause if self.interval_minutes else None, models.DateTimeField())
        is_wanted = When(next_run_at__gt=self._began_at, next_run_at__lte=now, then=F("next_run_at"))
        fields["next_run_at"] = Case(is_wanted, default=usual)
        if Directory.objects.filter(pk=self.pk, lease=lease).update(**fields):
            self.refresh_from_db(fields=fields)
            sync_progressed.send_robust(Directory, directory=self)
            if self.next_run_at is not None and self.next_run_at <= now:
                # Somebody asked for a sync while this one was under way, perhaps for what it had listed already.
                sync_requested.send(Directory, directory=self)

    def _pause_after(self, failures: int) -> timedelta:
        """How long to wait until the next run: longer with each failure."""
        usual = timedelta(minutes=self.interval_minutes)
        if not failures:
            return usual
        return max(usual, min(BACKOFF_MAX, FIRST_BACKOFF * 2 ** min(failures - 1, 10)))

    def _asks_for_books(self, by_owner: bool) -> bool:
        patience = BOOKS_ASKED_AGAIN if by_owner else syncing.BOOKS_ASKED_EVERY
        return self.books_asked_at is None or timezone.now() - self.books_asked_at > patience


def _asked_for(error: Exception | None) -> timedelta:
    """Return how long a server asks to be left alone."""
    wanted_s = error.retry_after_s if isinstance(error, DirectoryUnreachable) else None
    return timedelta(seconds=min(max(wanted_s or 0, 0), LEFT_ALONE_MAX.total_seconds()))
