"""What a new row gets from its implementation, and what nobody ever overwrites."""

import copy
import pickle

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db import connections

from tests.project.machines import ENGINES, Engine, Machine, Maker


@pytest.fixture(autouse=True)
def _registry(settings) -> None:
    settings.ENGINES = dict(ENGINES)


@pytest.fixture
def watt(tables, db) -> Maker:
    return Maker.objects.create(slug="watt")


def test_a_new_row_gets_what_nobody_said(watt):
    machine = Machine.objects.create(engine="steam")
    machine.refresh_from_db()
    assert (machine.is_loud, machine.is_safe, machine.power_kw, machine.maker) == (True, False, 10, watt)
    assert machine.settings == {"oil": "thin", "spark": {"gap": 1}, "coal": "black"}


def test_what_was_said_is_kept_even_if_it_is_false_or_empty(watt):
    machine = Machine.objects.create(engine="steam", is_loud=False, is_safe=True, power_kw=0, settings={}, maker=None)
    assert (machine.is_loud, machine.is_safe, machine.power_kw, machine.settings, machine.maker) == (
        False, True, 0, {}, None,
    )  # fmt: skip


def test_what_is_assigned_before_the_first_save_was_said(watt):
    machine = Machine(engine="steam")
    machine.is_loud = False
    machine.maker_id = None
    machine.save()
    assert (machine.is_loud, machine.maker, machine.power_kw) == (False, None, 10)


def test_arguments_by_their_place_were_said(watt):
    machine = Machine(None, "mine", "steam", False)
    machine.save()
    assert (machine.label, machine.is_loud, machine.is_safe) == ("mine", False, False)


def test_the_key_itself_may_come_last(watt):
    machine = Machine(is_loud=False)
    machine.engine = "steam"
    machine.save()
    assert (machine.is_loud, machine.power_kw) == (False, 10)


@pytest.mark.parametrize("make", ["create", "get_or_create", "update_or_create"])
def test_every_way_of_making_one_row_seeds_it(watt, make):
    getattr(Machine.objects, make)(engine="steam", is_safe=True)
    machine = Machine.objects.get()
    assert (machine.is_loud, machine.is_safe) == (True, True)


def test_rows_made_in_bulk_are_seeded_too(watt, registered):
    loud, quiet = Machine(engine="steam"), Machine(engine="steam", is_loud=False)
    for manager in (Machine.objects, Machine._base_manager, watt.machine_set):
        manager.bulk_create([copy.copy(loud), copy.copy(quiet)])
    assert sorted(Machine.objects.values_list("is_loud", "power_kw")) == [(False, 10)] * 3 + [(True, 10)] * 3
    assert set(Machine.objects.values_list("maker", flat=True)) == {watt.pk}


@pytest.mark.django_db(transaction=True)
async def test_rows_made_in_a_coroutine_are_seeded_too(tables):
    machine = await Machine.objects.acreate(engine="electric")
    assert machine.label == "Quiet"
    await machine.adelete()
    await sync_to_async(connections.close_all)()


def test_a_second_save_seeds_nothing(watt):
    machine = Machine.objects.create(engine="steam")
    machine.is_loud, machine.power_kw = False, 1
    machine.save()
    machine.engine = "compound_steam"
    machine.save()
    machine.refresh_from_db()
    assert (machine.is_loud, machine.power_kw) == (False, 1)


def test_a_row_that_was_loaded_is_not_seeded(watt):
    Machine.objects.bulk_create([Machine(engine="steam", is_loud=False)])
    for machine in [Machine.objects.get(), Machine.objects.only("engine").get()]:
        machine.save()
        machine.refresh_from_db()
        assert machine.is_loud is False


def as_new(machine: Machine) -> Machine:
    machine.pk = None
    machine._state.adding = True
    return machine


@pytest.mark.parametrize("how", ["loaded", "saved", "in bulk"])
def test_a_copy_of_a_row_is_a_copy(watt, registered, how):
    first = Machine(engine="steam", is_loud=False)
    if how == "in bulk":
        Machine.objects.bulk_create([first])
    else:
        first.save()
    first = Machine.objects.get() if how == "loaded" else first
    first.engine, first.is_safe, first.maker = "electric", True, None
    other = as_new(copy.copy(first))
    other.save()
    other.refresh_from_db()
    assert (other.engine, other.is_loud, other.is_safe, other.maker) == ("electric", False, True, None)
    assert (other.label, other.power_kw) == ("", 10)
    assert Machine.objects.count() == 2


def test_rows_that_are_not_saved_yet_and_copied_hear_nothing_of_each_other(watt, registered):
    first = Machine(engine="steam")
    other = copy.copy(first)
    other.is_loud = False
    first.save()
    other.save()
    assert (first.is_loud, other.is_loud) == (True, False)


def test_a_row_that_went_through_pickle_still_knows_what_was_said(watt, registered):
    other = pickle.loads(pickle.dumps(Machine(engine="steam", is_loud=False)))
    other.save()
    assert (other.is_loud, other.is_safe) == (False, False)


def test_a_fixture_is_taken_as_it_is(tables, db):
    machine = Machine(engine="steam")
    machine.save_base(raw=True)
    assert machine.is_loud is False


def test_validation_sees_what_will_be_saved(watt):
    machine = Machine(engine="steam", is_safe=True)
    machine.full_clean()
    assert (machine.is_loud, machine.is_safe, machine.maker) == (True, True, watt)
    machine.is_loud = False
    machine.save()
    assert (machine.is_loud, machine.power_kw) == (False, 10)


def test_another_implementation_picked_after_validation_is_the_one_that_counts(watt):
    machine = Machine(engine="steam", power_kw=7)
    machine.full_clean()
    machine.engine = "electric"
    machine.save()
    assert (machine.label, machine.is_loud, machine.maker, machine.power_kw) == ("Quiet", False, None, 7)


def test_validation_of_an_unknown_key_is_an_error_of_the_field(tables, db):
    with pytest.raises(ValidationError) as error:
        Machine(engine="warp").full_clean()
    assert list(error.value.message_dict) == ["engine"]


def test_a_new_row_with_an_unknown_key_is_not_saved(tables, db):
    with pytest.raises(ImproperlyConfigured, match="which knows"):
        Machine.objects.create(engine="warp")
    assert not Machine.objects.exists()


def test_a_row_without_an_implementation_is_left_alone(tables, db):
    assert Machine.objects.create().power_kw == 1


def test_the_key_of_a_value_or_of_the_default():
    assert Machine.impl_key_for("engine", "", default="Steam") == "steam"
    assert Machine.impl_key_for("engine", None, default="steam") == "steam"
    assert Machine.impl_key_for("engine", "electric", default="steam") == "electric"
    for empty in ("", None):
        with pytest.raises(ValueError, match="needs the key of an implementation"):
            Machine.impl_key_for("engine", empty)
    with pytest.raises(ImproperlyConfigured, match="which knows"):
        Machine.impl_key_for("engine", "warp", default="steam")
    for name in ("label", "nothing"):
        with pytest.raises(FieldDoesNotExist):
            Machine.impl_key_for(name, "steam")


def test_picking_another_key_tells_whether_it_is_another_and_does_nothing_else():
    machine = Machine(engine="steam")
    assert machine.set_impl_key("engine", "ELECTRIC") is True
    assert machine.set_impl_key("engine", "electric") is False
    assert (machine.engine, machine.label, machine.power_kw) == ("electric", "", 1)


def test_defaults_can_be_asked_for_at_any_time(watt):
    machine = Machine.objects.create(engine="electric", label="mine")
    machine.set_impl_key("engine", "steam")
    machine.materialize_impl_defaults("engine", provided=["power_kw"])
    machine.save()
    machine.refresh_from_db()
    assert (machine.engine, machine.is_loud, machine.power_kw, machine.maker) == ("steam", True, 5, watt)


def test_an_implementation_does_not_pick_another_one(tables, db, settings):
    class Odd(Engine):
        key = "odd"
        defaults = {"engine": "electric"}

    settings.ENGINES = {**ENGINES, "odd": "tests.project.machines.Odd"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.project.machines.Odd", Odd, raising=False)
        machine = Machine.objects.create(engine="odd")
        machine.materialize_impl_defaults("engine")
        assert machine.engine == "odd"
