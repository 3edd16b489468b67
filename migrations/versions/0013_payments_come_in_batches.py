"""Payments come in batches, answered as they would have been one by one; or with a token, proved where they pay."""

from wallet_service.migrating import execute, read_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make it so."""
    execute(read_sql("pay_batch"))
    execute(read_sql("place_by_token"))
    execute(read_sql("pay_together"))
    execute("GRANT EXECUTE ON FUNCTION pay_batch, place_by_token, pay_together TO wallet_service")
