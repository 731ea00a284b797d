"""What is kept encrypted: nobody sees it, no key opens it but its own, and keys can be changed."""

import pickle
import pprint

import pytest
from cryptography.fernet import Fernet
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import display_for_field
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection, models
from django.utils.html import escape
from django.views.debug import SafeExceptionReporterFilter

from project import secrets
from project.secrets import Secret, SecretUnreadable
from tests.project.machines import Safe

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
CONTENT = {"username": "alice", "password": "SECRET"}


@pytest.fixture(autouse=True)
def _old_key(settings, tables, db, monkeypatch) -> None:
    settings.CREDENTIAL_KEYS = (OLD,)
    monkeypatch.setattr(secrets, "WRITERS_PATIENCE_S", 0)


@pytest.fixture
def safe() -> Safe:
    return Safe.objects.create(label="mine", content=CONTENT)


def texts() -> list[str | None]:
    """What stands in the table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT content FROM {Safe._meta.db_table} ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


def test_a_dict_comes_back_as_it_was(safe):
    found = Safe.objects.get()
    assert found.content == CONTENT
    assert dict(found.content) == CONTENT
    assert {**found.content} == CONTENT
    assert (found.content["username"], found.content.get("token"), len(found.content)) == ("alice", None, 2)


@pytest.mark.parametrize("content", [{}, {"": ""}, {"a": ["\0", "\u2603", 1.5, None, True, {"b": {}}]}])
def test_whatever_json_can_hold_can_be_kept(content):
    assert Safe.objects.get(pk=Safe.objects.create(content=content).pk).content == content


def test_without_a_word_there_is_an_empty_dict_or_nothing():
    Safe.objects.create()
    assert Safe.objects.get().content == {}
    assert Safe.objects.get().spare is None
    assert Safe.objects.filter(spare__isnull=True, content__isnull=False).exists()


def test_the_database_sees_nothing_of_it(safe):
    Safe.objects.create(content=CONTENT)
    one, other = texts()
    assert one != other
    for text in (one, other):
        assert text.startswith("gAAAA")
        assert "SECRET" not in text
        assert "alice" not in text


def test_a_change_inside_is_saved(safe):
    found = Safe.objects.get()
    found.content["password"] = "OTHER"
    del found.content["username"]
    found.save()
    assert Safe.objects.get().content == {"password": "OTHER"}


def test_the_dict_that_was_handed_over_is_not_shared():
    content = dict(CONTENT)
    safe = Safe(content=content)
    content.clear()
    assert safe.content == CONTENT


def test_what_nobody_looked_into_is_saved_as_it_was(safe):
    before = texts()
    Safe.objects.get().save()
    assert texts() == before


def test_every_way_of_writing_encrypts(safe):
    Safe.objects.update(content={"way": "update"})
    safe.refresh_from_db()
    assert safe.content == {"way": "update"}
    safe.content = {"way": "bulk_update"}
    Safe.objects.bulk_update([safe], ["content"])
    Safe.objects.bulk_create([Safe(content={"way": "bulk_create"})])
    assert [found.content["way"] for found in Safe.objects.order_by("pk")] == ["bulk_update", "bulk_create"]
    assert not any("way" in text for text in texts())


def test_values_and_columns_left_out_are_secret_too(safe):
    [(content,)] = Safe.objects.values_list("content")
    assert (repr(content), content["password"]) == ("<hidden>", "SECRET")
    assert Safe.objects.defer("content").get().content == CONTENT


def test_a_column_can_be_copied(safe):
    Safe.objects.update(spare=models.F("content"))
    assert Safe.objects.get().spare == CONTENT


@pytest.mark.parametrize("wrong", [["SECRET"], 5, b"SECRET", object()])
def test_what_is_no_dict_is_refused_without_repeating_it(wrong):
    with pytest.raises(TypeError, match="content must be a dict") as error:
        Safe(content=wrong)
    assert "SECRET" not in str(error.value)


def test_nothing_shows_it(safe):
    found = Safe.objects.get()
    assert found.content["password"] == "SECRET"
    for shown in (repr(found.content), str(found.content), f"{found.content}", pprint.pformat(found.content),
                  repr(found.__dict__), repr([found.content]), escape(found.content)):  # fmt: skip
        assert "hidden" in shown
        assert "SECRET" not in shown
    assert "SECRET" not in display_for_field(found.content, Safe._meta.get_field("content"), "-")


def test_no_form_asks_for_it():
    class Everything(forms.ModelForm):
        class Meta:
            model = Safe
            fields = "__all__"  # noqa: DJ007

    assert list(Everything().fields) == ["label"]
    page = admin.ModelAdmin(Safe, admin.site)
    assert page.get_form(None, fields=None).base_fields.keys() == {"label"}
    with pytest.raises(FieldError):
        type("Named", (forms.ModelForm,), {"Meta": type("Meta", (), {"model": Safe, "fields": ["content"]})})


def test_pages_of_errors_hide_keys_and_what_they_open(safe, settings, rf):
    shown = SafeExceptionReporterFilter().get_safe_settings()
    assert OLD not in str(shown["CREDENTIAL_KEYS"])
    settings.DEBUG = False
    try:
        Secret(sealed="broken").get("x")
    except SecretUnreadable as error:
        traceback = error.__traceback__
    frames = []
    while traceback is not None:
        variables = SafeExceptionReporterFilter().get_traceback_frame_variables(rf.get("/"), traceback.tb_frame)
        frames.append(dict(variables))
        traceback = traceback.tb_next
    assert not any("broken" in str(frame) for frame in frames)


def test_a_dump_holds_it_encrypted_and_can_be_loaded(safe, registered):
    dump = serializers.serialize("json", Safe.objects.all())
    assert "SECRET" not in dump
    Safe.objects.all().delete()
    for row in serializers.deserialize("json", dump):
        row.save()
    assert Safe.objects.get().content == CONTENT
    assert Safe.objects.get().spare is None


def test_pickling_keeps_it_closed(safe, registered):
    packed = pickle.dumps(Safe.objects.get())
    assert b"SECRET" not in packed
    assert pickle.loads(packed).content == CONTENT


@pytest.mark.parametrize("lookup", ["content", "content__exact", "content__in", "content__contains", "content__gt"])
def test_no_row_can_be_found_by_it(safe, lookup):
    value = [CONTENT] if lookup.endswith("in") else CONTENT
    with pytest.raises(FieldError, match="content is encrypted") as error:
        Safe.objects.filter(**{lookup: value}).exists()
    assert "SECRET" not in str(error.value)
