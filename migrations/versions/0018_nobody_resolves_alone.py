"""Nobody resolves a break alone: one person proposes, another decides on exactly what was proposed, once.

A proposal never changes, so that what its hash binds cannot either; whoever wants another one makes another one. Its
decision is a row of its own, once: it carries the proposal's hash and its maker's name, and cannot be the maker's.
What was posted by it is told beside it.
"""

from wallet_service.migrating import execute, read_sql

revision = "0018"
down_revision = "0017"

APPROVALS = """
CREATE TABLE approvals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind ~ '^[a-z]+(-[a-z]+)*$'),
  about text,
  payload text NOT NULL,
  payload_hash bytea NOT NULL,
  proposed_by text NOT NULL CHECK (length(proposed_by) BETWEEN 1 AND 64),
  proposed_at timestamptz NOT NULL,
  CONSTRAINT a_hash_is_that_of_its_payload CHECK (payload_hash = sha256(convert_to(payload, 'UTF8'))),
  CONSTRAINT a_decision_names_what_it_decides UNIQUE (id, payload_hash, proposed_by)
);
COMMENT ON COLUMN approvals.about IS 'the id of the break that it resolves; NULL: it resolves none';
COMMENT ON COLUMN approvals.payload IS 'canonical JSON: names sorted, no blanks, amounts in rupees';
CREATE INDEX approvals_of_break ON approvals (about, id) WHERE about IS NOT NULL;

CREATE TYPE decision AS ENUM ('approved', 'rejected', 'withdrawn', 'stale');
CREATE TABLE decisions (
  approval bigint NOT NULL,
  payload_hash bytea NOT NULL,
  proposed_by text NOT NULL,
  decision decision NOT NULL,
  decided_by text NOT NULL CHECK (length(decided_by) BETWEEN 1 AND 64),
  decided_at timestamptz NOT NULL,
  reason text,
  CONSTRAINT what_is_proposed_is_decided_once PRIMARY KEY (approval),
  CONSTRAINT a_decision_is_on_what_was_proposed FOREIGN KEY (approval, payload_hash, proposed_by)
    REFERENCES approvals (id, payload_hash, proposed_by),
  CONSTRAINT who_proposes_does_not_decide CHECK (
    (lower(decided_by) = lower(proposed_by)) = (decision = 'withdrawn'))
);
COMMENT ON COLUMN decisions.decision IS 'stale: approved when it could no longer be done; nothing moved';

CREATE TABLE approval_entries (
  approval bigint NOT NULL REFERENCES approvals (id),
  book integer NOT NULL,
  entry_number bigint NOT NULL,
  PRIMARY KEY (book, entry_number)
);
CREATE INDEX approval_entries_of_approval ON approval_entries (approval);
CALL make_append_only('approvals');
CALL make_append_only('decisions');
CALL make_append_only('approval_entries');

ALTER TABLE suspense_items ADD COLUMN ordered_back bigint REFERENCES approvals (id);
COMMENT ON COLUMN suspense_items.ordered_back IS 'by which approval the bank was told to take it back; open till then';
ALTER TABLE refunds ADD COLUMN approval bigint UNIQUE REFERENCES approvals (id), ADD COLUMN order_number text,
  ADD CONSTRAINT an_approved_refund_has_its_order CHECK ((approval IS NULL) = (order_number IS NULL));
"""
OFFERED = """
GRANT EXECUTE ON FUNCTION propose, decide TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(APPROVALS)
    for name in ("proposal_refusal", "execute_proposal", "propose", "decide"):
        execute(read_sql(name))
    execute(OFFERED)
