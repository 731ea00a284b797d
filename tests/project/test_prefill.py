"""What a form shows once another implementation is picked in it; and what a ModelForm saves."""

import json

import pytest

from project.prefill import prefill
from tests.project.machines import ENGINES, Machine, MachineForm, Maker

ENGINE = Machine._meta.get_field("engine")


@pytest.fixture(autouse=True)
def _registry(settings) -> None:
    settings.ENGINES = dict(ENGINES)


@pytest.fixture
def watt(tables, db) -> Maker:
    return Maker.objects.create(slug="watt")


def posted(engine: str, **values: str) -> MachineForm:
    """A form as a browser posts it when nothing was touched, but for values; is_safe is ticked from the start."""
    untouched = {"label": "", "is_safe": "on", "power_kw": "1", "settings": "{}", "maker": ""}
    data = {name: value for name, value in {**untouched, **values, "engine": engine}.items() if value is not None}
    return MachineForm(data)


def offered(form: MachineForm, previous: str = "") -> dict:
    return prefill(form, "engine", ENGINE, previous)


STEAM_SETTINGS = {"oil": "thin", "spark": {"gap": 1}, "coal": "black"}


def test_the_first_pick_fills_in_everything(watt):
    assert offered(posted("steam")) == {
        "is_loud": True, "is_safe": False, "power_kw": 10, "settings": STEAM_SETTINGS, "maker": watt.pk,
    }  # fmt: skip


def test_what_somebody_typed_is_left_alone(watt):
    other = Maker.objects.create(slug="other")
    form = posted("steam", power_kw="7", settings='{"oil": "none"}', maker=str(other.pk), label="mine")
    assert offered(form) == {"is_loud": True, "is_safe": False}


def test_a_tick_that_somebody_set_or_took_away_is_left_alone(watt):
    form = posted("steam", is_loud="on", is_safe=None)
    assert not {"is_loud", "is_safe"} & offered(form).keys()


def test_what_the_implementation_before_filled_in_was_not_typed(watt):
    form = posted(
        "electric", is_loud="on", is_safe=None, power_kw="10", settings=json.dumps(STEAM_SETTINGS), maker=str(watt.pk)
    )
    assert offered(form, "steam") == {
        "label": "Quiet", "is_loud": False, "is_safe": True, "power_kw": 5,
        "settings": {"oil": "thin", "spark": {"gap": 1}}, "maker": None,
    }  # fmt: skip


def test_a_tick_taken_from_what_the_implementation_before_had_set_is_left_alone(watt):
    form = posted("compound_steam", is_loud=None, is_safe="on", power_kw="10")
    shown = offered(form, "steam")
    assert not {"is_loud", "is_safe"} & shown.keys()
    assert shown["power_kw"] == 99


def test_what_somebody_emptied_is_filled_again(watt):
    shown = offered(posted("steam", power_kw="", settings="", maker=""), "electric")
    assert (shown["power_kw"], shown["settings"], shown["maker"]) == (10, STEAM_SETTINGS, watt.pk)


def test_a_foreign_key_without_its_target_is_left_empty(tables, db):
    assert offered(posted("steam"))["maker"] is None


@pytest.mark.parametrize(("chosen", "previous"), [("warp", ""), ("", "warp"), ("", ""), ("warp", "warp")])
def test_what_is_no_key_has_no_defaults(tables, db, chosen, previous):
    assert offered(posted(chosen), previous) == {}


def test_picking_nothing_takes_back_what_was_filled_in(watt):
    shown = offered(posted("", is_loud="on", is_safe=None, power_kw="10", maker=str(watt.pk)), "steam")
    assert (shown["is_loud"], shown["is_safe"], shown["power_kw"], shown["maker"]) == (False, True, 1, None)


def test_picking_the_same_again_changes_nothing_that_is_shown(watt):
    form = posted("steam", is_loud="on", is_safe=None, power_kw="7", maker=str(watt.pk))
    shown = offered(form, "steam")
    assert "power_kw" not in shown
    assert (shown["is_loud"], shown["is_safe"], shown["maker"]) == (True, False, watt.pk)


def test_a_row_that_is_edited_keeps_what_it_has(watt):
    machine = Machine.objects.create(engine="electric", power_kw=33, is_loud=True)
    form = MachineForm(
        {"engine": "steam", "label": "Quiet", "is_loud": "on", "is_safe": "on", "power_kw": "33", "settings": "{}"},
        instance=machine,
    )
    shown = offered(form, "electric")
    assert not {"power_kw", "is_loud"} & shown.keys()
    assert shown["is_safe"] is False


def test_what_is_offered_can_be_shown_in_a_form(watt):
    form = posted("steam", label="mine")
    page = MachineForm(initial={name: form[name].data for name in form.fields} | offered(form)).as_p()
    assert 'value="mine"' in page
    assert 'value="10"' in page
    assert 'name="is_loud" id="id_is_loud" checked' in page.replace('class="" ', "")
    assert f'<option value="{watt.pk}" selected>' in page


def test_what_a_form_posts_was_said_an_unticked_box_too(watt):
    form = posted("steam", label="", is_loud=None, is_safe="on", power_kw="1", maker="")
    assert form.is_valid(), form.errors
    machine = form.save()
    machine.refresh_from_db()
    assert (machine.is_loud, machine.is_safe, machine.power_kw, machine.maker) == (False, True, 1, None)
    assert machine.settings == {}


def test_what_a_form_does_not_ask_comes_from_the_implementation(watt):
    class Short(MachineForm):
        class Meta(MachineForm.Meta):
            fields = ["engine", "is_safe"]

    machine = Short({"engine": "steam"}).save()
    machine.refresh_from_db()
    assert (machine.is_loud, machine.is_safe, machine.power_kw, machine.maker) == (True, False, 10, watt)


def test_a_form_does_not_seed_a_row_that_is_edited(watt):
    machine = Machine.objects.create(engine="electric")
    form = MachineForm(
        {"engine": "steam", "label": "", "power_kw": "5", "settings": "{}"}, instance=Machine.objects.get(pk=machine.pk)
    )
    machine = form.save()
    assert (machine.label, machine.is_loud, machine.is_safe, machine.power_kw) == ("", False, False, 5)


def test_a_form_refuses_an_unknown_key(tables, db):
    form = posted("warp")
    assert not form.is_valid()
    assert list(form.errors) == ["engine"]
