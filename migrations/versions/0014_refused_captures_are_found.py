"""Captures refused because their hold had lapsed are breaks, and found without walking the keys."""

from wallet_service.migrating import execute

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make it so."""
    execute("CREATE INDEX keys_hold_expired ON keys (recorded_at) WHERE outcome = 'hold-expired'")
