-- What was measured, one row a line of results; raw samples are kept.
--
-- SQLite runs this file as it stands, and so does PostgreSQL: only types and constraints that both have. Two things
-- follow from that. Keys are given by the importer (an identity column is written differently in each). And the
-- version of this schema is not in here: SQLite keeps it in PRAGMA user_version.
--
-- Samples are the text of a JSON array, in the order in which they were taken, each number with as many digits as
-- it takes to read the same double back: one row a metric instead of one row a sample keeps a night of results small,
-- and both databases have functions that unfold it.

CREATE TABLE environment (
  number INTEGER PRIMARY KEY,
  machine TEXT NOT NULL,
  cpu TEXT NOT NULL,
  kernel TEXT NOT NULL,
  libc TEXT NOT NULL,
  compiler TEXT NOT NULL,
  flags TEXT NOT NULL,
  UNIQUE (machine, cpu, kernel, libc, compiler, flags)
);

CREATE TABLE line (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('bench', 'fuzz', 'mutant', 'trial')),
  started TEXT NOT NULL, -- UTC, ISO 8601: sorts as text
  heap TEXT NOT NULL,
  variant TEXT NOT NULL,
  provider TEXT NOT NULL,
  benchmark TEXT NOT NULL,
  series TEXT NOT NULL, -- the parameters that are settings, as a JSON object with sorted keys
  status TEXT NOT NULL CHECK (status IN ('ok', 'failed', 'crashed', 'timeout', 'checksum', 'no-verdict')),
  reason TEXT NOT NULL,
  checksum TEXT, -- 64 bits in hexadecimal
  allocations BIGINT,
  seed TEXT, -- 64 bits, unsigned
  environment INTEGER NOT NULL REFERENCES environment (number),
  commit_sha TEXT NOT NULL,
  commit_seq BIGINT NOT NULL, -- first-parent count: history is ordered by this; -1 not known
  CHECK (status = 'ok' OR reason <> '')
);

CREATE INDEX line_series ON line (kind, heap, variant, benchmark, series, started);

CREATE TABLE param (
  line INTEGER NOT NULL REFERENCES line (number),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (line, name)
);

CREATE TABLE measure (
  line INTEGER NOT NULL REFERENCES line (number),
  position INTEGER NOT NULL, -- order within the line
  metric TEXT NOT NULL,
  unit TEXT NOT NULL,
  better TEXT NOT NULL CHECK (better IN ('lower', 'higher', 'none')),
  samples TEXT NOT NULL,
  PRIMARY KEY (line, metric)
);
