"""A layout that nobody has published is read by a profile: data with versions, of which none is ever changed.

What a bank announces in such a file is kept beside its lines, never among them: it has no balance, so it makes no place
in a chain, and it moves nothing. The first version of each profile comes with the service.
"""

from importlib.resources import files

from alembic import op

from wallet_service.migrating import execute

revision = "0016"
down_revision = "0015"

PROFILES = """
CREATE TABLE profiles (
  name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]*[a-z0-9]$'),
  version integer NOT NULL CHECK (version > 0),
  declaration text NOT NULL,
  by_whom text NOT NULL,
  at timestamptz NOT NULL DEFAULT instant(),
  PRIMARY KEY (name, version)
);
CALL make_append_only('profiles');
GRANT INSERT (name, version, declaration, by_whom) ON profiles TO wallet_service;

ALTER TABLE bank_files ADD COLUMN profile text, ADD COLUMN profile_version integer,
  ADD CONSTRAINT a_file_is_read_by_a_profile_that_is_kept FOREIGN KEY (profile, profile_version)
    REFERENCES profiles (name, version) MATCH FULL,
  ADD CONSTRAINT what_a_profile_reads_makes_no_places CHECK (profile IS NULL OR bank_account IS NULL);
GRANT UPDATE (profile, profile_version, received_by) ON bank_files TO wallet_service;

CREATE TABLE announcements (
  file bigint NOT NULL REFERENCES bank_files (id),
  n integer NOT NULL,
  row_number integer NOT NULL,
  reference text NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  day date NOT NULL,
  operator text,
  PRIMARY KEY (file, n)
);
COMMENT ON COLUMN announcements.operator IS 'whom its account names, wallet or not; NULL: nobody';
COMMENT ON COLUMN announcements.reference IS 'in the form in which two spellings of one reference agree';
CREATE INDEX announcements_of_reference ON announcements (reference);
CALL make_append_only('announcements');
GRANT INSERT ON announcements TO wallet_service;
"""
FIRST = "INSERT INTO profiles (name, version, declaration, by_whom) VALUES (%s, 1, %s, 'comes with the service')"


def upgrade() -> None:
    """Make it so."""
    execute(PROFILES)
    folder = files("wallet_service").joinpath("data", "profiles")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        declared = file.read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(FIRST, (file.name.removesuffix(".toml"), declared))
