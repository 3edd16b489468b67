"""Small worlds of advices, claims and lines in which much collides, and what the rules make of them. No database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.recon.answers import Disposition
from wallet_service.recon.candidates import AdviceCandidate, Became, Line
from wallet_service.recon.known_lines import KnownLine, OpenAdvice, Unposted
from wallet_service.recon.matching import Known, offered
from wallet_service.recon.narration import Kind, Narration
from wallet_service.recon.rules import decide
from wallet_service.recon.statements import Direction
from wallet_service.recon.waiting import Deposit, Waiting

DAYS = (date(2026, 4, 1), date(2026, 4, 2))
OPERATORS = tuple(OperatorCode(f"BSKOP000000{number}") for number in range(3))
SUMS = (Paise(300), Paise(500), Paise(800), Paise(200), Paise(1000))
BRANCHES = ("04292", "00091")
READ_AT = datetime(2026, 4, 3, tzinfo=UTC)
_CASH = {Kind.BRANCH_CASH, Kind.CDM_CASH}


@dataclass(frozen=True)
class Advice:
    """An advised credit; its *reference* is its number in the world, and nobody else's."""

    operator: int
    reference: int
    amount: int
    day: int
    at_once: bool

    @property
    def id(self) -> str:
        """Return the credit's id."""
        return f"{OPERATORS[self.operator]}-C{self.reference:06d}"


@dataclass(frozen=True)
class Claim:
    """A claimed deposit in cash; *machine* is the number that a machine gave it."""

    operator: int
    amount: int
    day: int
    branch: int
    machine: int | None


@dataclass(frozen=True)
class Shown:
    """A line by which money came in: its *numbers* are references, or a machine's number alone.

    Its description shows the first of them, unless it is *bare*; another stands in its column.
    """

    kind: Kind
    amount: int
    day: int
    valued: int
    numbers: tuple[str, ...] = ()
    branch: int | None = None
    named: frozenset[int] = frozenset()
    bare: bool = False

    @property
    def own(self) -> str | None:
        """Return the number that its description shows."""
        return self.numbers[0] if self.numbers and not self.bare else None


@dataclass(frozen=True)
class World:
    """Who told of what, and what the bank shows, in its order."""

    advices: tuple[Advice, ...]
    claims: tuple[Claim, ...]
    lines: tuple[Shown, ...]


@dataclass
class Outcome:
    """What became of each line: *took* holds the items that it took, None where a person decides.

    Lines that make an item together took it, each of them.
    """

    took: list[tuple[str, ...] | None] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


SMALL, TWO = st.integers(0, 2), st.integers(0, 1)
ADVISED, SHOWN = st.sampled_from([0, 1, 2, 4]), st.sampled_from([0, 1, 2, 3])
SPLITS = {1: ((0, 3),), 2: ((0, 1),), 4: ((2, 3), (0, 1, 3), (1, 1))}  # Places of sums that make another.
ADVICES = st.lists(
    st.builds(Advice, SMALL, st.integers(1, 4), ADVISED, TWO, st.booleans()),
    max_size=4,
    unique_by=lambda x: x.reference,
).map(tuple)
CLAIM = st.builds(Claim, SMALL, SMALL, TWO, TWO, st.sampled_from([None, None, 1, 2]))
_REFERENCES = st.lists(st.sampled_from(["R1", "R2", "R3", "R4"]), min_size=1, max_size=2, unique=True).map(tuple)
_BARE = st.sampled_from([False, False, True])
_NOBODY = st.just(frozenset[int]())
_NAMED = st.frozensets(SMALL, min_size=1, max_size=2)
LINE = st.one_of(
    st.builds(
        Shown, st.just(Kind.NEFT), SHOWN, TWO, TWO, _REFERENCES, st.none(), st.one_of(_NOBODY, _NOBODY, _NAMED), _BARE
    ),
    st.builds(Shown, st.just(Kind.BRANCH_CASH), SMALL, TWO, TWO, st.just(()), st.one_of(st.none(), TWO), _NOBODY),
    st.builds(Shown, st.just(Kind.CDM_CASH), SMALL, TWO, TWO, st.sampled_from([("M1",), ("M2",)]), st.none(), _NOBODY),
    st.builds(Shown, st.just(Kind.TRANSFER), SMALL, TWO, TWO, st.just(()), st.one_of(st.none(), TWO), _NAMED),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a world in which most lines are of what was told, or nearly."""
    advices, claims = draw(ADVICES), draw(st.lists(CLAIM, max_size=3).map(tuple))
    likely = [
        LINE,
        *(st.just(_line_of_advice(each)) for each in advices),
        *(st.just(_line_of(each)) for each in claims),
    ]
    if len(advices) > 1:
        likely.append(st.just(_line_of_two(*advices[:2])))
    lines = draw(st.lists(st.one_of(likely), min_size=1, max_size=6))
    split = [each for each in advices if each.amount in SPLITS]
    is_split = draw(TWO) == 1
    if split and is_split:
        lines[draw(SMALL) :] = draw(st.sampled_from(split).flatmap(_lines_of_parts))
    return World(advices, claims, tuple(lines))


def _lines_of_parts(advice: Advice) -> st.SearchStrategy[list[Shown]]:
    """Return lines that make an advice together, and sometimes one more of its reference."""
    whole = _line_of_advice(advice)
    more = st.lists(st.builds(lambda sum_, day: replace(whole, amount=sum_, valued=day), SHOWN, TWO), max_size=1)
    parts = st.sampled_from(SPLITS[advice.amount])
    return st.tuples(parts, more).map(lambda drawn: [replace(whole, amount=each) for each in drawn[0]] + drawn[1])


def _line_of_advice(advice: Advice) -> Shown:
    return Shown(Kind.NEFT, advice.amount, advice.day, advice.day, (f"R{advice.reference}",))


def _line_of_two(one: Advice, other: Advice) -> Shown:
    """Return a line that names both advices, and pays both where their amounts make one of the sums."""
    total = Paise(SUMS[one.amount] + SUMS[other.amount])
    amount = SUMS.index(total) if total in SUMS else one.amount
    return Shown(Kind.NEFT, amount, one.day, other.day, (f"R{one.reference}", f"R{other.reference}"))


def _line_of(claim: Claim) -> Shown:
    if claim.machine is not None:
        return Shown(Kind.CDM_CASH, claim.amount, claim.day, claim.day, (f"M{claim.machine}",))
    return Shown(Kind.BRANCH_CASH, claim.amount, claim.day, claim.day, branch=claim.branch)


def matched(world: World) -> Outcome:
    """Return what the rules make of the lines, decided one after the other."""
    lines = [_line(place, shown) for place, shown in enumerate(world.lines)]
    known = _known(world, lines)
    outcome = Outcome()
    for line in lines:
        candidates = known.candidates(line)
        decision = decide(line.facts, candidates)
        known.note(line, decision, offered(line, decision, candidates))
        open_ = decision.disposition is Disposition.SUSPENSE
        in_parts = decision.disposition is Disposition.TIE_IN_PARTS
        outcome.took.append(None if open_ else decision.targets[:1] if in_parts else decision.targets)
        for other in decision.targets[1:] if in_parts else ():
            outcome.took[int(other.removeprefix("line ")) - 1] = decision.targets[:1]
        outcome.rules.append(decision.rule)
    return outcome


def amount_of(world: World, item: str) -> Paise:
    """Return the paise of an advice or claim by its id."""
    found: dict[str, Paise] = {each.id: SUMS[each.amount] for each in world.advices}
    found |= {_claim_id(number, each): SUMS[each.amount] for number, each in enumerate(world.claims, 1)}
    return found[item]


def result(world: World) -> tuple[Counter[str], int]:
    """Return what each item and each wallet named got, in paise, and what nobody got."""
    got: Counter[str] = Counter()
    parked = 0
    for shown, took in zip(world.lines, matched(world).took, strict=True):
        if took is None:
            parked += SUMS[shown.amount]
        elif len(took) == 1:
            got[took[0]] += SUMS[shown.amount]
        else:
            got.update({item: int(amount_of(world, item)) for item in took})
    return got, parked


def _line(place: int, shown: Shown) -> Unposted:
    branch = None if shown.branch is None else BRANCHES[shown.branch]
    tokens = frozenset(str(OPERATORS[each]) for each in shown.named)
    words = Narration(shown.kind, (), branch, None, reversal=False, tokens=tokens, own=shown.own)
    facts = Line(DAYS[shown.day], DAYS[shown.valued], Direction.INFLOW, SUMS[shown.amount], words)
    return Unposted(place + 1, facts, shown.numbers, READ_AT)


def _known(world: World, lines: Sequence[Unposted]) -> Known:
    claims = [_deposit(number, each) for number, each in enumerate(world.claims, 1)]
    return Known(
        advices={f"R{each.reference}": _advice(each) for each in world.advices},
        operators=dict.fromkeys(OPERATORS, "open"),
        open_advices=[
            OpenAdvice(
                each.id, OPERATORS[each.operator], SUMS[each.amount], DAYS[each.day], reference=f"R{each.reference}"
            )
            for each in world.advices
        ],
        waiting=Waiting(claims),
        lines=[_shown(line) for line in lines],
        alike={line.id: sum(_alike(line.facts, other.facts) for other in lines) for line in lines if _is_cash(line)},
    )


def _advice(advice: Advice) -> AdviceCandidate:
    state = "credited" if advice.at_once else "awaiting-bank"
    return AdviceCandidate(advice.id, OPERATORS[advice.operator], SUMS[advice.amount], DAYS[advice.day], state)


def _claim_id(number: int, claim: Claim) -> str:
    return f"{OPERATORS[claim.operator]}-L{number:06d}"


def _deposit(number: int, claim: Claim) -> Deposit:
    return Deposit(
        book=claim.operator,
        wallet=OPERATORS[claim.operator],
        number=number,
        amount=SUMS[claim.amount],
        day=DAYS[claim.day],
        branch=BRANCHES[claim.branch],
        deposit_number=None if claim.machine is None else f"M{claim.machine}",
        told_at=READ_AT - timedelta(days=1),
        wallet_open=True,
        is_claim=True,
        is_numbered=False,
        is_new=True,
    )


def _shown(line: Unposted) -> KnownLine:
    facts = line.facts
    return KnownLine(
        id=line.id,
        booked_on=facts.booked_on,
        value_date=facts.value_date,
        direction=facts.direction,
        amount=facts.amount,
        references=line.references,
        reversal=False,
        became=Became.UNPOSTED,
        own=facts.narration.own,
    )


def _is_cash(line: Unposted) -> bool:
    return line.facts.narration.kind in _CASH


def _alike(one: Line, other: Line) -> bool:
    branches = {one.narration.branch, other.narration.branch} - {None}
    return one.amount == other.amount and bool(one.days & other.days) and len(branches) < 2
