"""The registry of implementations: what can be picked, and what a new row gets from it."""

from enum import Enum, StrEnum

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.db.migrations.state import ModelState
from django.test.utils import isolate_apps

from project.impl import ImplBase, ImplChoice, ImplClassField
from tests.project.machines import ENGINES, Compound, Electric, Engine, Machine, Maker, Steam

ENGINE = Machine._meta.get_field("engine")


@pytest.fixture(autouse=True)
def _registry(settings) -> None:
    settings.ENGINES = dict(ENGINES)


@pytest.fixture
def watt(tables, db) -> Maker:
    return Maker.objects.create(slug="watt")


# --- ImplBase ---


def test_defaults_are_merged_along_the_ancestors_dicts_one_level_deep():
    assert Compound.effective_defaults() == {
        "power_kw": 99,
        "settings": {"oil": "thin", "coal": "black", "spark": {"size": 2}},
        "is_loud": True,
        "is_safe": False,
        "maker": "nobody",
        "unheard_of": 1,
    }


def test_an_ancestor_keeps_its_own_defaults():
    Compound.effective_defaults()
    assert Engine.effective_defaults() == {"power_kw": 10, "settings": {"oil": "thin", "spark": {"gap": 1}}}
    assert ImplBase.effective_defaults() == {}


def test_of_two_parents_the_first_wins():
    class Both(Electric, Steam):
        key = "both"

    assert Both.effective_defaults()["power_kw"] == 5
    assert Both.effective_defaults()["is_loud"] is True


def test_a_dict_replaces_what_is_none_and_is_replaced_by_it():
    class Plain(Engine):
        defaults = {"settings": None}

    class Again(Plain):
        defaults = {"settings": {"oil": "thick"}}

    assert Plain.effective_defaults()["settings"] is None
    assert Again.effective_defaults()["settings"] == {"oil": "thick"}


def test_nothing_of_the_defaults_is_shared():
    Steam.effective_defaults()["settings"]["spark"]["gap"] = 5
    Steam.effective_defaults()["settings"]["oil"] = "thick"
    assert Steam.effective_defaults()["settings"] == {"oil": "thin", "spark": {"gap": 1}, "coal": "black"}


@pytest.mark.parametrize(
    ("engine", "label"),
    [(Steam, "Steam engine"), (Compound, "Compound Steam"), (Electric, "Electric"), (Engine, "Engine")],
)
def test_a_label_is_its_own_or_the_key_in_words(engine, label):
    assert engine.display_label() == label


def test_a_choice_tells_all_before_somebody_picks():
    assert Electric.choice() == ImplChoice("electric", "Electric", "cog", "engine", Electric.effective_defaults())
    assert (Compound.choice().icon, Compound.choice().category) == ("kettle", "engine")


def test_defaults_go_into_what_is_not_provided(watt):
    machine = Machine(label="mine")
    Steam.materialize(machine, provided=["is_safe", "maker_id"])
    assert (machine.is_loud, machine.is_safe, machine.maker, machine.power_kw) == (True, True, None, 10)
    assert machine.label == "mine"


@pytest.mark.parametrize("name", ["maker", "maker_id"])
def test_a_foreign_key_is_provided_by_either_name(watt, name):
    machine = Machine()
    Steam.materialize(machine, provided=[name])
    assert machine.maker is None


def test_a_foreign_key_is_found_by_its_slug(watt):
    machine = Machine()
    Steam.materialize(machine)
    assert machine.maker == watt


def test_a_foreign_key_without_its_target_stays_unset(tables, db):
    machine = Machine()
    Steam.materialize(machine)
    assert machine.maker is None


def test_two_rows_share_no_default(tables, db):
    one, other = Machine(), Machine()
    Steam.materialize(one)
    Steam.materialize(other)
    one.settings["spark"]["gap"] = 5
    assert other.settings["spark"]["gap"] == Engine.defaults["settings"]["spark"]["gap"] == 1


# --- ImplClassField ---


class Kind(Enum):
    STEAM = "steam"


class Word(StrEnum):
    STEAM = "steam"


@pytest.mark.parametrize("spelling", ["steam", "Steam", "STEAM", " steam ", Kind.STEAM, Word.STEAM, Steam])
def test_every_spelling_is_read_as_the_key(spelling):
    assert Machine(engine=spelling).engine == "steam"
    machine = Machine()
    machine.engine = spelling
    assert machine.engine == "steam"
    assert Machine.impl_key_for("engine", spelling) == "steam"


@pytest.mark.parametrize("spelling", ["compound_steam", "Compound-Steam", "COMPOUND STEAM", Compound])
def test_words_of_a_key_may_be_set_apart_otherwise(spelling):
    assert Machine(engine=spelling).engine == "compound_steam"


def test_what_is_no_key_is_kept_as_text():
    assert Machine(engine=" warp ").engine == "warp"
    assert Machine(engine=int).engine == "int"


def test_rows_are_found_by_any_spelling(tables, db):
    Machine.objects.create(engine="steam")
    assert Machine.objects.filter(engine="STEAM").count() == 1
    assert Machine.objects.filter(engine__in=["Steam", Electric]).count() == 1
    Machine.objects.update(engine="Electric")
    assert Machine.objects.get().engine == "electric"


def test_a_key_may_come_from_another_column(tables, db):
    Machine.objects.create(label="electric", engine="steam")
    Machine.objects.update(engine=models.F("label"))
    assert Machine.objects.get().engine == "electric"


def test_a_key_leads_to_its_class():
    assert ENGINE.class_for("STEAM") is Steam
    assert Machine(engine="electric").impl_class("engine") is Electric


@pytest.mark.parametrize("key", ["warp", "", None, "tests.project.machines.Steam", "__class__"])
def test_an_unknown_key_is_told_with_the_known_ones(key):
    with pytest.raises(ImproperlyConfigured, match="ENGINES, which knows: compound_steam, electric, steam"):
        ENGINE.class_for(key)


def test_what_can_be_picked_is_sorted_and_goes_by_the_keys_of_the_setting(settings):
    settings.ENGINES = {"zeppelin": ENGINES["electric"], "steam": ENGINES["steam"]}
    assert [(choice.key, choice.label) for choice in ENGINE.impl_choices()] == [
        ("steam", "Steam engine"),
        ("zeppelin", "Zeppelin"),
    ]


def test_a_class_that_knows_nothing_of_the_registry_can_be_picked_too(settings):
    plain = ImplClassField(base_class=object, registry_setting="ENGINES")
    settings.ENGINES = {"none": "tests.project.machines.NoEngine"}
    assert plain.impl_choices() == [ImplChoice("none", "none")]
    assert plain.defaults_of("none") == {}


def test_choices_are_those_of_the_setting_at_this_moment(settings):
    assert [key for key, _ in ENGINE.choices] == ["compound_steam", "electric", "steam"]
    assert Machine(engine="steam").get_engine_display() == "Steam engine"
    settings.ENGINES = {"electric": ENGINES["electric"]}
    assert list(ENGINE.choices) == [("electric", "Electric")]
    assert list(ENGINE.formfield().choices) == [("", "---------"), ("electric", "Electric")]


def test_a_migration_knows_plain_text_so_a_new_implementation_needs_none(settings):
    before = ModelState.from_model(Machine).fields["engine"].deconstruct()
    settings.ENGINES = {"electric": ENGINES["electric"]}
    after = ModelState.from_model(Machine).fields["engine"].deconstruct()
    assert (
        before == after == (None, "django.db.models.CharField", [], {"max_length": 100, "blank": True, "default": ""})
    )


def test_validation_names_the_known_keys(tables, db):
    with pytest.raises(ValidationError, match="warp is not one of: compound_steam, electric, steam"):
        Machine(engine="warp").full_clean()


def test_a_row_whose_implementation_is_gone_can_be_read_and_saved(tables, db, settings):
    Machine.objects.create(engine="steam")
    settings.ENGINES = {"electric": ENGINES["electric"]}
    machine = Machine.objects.get()
    machine.label = "old"
    machine.save()
    assert (machine.engine, machine.get_engine_display()) == ("steam", "steam")
    with pytest.raises(ImproperlyConfigured, match="'steam' is not in the setting ENGINES, which knows: electric"):
        machine.impl_class("engine")


def problems(**options) -> list[tuple[str | None, str]]:
    with isolate_apps("project"):

        class Checked(models.Model):
            engine = ImplClassField(**options)

            class Meta:
                app_label = "project"

            def __str__(self) -> str:
                return self.engine

    return [(problem.id, problem.msg) for problem in Checked._meta.get_field("engine").check()]


def test_a_registry_in_order_passes_the_checks():
    assert problems(base_class=Engine, registry_setting="ENGINES") == []


@pytest.mark.parametrize("base_class", [None, "Engine"])
def test_a_field_without_a_base_class_is_noticed(base_class):
    assert [id for id, _ in problems(base_class=base_class, registry_setting="ENGINES")] == ["project.E001"]


def test_a_field_without_a_setting_is_noticed():
    assert [id for id, _ in problems(base_class=Engine)] == ["project.E002"]


@pytest.mark.parametrize("registry", [None, {}, [], "steam", {"no key": "x"}, {"": "x"}, {1: "x"}, {"class.x": "x"}])
def test_a_setting_that_is_no_registry_is_noticed(settings, registry):
    settings.ENGINES = registry
    assert [id for id, _ in problems(base_class=Engine, registry_setting="ENGINES")] == ["project.E002"]


def test_a_setting_that_is_missing_is_noticed():
    assert [id for id, _ in problems(base_class=Engine, registry_setting="NO_SUCH_SETTING")] == ["project.E002"]


@pytest.mark.parametrize("path", ["nowhere.Steam", "tests.project.machines.Warp", "Steam", "", "tests..Steam", 5])
def test_a_path_that_does_not_import_is_noticed(settings, path):
    settings.ENGINES = {**ENGINES, "warp": path}
    [(id, message)] = problems(base_class=Engine, registry_setting="ENGINES")
    assert id == "project.E003"
    assert "'warp'" in message


@pytest.mark.parametrize("name", ["NoEngine", "ENGINES", "Engine"])
def test_a_class_of_the_wrong_kind_or_an_abstract_one_is_noticed(settings, name):
    settings.ENGINES = {**ENGINES, "warp": f"tests.project.machines.{name}"}
    [(id, message)] = problems(base_class=Engine, registry_setting="ENGINES")
    assert id == "project.E004"
    assert name in message


def test_the_checks_of_django_are_still_made():
    found = problems(base_class=Engine, registry_setting="ENGINES", max_length=3)
    assert [id for id, _ in found] == ["fields.E009"]


def test_parley_s_own_registries_are_in_order():
    assert not [problem for problem in checks.run_checks() if problem.id and problem.id.startswith("project.")]
