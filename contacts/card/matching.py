"""Which item of a list became which: what stays, what changed in its place, what is gone and what is new."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple


class Change(NamedTuple):
    """What happens to one item. at: the place of its line, -1 for a new one; old, new: None for what is not there."""

    at: int
    old: Any
    new: Any


def changes(
    found: Sequence[tuple[Any, int]],
    new: Sequence[Any],
    key: Callable[[Any], Hashable],
    kind: Callable[[Any], Hashable],
) -> Iterator[Change]:
    """Yield what becomes of the items of a card: first what is gone, then everything in the order of new.

    found: (item, place of its line); key: items with the same are the same; kind: what an item cannot lose without
    becoming another one. An item has changed when one of its kind stands between the same neighbours.
    """
    places: dict[Hashable, list[int]] = {}
    for index, (item, _) in enumerate(found):
        places.setdefault(key(item), []).append(index)
    for indexes in places.values():
        indexes.reverse()
    same = [places[key(item)].pop() if places.get(key(item)) else -1 for item in new]
    # Where what is left stands: behind which of the items that stay.
    left: dict[tuple[int, Hashable], list[int]] = {}
    staying, behind = set(same), -1
    for index, (item, _) in enumerate(found):
        if index in staying:
            behind = index
        else:
            left.setdefault((behind, kind(item)), []).append(index)
    for indexes in left.values():
        indexes.reverse()
    pairs, behind = [], -1
    for index, item in zip(same, new, strict=True):
        if index >= 0:
            behind = index
        elif left.get((behind, kind(item))):
            index = left[behind, kind(item)].pop()
        pairs.append((index, item))
    for indexes in left.values():
        for index in reversed(indexes):
            yield Change(found[index][1], found[index][0], None)
    for index, item in pairs:
        yield Change(found[index][1], found[index][0], item) if index >= 0 else Change(-1, None, item)
