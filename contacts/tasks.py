"""What the worker does for address books: syncs, imports, and cleaning."""

import logging
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.dispatch import receiver
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from contacts.exceptions import DirectoryBusy
from contacts.models import Directory, Party, Upload
from contacts.signals import removal_requested, sync_requested, upload_confirmed

logger = logging.getLogger(__name__)

STRAY_PICTURES_KEPT = timedelta(days=1)  # a sync may be about to store their contact


@db_task()
def sync_directory(pk: int, *, by_owner: bool = True) -> None:
    """Sync one directory, unless it is gone, paused, being synced, or was synced since this was said."""
    directory = Directory.objects.due().filter(pk=pk).first()
    if directory is None:
        return
    try:
        directory.sync(by_owner=by_owner)
    except DirectoryBusy:
        logger.info("Directory %s is being synced already.", directory.public_id)


@receiver(sync_requested)
def sync_soon(sender: Any, directory: Directory, **kwargs: Any) -> None:
    sync_directory(directory.pk)


@db_periodic_task(crontab(minute="*"))
def sync_due_directories() -> None:
    """Start the syncs whose time has come."""
    for pk in Directory.objects.due().order_by("next_run_at").values_list("pk", flat=True):
        sync_directory(pk, by_owner=False)


@db_task()
def remove_directory(pk: int) -> None:
    """Remove a directory with its contacts; one that is being synced has its turn later."""
    if directory := Directory.objects.removing().filter(pk=pk).first():
        directory.remove(keep_contacts=False)


@receiver(removal_requested)
def remove_soon(sender: Any, directory: Directory, **kwargs: Any) -> None:
    remove_directory(directory.pk)


@db_periodic_task(crontab(minute="*"))
def finish_removals() -> None:
    """Go on with removals that waited for a sync, or that a killed worker left."""
    for pk in Directory.objects.removing().values_list("pk", flat=True):
        remove_directory(pk)


@db_task()
def read_upload(pk: int) -> None:
    """Find out what somebody uploaded, unless that is known."""
    if upload := Upload.objects.filter(pk=pk).first():
        upload.read()


@db_task()
def import_upload(pk: int) -> None:
    """Import what somebody confirmed, unless that is done."""
    if upload := Upload.objects.filter(pk=pk).first():
        upload.run()


@receiver(upload_confirmed)
def import_soon(sender: Any, upload: Upload, **kwargs: Any) -> None:
    import_upload(upload.pk)


@db_periodic_task(crontab(minute="*"))
def continue_uploads() -> None:
    """Go on with what a killed worker left."""
    for upload in Upload.objects.unfinished():
        (read_upload if upload.state == Upload.State.UPLOADED else import_upload)(upload.pk)


@db_periodic_task(crontab(minute="*/10"))
def sweep_uploads() -> None:
    """Remove what nobody confirmed within the hour."""
    Upload.objects.sweep()


@db_periodic_task(crontab(hour="3", minute="25"))
def sweep_avatars() -> None:
    """Remove pictures that belong to nobody: left by a sync that ended half way, or with an account."""
    if not default_storage.exists("contacts"):
        return
    shown = set(Party.objects.exclude(avatar="").values_list("avatar", flat=True))
    for name in (f"contacts/{file}" for file in default_storage.listdir("contacts")[1]):
        age = timezone.now() - default_storage.get_modified_time(name)
        if name not in shown and age > STRAY_PICTURES_KEPT:
            default_storage.delete(name)
