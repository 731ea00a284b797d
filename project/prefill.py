"""What a form shows once another implementation is picked in it, before it is sent (project/impl.py)."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.forms import BaseForm

from project.impl import ImplClassField, as_column, fitting


def prefill(form: BaseForm, name: str, column: ImplClassField, previous: str) -> dict[str, Any]:
    """Return what other fields of a form show once another implementation is picked: names to values.

    form: bound to what the page holds; name: its field that picks the implementation, for a column of a model;
    previous: the key that was picked before, or "". What a person typed is left alone. Untouched is what is empty,
    or as the previous implementation, or else the form, had put it; a box without its tick is never just empty.
    What only the previous implementation named goes back to what the form begins with. To show it:
    Form(initial={name: form[name].data for name in form.fields} | prefill(...)).
    """
    before, after = column.defaults_of(previous), column.defaults_of(form[name].data)
    names = (before.keys() | after.keys()) & form.fields.keys() - {name}
    return {
        other: _offered(form, other, column, after)
        for other in names
        if _is_untouched(form, other, _offered(form, other, column, before))
    }


def _offered(form: BaseForm, name: str, column: ImplClassField, defaults: Mapping[str, Any]) -> Any:
    """Return what a field shows under the defaults of an implementation, before anybody types."""
    if name in defaults:
        target = as_column(column.model, name)
        with suppress(LookupError):
            return fitting(target, defaults[name]) if target is not None else defaults[name]
    first = form.fields[name].initial
    return first() if callable(first) else first


def _is_untouched(form: BaseForm, name: str, offered: Any) -> bool:
    held = form[name].data
    return held in form.fields[name].empty_values or not form.fields[name].has_changed(offered, held)
