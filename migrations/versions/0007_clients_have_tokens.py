"""Machine clients have scopes and tokens; a token is kept as a hash, expires and can be revoked.

Who checks may not also make: the scopes exclude each other in the row itself.
"""

from wallet_service.migrating import execute

revision = "0007"
down_revision = "0006"

CLIENTS = """
CREATE TABLE clients (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  person text NOT NULL CHECK (length(person) BETWEEN 1 AND 64),
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  added_by text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT who_checks_does_not_make CHECK (
    NOT ('finance:check' = ANY (scopes)
         AND scopes && ARRAY['debits:write', 'credits:write', 'wallets:write', 'finance:make']))
);
CREATE TABLE client_tokens (
  token_hash bytea PRIMARY KEY,
  client integer NOT NULL REFERENCES clients (id),
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  CONSTRAINT tokens_expire_within_a_year CHECK (expires_at <= issued_at + interval '365 days 1 minute')
);
CREATE INDEX client_tokens_of_client ON client_tokens (client);
GRANT INSERT ON clients TO wallet_service;
GRANT INSERT, UPDATE (expires_at, revoked_at) ON client_tokens TO wallet_service;

CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by_whom text NOT NULL,
  act text NOT NULL,
  subject text NOT NULL,
  facts jsonb NOT NULL DEFAULT '{}'
);
CALL make_append_only('audit');
GRANT INSERT (by_whom, act, subject, facts) ON audit TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(CLIENTS)
