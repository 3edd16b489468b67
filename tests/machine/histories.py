"""How histories are drawn: each afresh, from a seed."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test

from tests.machine import figures
from tests.machine.machine import HistoryMachine
from tests.machine.service import Service

STEPS = 33


class Afresh(HypothesisProvider):
    """Draws as hypothesis does, but each history anew.

    Of its own accord hypothesis makes five in six histories by copying parts of one that it has drawn, and one in ten
    by repeating the simplest rule: they would count and find little. Nor does it take numbers from the source it finds
    loaded, so that a seed draws the same histories alone and in a whole run.
    """

    def _maybe_draw_constant(self, *args: object, **kwargs: object) -> None:
        return None


AVAILABLE_PROVIDERS["afresh"] = Afresh


def run(
    service: Service,
    tally: figures.Tally,
    number: int,
    *,
    histories: int,
    phases: tuple[Phase, ...] = (Phase.generate,),
    machine: type[HistoryMachine] = HistoryMachine,
) -> None:
    """Run *histories* histories drawn from the seed *number*, and count what they did.

    Raises:
        AssertionError: one of them went wrong; a note on it tells the steps.
    """

    class OwnMachine(machine):  # type: ignore[valid-type, misc]
        def __init__(self) -> None:
            super().__init__(service, tally)

    limits = settings(
        backend="afresh",
        max_examples=histories,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(OwnMachine), settings=limits)
