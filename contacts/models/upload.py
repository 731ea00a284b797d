"""Uploads: files of contacts that somebody chose, on their way into the book.

The files wait in the data folder, where no page shows them, until their owner has seen what they would change and
confirms it, or for an hour. Reading and importing are the worker's; each is done by one worker at a time, under a
lease, and goes on after one was killed. A little long, because an upload knows its files, its states and its worker.
"""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from contacts import importing
from contacts.importing import Item, Preview
from contacts.signals import upload_confirmed, upload_progressed
from project.models import AuditModel, PublicIdModel

from .folder import Folder

if TYPE_CHECKING:
    from project.accounts.models import User

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=1)
RESULTS_KEPT = timedelta(days=7)
LEASE = timedelta(minutes=2)
REPORTED_S = 0.5
RENEWED_S = 5
REFUSED_SHOWN = 200
CARDS_MAX = 100_000  # what a preview holds in memory
UNEXPECTED = "Something went wrong here. It is in the server's log."
TOO_MANY = "There are more than {:,} cards here. Import the files one after the other, or make smaller ones."


class _Gone(Exception):
    """The upload was discarded while it was read."""


class _TooMany(Exception):
    """More cards than one upload may hold."""


class UploadQuerySet(models.QuerySet["Upload"]):
    def unfinished(self) -> "UploadQuerySet":
        """Those that the worker has to read or import, and that nobody is at."""
        free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
        return self.filter(free, state__in=[Upload.State.UPLOADED, Upload.State.CONFIRMED])

    def over(self) -> "UploadQuerySet":
        """Those that nobody confirmed within the hour, and those imported long ago."""
        now = timezone.now()
        ended = Q(state__in=[Upload.State.DONE, Upload.State.FAILED], updated_at__lt=now - RESULTS_KEPT)
        waits = Q(state__in=[Upload.State.UPLOADED, Upload.State.READ], created_at__lt=now - KEPT)
        return self.filter(ended | waits)


class UploadManager(models.Manager["Upload"]):
    def get_queryset(self) -> UploadQuerySet:
        return UploadQuerySet(self.model, using=self._db)

    def unfinished(self) -> UploadQuerySet:
        return self.get_queryset().unfinished()

    def over(self) -> UploadQuerySet:
        return self.get_queryset().over()

    def receive(self, owner: "User", files: Iterable[tuple[str, Iterable[bytes]]]) -> "Upload":
        """Keep files, each with its name and its content in pieces, until they are imported or swept."""
        upload = Upload(owner=owner)
        _root().mkdir(mode=0o700, exist_ok=True)
        upload.path.mkdir(mode=0o700)
        for number, (name, content) in enumerate(files):
            with _private(upload.path / f"{number}.vcf") as file:
                file.writelines(content)
                upload.files.append({"name": name, "size": file.tell()})
        upload.save()
        return upload

    def sweep(self) -> None:
        """Drop what waited too long, and files whose row is gone."""
        for upload in self.over():
            upload.discard()
        for path in _root().iterdir() if _root().is_dir() else []:
            age_s = timezone.now().timestamp() - path.stat().st_mtime
            if age_s > KEPT.total_seconds() and not self.filter(public_id=path.name).exists():
                shutil.rmtree(path, ignore_errors=True)


def _root() -> Path:
    return Path(settings.PARLEY_DATA) / "imports"


def _private(path: Path) -> Any:
    return open(path, "xb", opener=partial(os.open, mode=0o600))


class Upload(PublicIdModel, AuditModel):
    class State(models.TextChoices):
        UPLOADED = "uploaded", "is being read"
        READ = "read", "waits for confirmation"
        CONFIRMED = "confirmed", "is being imported"
        DONE = "done", "imported"
        FAILED = "failed", "failed"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    state = models.CharField(max_length=16, choices=State.choices, default=State.UPLOADED)
    # [{"name", "size"}], size in bytes
    files = models.JSONField(default=list)
    folder = models.ForeignKey(Folder, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    # {"done", "total"} while it is read (bytes) or imported (cards).
    progress = models.JSONField(default=dict, blank=True)
    # contacts.importing.Result, once it is imported; its list of refused cards is cut.
    result = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True)
    card_count = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = UploadManager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return ", ".join(file["name"] for file in self.files)

    @property
    def path(self) -> Path:
        """The folder of its files."""
        return _root() / self.public_id

    @property
    def size_bytes(self) -> int:
        return sum(file["size"] for file in self.files)

    @property
    def is_busy(self) -> bool:
        """Whether the worker has something to do."""
        return self.state in {self.State.UPLOADED, self.State.CONFIRMED}

    def preview(self, folder: Folder | None) -> Preview:
        """Return what it would do to a folder (None: one that is still to be made); nothing, if its files are gone."""
        index = self.path / "index.json"
        items = [Item(*fields) for fields in json.loads(index.read_text())] if index.exists() else []
        return importing.preview(folder, items)

    # --- Verbs -------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Find out which cards there are. Nothing is done where that is known, or somebody is at it."""
        if not self._begin(self.State.UPLOADED):
            return
        with self._failing():
            items = list(self._surveyed())
            with _private(self.path / "index.json.new") as file:
                file.write(json.dumps(items).encode())
            (self.path / "index.json.new").rename(self.path / "index.json")
            self._end(self.State.READ, card_count=len(items))

    def confirm(self, folder: Folder) -> bool:
        """Have the worker import this into a folder of its owner; return False if that was said before."""
        waiting = Upload.objects.filter(pk=self.pk, state=self.State.READ)
        with transaction.atomic():
            if not waiting.update(state=self.State.CONFIRMED, folder=folder, updated_at=timezone.now()):
                return False
            transaction.on_commit(lambda: upload_confirmed.send(Upload, upload=self))
        self.refresh_from_db()
        return True

    def run(self) -> None:
        """Import what was confirmed. Nothing is done where it was not, or somebody is at it."""
        if not self._begin(self.State.CONFIRMED):
            return
        with self._failing():
            if self.folder is None:
                self._end(self.State.FAILED, problem="The folder that it should go into is not there any more.")
                return
            report = self._reporter(self.card_count)
            result = importing.bring_in(self.folder, self._contents(), report)
            result.refused, kept = result.refused[:REFUSED_SHOWN], len(result.refused)
            self._end(self.State.DONE, result={**vars(result), "refused_count": kept})
            shutil.rmtree(self.path, ignore_errors=True)

    def discard(self) -> None:
        """Forget it, with its files. What was imported stays in the book."""
        self.delete()
        shutil.rmtree(self.path, ignore_errors=True)

    # --- In the worker -----------------------------------------------------------------------------------------

    def _contents(self) -> Iterator[bytes]:
        for number in range(len(self.files)):
            yield (self.path / f"{number}.vcf").read_bytes()

    def _surveyed(self) -> Iterator[Item]:
        report, read_bytes, count = self._reporter(self.size_bytes), 0, 0
        for data in self._contents():
            for found in importing.survey(data, settings.DEFAULT_REGION):
                count += 1
                if count > CARDS_MAX:
                    raise _TooMany
                read_bytes += len(found.raw)
                report(read_bytes)
                yield found.item

    def _begin(self, state: "Upload.State") -> bool:
        now = timezone.now()
        free = Upload.objects.unfinished().filter(pk=self.pk, state=state)
        if not free.update(lease_until=now + LEASE, progress={}):
            return False
        self.refresh_from_db()
        return True

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Write down that what is done here failed, so that its owner hears of it."""
        try:
            yield
        except _Gone:
            logger.info("Upload %s was discarded meanwhile.", self.public_id)
        except _TooMany:
            self._end(self.State.FAILED, problem=TOO_MANY.format(CARDS_MAX))
        except FileNotFoundError:
            self._end(self.State.FAILED, problem="The uploaded files are not there any more. Upload them again.")
        except Exception:
            self._end(self.State.FAILED, problem=UNEXPECTED)
            raise

    def _reporter(self, total: int) -> Callable[[int], None]:
        told = renewed = monotonic()

        def report(done: int) -> None:
            nonlocal told, renewed
            now = monotonic()
            self.progress = {"done": min(done, total), "total": total}
            if now - renewed >= RENEWED_S:
                renewed = now
                until = timezone.now() + LEASE
                if not Upload.objects.filter(pk=self.pk).update(lease_until=until, progress=self.progress):
                    raise _Gone
            if now - told >= REPORTED_S:
                told = now
                upload_progressed.send(Upload, upload=self)

        return report

    def _end(self, state: "Upload.State", **fields: Any) -> None:
        fields |= {"state": state, "lease_until": None, "progress": {}, "updated_at": timezone.now()}
        if Upload.objects.filter(pk=self.pk).update(**fields):
            for name, value in fields.items():
                setattr(self, name, value)
            upload_progressed.send(Upload, upload=self)
