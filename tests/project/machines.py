"""Models and implementations that exist in tests only: machines, and the engines that one can pick for them.

They stand in a registry of apps of their own, so neither migrations nor other tests ever see them; a test that
asks for "registered" finds them in Parley's.
"""

from collections.abc import Iterator

import pytest
from django import forms
from django.apps import apps
from django.db import connection, models
from django.test.utils import isolate_apps

from project.impl import ImplBase, ImplClassField, ImplDefaultsMixin
from project.secrets import EncryptedJSONField


class Engine(ImplBase):
    category = "engine"
    icon = "cog"
    defaults = {"power_kw": 10, "settings": {"oil": "thin", "spark": {"gap": 1}}}


class Steam(Engine):
    key = "steam"
    label = "Steam engine"
    icon = "kettle"
    defaults = {"is_loud": True, "is_safe": False, "maker": "watt", "settings": {"coal": "black"}, "unheard_of": 1}


class Compound(Steam):
    key = "compound_steam"
    defaults = {"power_kw": 99, "settings": {"spark": {"size": 2}}, "maker": "nobody"}


class Electric(Engine):
    key = "electric"
    defaults = {"label": "Quiet", "power_kw": 5}


class NoEngine:
    """Of the wrong class."""


ENGINES = {
    "steam": "tests.project.machines.Steam",
    "compound_steam": "tests.project.machines.Compound",
    "electric": "tests.project.machines.Electric",
}

with isolate_apps("project"):

    class Maker(models.Model):
        slug = models.SlugField(unique=True)

        class Meta:
            app_label = "project"

        def __str__(self) -> str:
            return self.slug

    class Machine(ImplDefaultsMixin):
        label = models.CharField(max_length=50, blank=True)
        engine = ImplClassField(base_class=Engine, registry_setting="ENGINES", blank=True, default="")
        is_loud = models.BooleanField(default=False)
        is_safe = models.BooleanField(default=True)
        power_kw = models.IntegerField(default=1, blank=True)
        settings = models.JSONField(default=dict, blank=True)
        maker = models.ForeignKey(Maker, models.SET_NULL, null=True, blank=True)

        class Meta:
            app_label = "project"

        def __str__(self) -> str:
            return self.label

    class Safe(models.Model):
        label = models.CharField(max_length=50, blank=True)
        content = EncryptedJSONField()
        spare = EncryptedJSONField(null=True, default=None)

        class Meta:
            app_label = "project"

        def __str__(self) -> str:
            return self.label


class MachineForm(forms.ModelForm):
    class Meta:
        model = Machine
        fields = ["label", "engine", "is_loud", "is_safe", "power_kw", "settings", "maker"]


MODELS = [Maker, Machine, Safe]


@pytest.fixture(scope="session")
def tables(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """The tables of these models, for as long as the tests run."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in MODELS:
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in reversed(MODELS):
                editor.delete_model(model)


@pytest.fixture
def registered(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """These models among Parley's own, for one test: copying and pickling look them up there."""
    with monkeypatch.context() as patch:
        for model in MODELS:
            patch.setitem(apps.all_models["project"], model._meta.model_name, model)
        apps.clear_cache()
        yield
    apps.clear_cache()
