"""Whatever is told and shown: the order of lines decides nothing, no paisa is used twice, and nothing moves a match."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.recon.matched_worlds import (
    CLAIM,
    LINE,
    SUMS,
    Advice,
    Claim,
    Shown,
    World,
    amount_of,
    matched,
    result,
    worlds,
)
from wallet_service.recon.narration import Kind

TWO_ADVICES = (Advice(0, 1, 0, 0, at_once=True), Advice(1, 2, 1, 0, at_once=True))
FIRST = Shown(Kind.NEFT, 0, 0, 0, ("R1",))
BOTH = Shown(Kind.NEFT, 2, 0, 0, ("R1", "R2"))
SPLIT = (Advice(0, 1, 4, 0, at_once=True),)
PARTS = tuple(Shown(Kind.NEFT, amount, 0, 0, ("R1",)) for amount in (0, 1, 3))
TWO_SPLIT = (Advice(0, 1, 2, 0, at_once=True), Advice(1, 2, 1, 0, at_once=True))
A_PART_OF_EITHER = (
    Shown(Kind.NEFT, 0, 0, 0, ("R1", "R2"), bare=True),
    Shown(Kind.NEFT, 1, 0, 0, ("R1",)),
    Shown(Kind.NEFT, 3, 0, 0, ("R2",)),
)
OTHERS = Shown(Kind.NEFT, 1, 0, 0, ("R4", "R2"))  # Another deposit, with a number of the first in its column.


@settings(max_examples=150, deadline=None)
@given(worlds(), st.permutations(range(6)))
@example(World(TWO_ADVICES, (), (BOTH, FIRST)), [1, 0])
@example(World(TWO_ADVICES, (), (BOTH, OTHERS)), [1, 0])
@example(World(SPLIT, (), PARTS), [2, 0, 1])
@example(World(TWO_SPLIT, (), A_PART_OF_EITHER), [0, 2, 1])
@example(World(SPLIT, (), (Shown(Kind.TRANSFER, 4, 0, 0, named=frozenset({0})), *PARTS)), [1, 2, 3, 0])
def test_the_order_of_lines_does_not_matter(world: World, order: list[int]) -> None:
    shuffled = tuple(world.lines[place] for place in order if place < len(world.lines))

    assert result(replace(world, lines=shuffled)) == result(world)


@settings(max_examples=150, deadline=None)
@given(worlds())
@example(World(TWO_ADVICES, (), (BOTH,)))
@example(World(SPLIT, (), PARTS))
def test_no_paisa_of_a_line_or_an_item_is_used_twice(world: World) -> None:
    outcome = matched(world)

    given: Counter[str] = Counter()
    for shown, took in zip(world.lines, outcome.took, strict=True):
        items = [item for item in took or () if "-" in item]
        event(f"{len(items)} item(s) of a line")
        if len(items) == 1:
            given[items[0]] += SUMS[shown.amount]
        else:
            given.update({item: int(amount_of(world, item)) for item in items})
            assert sum(amount_of(world, item) for item in items) in {0, SUMS[shown.amount]}
    event(f"in parts: {'advised-in-parts' in outcome.rules}")
    assert given == {item: amount_of(world, item) for item in given}


@settings(max_examples=150, deadline=None)
@given(worlds(), LINE, st.integers(0, 9))
@example(World(TWO_ADVICES, (), (BOTH,)), FIRST, 9)
@example(World(SPLIT, (), PARTS), replace(FIRST, amount=1), 9)
@example(World(SPLIT, (), PARTS), replace(FIRST, amount=4), 9)
def test_a_line_more_may_open_a_match_and_never_moves_it(world: World, line: Shown, like: int) -> None:
    if like < len(world.lines):  # The bank shows nearly the same again.
        line = replace(world.lines[like], amount=line.amount)
    before = matched(world).took

    after = matched(replace(world, lines=(*world.lines, line))).took

    for was, is_ in zip(before, after, strict=False):
        assert was is None or is_ in {None, was}


@settings(max_examples=150, deadline=None)
@given(worlds(), CLAIM, st.integers(0, 3))
def test_a_claim_more_may_open_a_match_and_never_moves_it(world: World, claim: Claim, like: int) -> None:
    if like < len(world.claims):  # Another operator claims the same deposit.
        claim = replace(world.claims[like], operator=claim.operator)
    before = matched(world).took

    after = matched(replace(world, claims=(*world.claims, claim))).took

    for was, is_ in zip(before, after, strict=True):
        assert was is None or is_ in {None, was}


@settings(max_examples=150, deadline=None)
@given(worlds())
@example(World(SPLIT, (), PARTS))
@example(World(SPLIT, (), PARTS[1:2]))
def test_everything_shown_again_matches_nothing_more(world: World) -> None:
    again = tuple(line for line in world.lines if line.numbers or line.kind is not Kind.TRANSFER)
    items, _ = result(world)

    doubled = replace(world, lines=world.lines + again)
    got, parked = result(doubled)

    assert all(paise <= items[item] for item, paise in got.items())
    assert sum(got.values()) + parked == sum(SUMS[line.amount] for line in doubled.lines)


def test_a_line_that_shows_another_number_is_no_part() -> None:
    whole = (Advice(0, 2, 2, 0, at_once=True),)
    part = Shown(Kind.NEFT, 0, 0, 0, ("R2",))

    assert matched(World(whole, (), (part, replace(OTHERS, numbers=("R2",))))).rules[1] == "advised-in-parts"
    assert matched(World(whole, (), (part, OTHERS))).rules == ["advised-otherwise"] * 2
    assert matched(World(whole, (), (OTHERS, part))).rules == ["advised-otherwise"] * 2
