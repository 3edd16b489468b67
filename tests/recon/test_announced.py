"""For whom a line was announced: one operator with a wallet, by reference, amount and date; else a person decides."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.recon.announced import Announcement, Doubt, whose

DAY = date(2026, 4, 2)
ASHA, BIMAL = OperatorCode("BSKOP0071010"), OperatorCode("BSKOP0071011")


def announced(operator: OperatorCode | None = ASHA, rupees: int = 500, day: date = DAY) -> Announcement:
    return Announcement("60920012345", operator, Paise(rupees * 100), day)


def asked(
    *told: Announcement,
    wallets: dict[OperatorCode, str] | None = None,
    named: tuple[OperatorCode, ...] = (),
    spoken_for: tuple[OperatorCode, ...] = (),
) -> OperatorCode | str | None:
    """Return for whom a line of ₹500 is, or the reason for which that is not told."""
    found = whose(
        Paise(500_00),
        frozenset({DAY}),
        told,
        wallets={ASHA: "open", BIMAL: "open"} if wallets is None else wallets,
        named=frozenset(named),
        spoken_for=frozenset(spoken_for),
    )
    return found.reason if isinstance(found, Doubt) else found


def test_what_was_announced_for_one_operator_is_that_operators() -> None:
    assert asked(announced()) == ASHA
    assert asked(announced(), named=(ASHA,)) == ASHA
    assert asked(announced(), wallets={ASHA: "frozen"}) == ASHA
    assert asked() is None


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ((announced(), announced(BIMAL)), "for BSKOP0071010 and for BSKOP0071011"),
        ((announced(), announced(None)), "for BSKOP0071010 and for nobody"),
        ((announced(rupees=501),), "announced with ₹501.00; the bank shows ₹500.00"),
        ((announced(day=date(2026, 4, 3)),), "announced for 03/04/2026"),
        ((announced(rupees=501), announced(day=date(2026, 4, 3))), "announced for 03/04/2026"),
        ((announced(None),), "names no operator"),
        ((announced(OperatorCode("BSKOP9999999")),), "BSKOP9999999, who has no wallet"),
    ],
)
def test_what_does_not_fit_exactly_is_a_persons_to_decide(told: tuple[Announcement, ...], reason: str) -> None:
    assert reason in str(asked(*told))


def test_who_is_closed_contradicted_or_told_of_another_deposit_is_a_persons_to_decide() -> None:
    assert "whose wallet is closed" in str(asked(announced(), wallets={ASHA: "closed"}))
    assert f"and names {BIMAL}" in str(asked(announced(), named=(ASHA, BIMAL)))
    assert "also advised or claimed" in str(asked(announced(), spoken_for=(ASHA,)))


TELLINGS = st.lists(
    st.builds(announced, st.sampled_from([ASHA, BIMAL, None]), st.sampled_from([500, 501])), min_size=1, max_size=4
)


@given(TELLINGS.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_of_tellings_decides_nothing(orders: tuple[list[Announcement], list[Announcement]]) -> None:
    told, shuffled = orders

    assert asked(*told) == asked(*shuffled)


@given(TELLINGS, st.sampled_from([ASHA, BIMAL, None]))
def test_one_more_telling_may_open_what_was_told_and_never_moves_it_to_another(
    told: list[Announcement], operator: OperatorCode | None
) -> None:
    first = asked(*told)

    after = asked(*told, announced(operator))

    if first in {ASHA, BIMAL}:
        assert after not in {ASHA, BIMAL} - {first}
