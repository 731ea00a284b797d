"""Who a card is: by the uid that it bears, by the place where it stands, and by what else a run has found."""

from contacts.places import Inventory, Known, Places, Verdict

ANNA, BEN, CYD = (
    Known("party", pk, place, uid) for pk, place, uid in ((1, "a", "anna"), (2, "b", "ben"), (3, "c", "cyd"))
)


def places(*rows: Known, waiting: str = "", gone: str = "", displaced: tuple[Known, ...] = ()) -> Places:
    """Who is where at the beginning of a run. waiting, gone: places of one letter."""
    known = {row.key: row for row in rows if row.key}
    named = {row.uid_key: row for row in (*rows, *displaced) if row.uid_key}
    vanished = [known[key] for key in gone if key in known and known[key].is_live]
    return Places(Inventory(known, named, displaced), waiting=set(waiting), gone=set(gone), vanished=vanished)


def found(run: Places, place: str, uid: str) -> tuple[Verdict, int]:
    """Let a card be found, judged and, if it is somebody, put; return the verdict and the row, 0 for none."""
    run.find(place, uid)
    verdict, row = run.judge(place, uid)
    if verdict in {Verdict.NEW, Verdict.SAME}:
        run.put(place, uid, row)
    return verdict, row.pk if row else 0


def leaving(run: Places) -> set[int]:
    return {pk for _, pk in run.leaving}


NEW, TWIN, LATER = (Verdict.NEW, 0), (Verdict.TWIN, 0), (Verdict.LATER, 0)


def same(row: Known) -> tuple[Verdict, int]:
    return Verdict.SAME, row.pk


# --- At the same place -----------------------------------------------------------------------------------------


def test_a_card_where_nobody_stood_is_new() -> None:
    assert found(places(ANNA, waiting="x"), "x", "new") == NEW
    assert found(places(ANNA, waiting="x"), "x", "") == NEW


def test_a_card_that_changed_is_who_it_was() -> None:
    assert found(places(ANNA, waiting="a"), "a", "anna") == same(ANNA)


def test_without_a_uid_a_card_is_who_stood_at_its_place() -> None:
    nobody = ANNA._replace(uid_key="")
    assert found(places(nobody, waiting="a"), "a", "") == same(nobody)


def test_a_card_that_got_a_uid_is_who_it_was_whoever_is_still_to_be_fetched() -> None:
    nobody = ANNA._replace(uid_key="")
    assert found(places(nobody, waiting="ab"), "a", "anna") == same(nobody)


def test_a_card_with_another_uid_is_who_it_was_when_nobody_turns_up_with_the_old_one() -> None:
    assert found(places(ANNA, BEN, waiting="a"), "a", "new") == same(ANNA)


def test_a_card_with_another_uid_waits_for_those_that_are_still_to_be_fetched() -> None:
    assert found(places(ANNA, BEN, waiting="ab"), "a", "new") == LATER


def test_a_new_card_at_the_place_of_one_that_is_found_elsewhere_is_new() -> None:
    run = places(ANNA, waiting="ax")
    assert found(run, "a", "new") == LATER
    assert found(run, "x", "anna") == same(ANNA)
    assert found(run, "a", "new") == NEW
    assert not leaving(run)


def test_a_new_card_at_the_place_of_one_whose_twin_waits_is_new_and_the_twin_is_who_stood_there() -> None:
    run = places(ANNA, waiting="a")
    run.find("x", "anna")  # kept aside until now
    assert found(run, "a", "new") == NEW
    assert leaving(run) == {ANNA.pk}
    assert found(run, "x", "anna") == same(ANNA)
    assert not leaving(run)


def test_the_old_uid_of_a_card_is_free_for_another_one() -> None:
    run = places(ANNA, waiting="a")
    assert found(run, "a", "new") == same(ANNA)
    assert found(run, "x", "anna") == NEW


def test_a_card_is_not_who_left_its_place_long_ago() -> None:
    gone = ANNA._replace(is_live=False)
    run = places(gone, waiting="a")
    assert found(run, "a", "new") == NEW
    assert not leaving(run)
    assert found(places(gone, waiting="a"), "a", "anna") == same(gone)
    assert found(places(gone, waiting="x"), "x", "anna") == same(gone)


def test_one_that_the_owner_hid_stays_who_it_is_at_its_place() -> None:
    hidden = ANNA._replace(is_live=False, is_hidden=True)
    assert found(places(hidden, waiting="a"), "a", "anna") == same(hidden)
    assert found(places(hidden, waiting="x"), "x", "anna") == TWIN


# --- At another place ------------------------------------------------------------------------------------------


def test_a_card_whose_place_is_gone_and_whose_uid_is_elsewhere_moved() -> None:
    run = places(ANNA, waiting="x", gone="a")
    assert leaving(run) == {ANNA.pk}
    assert found(run, "x", "anna") == same(ANNA)
    assert not leaving(run)


def test_a_second_card_with_a_uid_that_is_in_use_is_a_twin() -> None:
    assert found(places(ANNA, waiting="x"), "x", "anna") == TWIN


def test_whether_a_card_is_a_twin_is_told_when_the_first_was_fetched() -> None:
    run = places(ANNA, waiting="ax")
    assert found(run, "x", "anna") == LATER
    assert found(run, "a", "anna") == same(ANNA)
    assert found(run, "x", "anna") == TWIN


def test_two_new_cards_with_one_uid_are_a_card_and_its_twin() -> None:
    run = places(waiting="xy")
    assert found(run, "x", "new") == NEW
    assert found(run, "y", "new") == TWIN


def test_where_the_first_cannot_be_read_any_more_the_second_is_who_it_was() -> None:
    run = places(ANNA, waiting="ax")
    run.find("a", "")
    assert found(run, "x", "anna") == same(ANNA)


def test_where_the_first_was_kept_aside_before_the_second_is_who_it_was() -> None:
    assert found(places(ANNA._replace(is_aside=True), waiting="x"), "x", "anna") == same(ANNA)


def test_one_that_could_not_be_had_still_stands_where_it_stood() -> None:
    run = places(ANNA, waiting="ax")
    run.miss("a")
    assert found(run, "x", "anna") == TWIN


def test_a_card_with_another_uid_waits_for_one_that_could_not_be_had_but_only_once() -> None:
    run = places(ANNA, BEN, waiting="ab")
    run.miss("b")
    assert found(run, "a", "new") == LATER
    aside = ANNA._replace(is_aside=True)
    run = places(aside, BEN, waiting="ab")
    run.miss("b")
    assert found(run, "a", "new") == same(aside)


def test_two_that_swap_their_places_are_who_they_were() -> None:
    run = places(ANNA, BEN, waiting="ab")
    assert found(run, "a", "ben") == LATER
    assert found(run, "b", "anna") == same(ANNA)
    assert leaving(run) == {BEN.pk}  # without a place, until it is found
    assert found(run, "a", "ben") == same(BEN)
    assert not leaving(run)


def test_three_that_go_round_are_who_they_were() -> None:
    run = places(ANNA, BEN, CYD, waiting="abc")
    assert [found(run, "a", "cyd"), found(run, "b", "anna")] == [LATER, same(ANNA)]
    assert [found(run, "c", "ben"), found(run, "a", "cyd")] == [same(BEN), same(CYD)]
    assert not leaving(run)


# --- Who leaves, and who comes back ------------------------------------------------------------------------------


def test_who_stood_where_another_one_moved_to_leaves() -> None:
    run = places(ANNA, BEN, waiting="b", gone="a")
    assert found(run, "b", "anna") == same(ANNA)
    assert leaving(run) == {BEN.pk}


def test_who_had_no_place_left_at_the_last_run_leaves_or_is_found() -> None:
    lost = BEN._replace(key="")
    run = places(ANNA, displaced=(lost,), waiting="x")
    assert leaving(run) == {BEN.pk}
    assert found(run, "x", "ben") == same(BEN)
    assert not leaving(run)


def test_who_left_in_this_run_comes_back_as_who_it_was() -> None:
    run = places(ANNA, waiting="x", gone="a")
    run.miss("x")
    run.let_go()
    assert not leaving(run)
    assert found(run, "x", "anna") == same(ANNA)


def test_who_left_in_this_run_is_not_who_stands_there_now() -> None:
    run = places(ANNA, gone="a")
    run.let_go()
    assert found(run, "a", "new") == NEW


def test_what_is_kept_aside_alone_is_nobody() -> None:
    aside = Known("quarantined", 9, "a")
    run = places(aside, waiting="a")
    assert run.at("a") is None
    assert found(run, "a", "anna") == NEW
