"""Money moves through these functions alone; the service's role may call them and cannot write the tables behind them.

Each is SECURITY DEFINER with a fixed search_path and lives in `migrations/sql/` under the name of its verb.
"""

from wallet_service.migrating import execute, read_sql

revision = "0010"
down_revision = "0009"

INSIDE = ("answers", "post_entry", "release_lapsed")
VERBS = (
    *("pay", "capture", "void", "refund", "abandon", "advise", "record_answer", "expire_holds", "open_account"),
    *(
        "open_wallet",
        "set_wallet_state",
        "lock_for_lines",
        "bring_in_balance",
        "close_day",
    ),
)
OFFERED = """
GRANT EXECUTE ON FUNCTION
  instant, india_today, entry_id, debit_id, credit_id, day_movements, house_balances, wallets_balance, account_id,
  key_refusal,
  pay, capture, void, refund, abandon, advise, recorded_answer, record_answer, expire_holds,
  open_account, open_wallet, set_wallet_state, lock_bank_references, lock_books_and_house, lock_for_lines,
  bring_in_bank_balance, bring_in_wallet_balance, begin_closing, lift_books, finish_closing
TO wallet_service;
GRANT EXECUTE ON FUNCTION
  instant, india_today, entry_id, debit_id, credit_id, day_movements, house_balances, wallets_balance, account_id
TO wallet_reader;
"""


def upgrade() -> None:
    """Make it so."""
    for name in INSIDE + VERBS:
        execute(read_sql(name))
    execute(OFFERED)
