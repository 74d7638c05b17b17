-- What schema 2 has beside schema 1: curves, and an index of runs. A new file is made of schema.sql and this; one of
-- schema 1 gets this when it is next opened for writing. Points are JSON arrays, as samples are.

CREATE TABLE curve (
  line INTEGER NOT NULL REFERENCES line (number),
  position INTEGER NOT NULL, -- order within the line
  name TEXT NOT NULL,
  x_unit TEXT NOT NULL,
  y_unit TEXT NOT NULL,
  x TEXT NOT NULL,
  y TEXT NOT NULL,
  PRIMARY KEY (line, name)
);

-- The lines of a run, all of them or those of one series.
CREATE INDEX line_run ON line (run, kind, heap, variant, benchmark, series);
