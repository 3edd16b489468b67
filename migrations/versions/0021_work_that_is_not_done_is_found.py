"""What is not done is found at once, however much was: jobs given up or open, by what is to be done to what."""

from wallet_service.migrating import execute

revision = "0021"
down_revision = "0020"

NOT_DONE = """
CREATE INDEX outbox_not_done ON outbox (job, subject) WHERE done_at IS NULL;
"""


def upgrade() -> None:
    """Make it so."""
    execute(NOT_DONE)
