"""How directories and imports are put into words: in which state they are, what was done, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from contacts.models import Directory

register = template.Library()

COUNTS = {"created": "new", "updated": "changed", "removed": "removed"}
MINUTE_S = 60


@register.filter
def kind(directory: Directory) -> str:
    """Return what kind of place it is, in words."""
    return directory.backend_kind.display_label()


@register.filter
def state(directory: Directory) -> str:
    """Return removing, manual, syncing, paused, waiting (for the worker), failed, new (never synced) or ok."""
    if directory.lifecycle == Directory.Lifecycle.REMOVING:
        return "removing"
    if not directory.is_mirror:
        return "manual"
    if directory.is_syncing:
        return "syncing"
    if directory.lifecycle == Directory.Lifecycle.PAUSED:
        return "paused"
    if directory.next_run_at is not None and directory.next_run_at <= timezone.now():
        return "waiting"
    if directory.health == Directory.Health.ERROR:
        return "failed"
    return "ok" if directory.last_run_at else "new"


@register.filter
def in_words(result: Mapping[str, Any]) -> str:
    """Return what a sync or an import did: "3 new, 1 changed", "Nothing changed, 2 kept aside"."""
    counts = [f"{result[name]:,} {word}" for name, word in COUNTS.items() if result.get(name)] or ["Nothing changed"]
    # Not something that happened: those that are kept aside, as long as they are.
    aside = [f"{result['quarantined']:,} kept aside"] if result.get("quarantined") else []
    return ", ".join(counts + aside)


@register.simple_tag
def moment(when: datetime) -> SafeString:
    """{% moment directory.last_run_at %}: "2 minutes ago" or "in 5 minutes", which a script keeps true."""
    seconds = (when - timezone.now()).total_seconds()
    if abs(seconds) < MINUTE_S:
        words = "in a moment" if seconds > 0 else "a moment ago"
    elif seconds > 0:
        words = f"in {_span(timezone.now(), when)}"
    else:
        words = f"{_span(when, timezone.now())} ago"
    return format_html('<time-from-now><time datetime="{}">{}</time></time-from-now>', when.isoformat(), words)


def _span(start: datetime, end: datetime) -> str:
    return timesince(start, end, depth=1).replace("\xa0", " ")


@register.filter
def interval(minutes: int) -> str:
    """Return how often something happens, in words."""
    for name, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes and minutes % length == 0:
            return f"every {name}" if minutes == length else f"every {minutes // length} {name}s"
    return "only when asked"
