"""The hot department: every payment of the state to one account, beside the same payments spread over sixty."""

from __future__ import annotations

from functools import partial

from bench.figures import Figure, in_rounds, least_ratio, of_ratios
from bench.ground import Ground
from bench.posting import rate, write_script

_CLIENTS = (16, 32)


def measure(ground: Ground) -> list[Figure]:
    """Return the rate of payments to one department beside the spread one, for 16 and for 32 clients."""
    ledger, plan = ground.ledger(), ground.plan
    scripts = {
        "spread": write_script(ground, ledger, "spread", ledger.services),
        "one department": write_script(ground, ledger, "hot", ledger.services[:1]),
    }
    rate(ledger, scripts["spread"], _CLIENTS[0], 1)
    found = in_rounds(
        {
            f"{name}, {clients} clients": partial(rate, ledger, script, clients, plan.seconds)
            for clients in _CLIENTS
            for name, script in scripts.items()
        },
        plan.rounds,
        ground.tell,
    )
    return [
        of_ratios(
            f"posting, every payment to one department, {clients} clients",
            found[f"one department, {clients} clients"],
            "payments/s",
            least_ratio(0.9),
            against="spread over 60 departments",
            yardstick=found[f"spread, {clients} clients"],
        )
        for clients in _CLIENTS
    ]
