"""Many payments in one request: atomic or not, with the answers that the same payments would have got one by one."""

from wallet_service.migrating import execute, read_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make it so."""
    execute(read_sql("pay_batch"))
    execute("GRANT EXECUTE ON FUNCTION pay_batch TO wallet_service")
