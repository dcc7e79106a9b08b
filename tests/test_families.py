"""Sessions under their parents: order, sums, and parents that can't be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tallybook.families import Member, members, together
from tallybook.query import Figures, Row

NAMES = "abcdefgh"


def row(name: str, output: int = 1, cost: int | None = None) -> Row:
    figures = Figures(
        requests=1,
        counts=(0, output, 0, 0, 0, 0),
        cost={"USD": output if cost is None else cost},
        sessions=1,
        first_ms=output,
        last_ms=output * 10,
    )
    return Row(dims={"session": name}, figures=figures)


def largest_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda each: (-each.figures.total, each.dims["session"] or ""))


def tree(parents: dict[str, str], **sizes: int) -> list[Member]:
    rows = [row(name, sizes.get(name, 1)) for name in NAMES]
    return members(rows, parents, lambda some: largest_first(list(some)))


def shape(found: list[Member]) -> str:
    return " ".join("." * each.depth + (each.row.dims["session"] or "") for each in found)


def test_children_stand_under_their_parents_and_families_by_their_sum() -> None:
    found = tree({"b": "c", "a": "b", "g": "f"}, a=50, g=10, h=20)
    assert shape(found) == "c .b ..a h f .g d e"
    sums = {each.row.dims["session"]: (each.family.total, each.below) for each in found}
    assert sums["c"] == (52, 2)
    assert sums["b"] == (51, 1)
    assert sums["h"] == (20, 0)


def test_a_parent_that_is_not_there_is_told_all_the_same() -> None:
    (found,) = members([row("a")], {"a": "gone"}, lambda some: some)
    assert (found.depth, found.parent) == (0, "gone")


def test_different_currencies_stay_apart() -> None:
    both = together([Figures(cost={"USD": 1}), Figures(cost={"CNY": 2, "USD": 3})])
    assert both.cost == {"USD": 4, "CNY": 2}
    assert both.first_ms is None


@given(
    parents=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES + "x")),
    sizes=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9)),
)
def test_each_session_is_listed_once_and_counted_once(
    parents: dict[str, str], sizes: dict[str, int]
) -> None:
    found = tree(parents, **sizes)
    assert sorted(each.row.dims["session"] or "" for each in found) == list(NAMES)
    heads = [each for each in found if each.depth == 0]
    total = sum(each.row.figures.total for each in found)
    assert sum(each.family.total for each in heads) == total
    assert sum(1 + each.below for each in heads) == len(NAMES)
