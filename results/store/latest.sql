-- The numbers of the lines of kind $1 as they stand now. Of each series (heap, variant, benchmark, settings) the line that
-- was started last names the run, and all lines of that run are replicates of it. Lines without a run count as one run if
-- commit and environment are the same.
--
-- A query for SQLite and PostgreSQL alike. Its cost is a walk over the keys of the index line_series and two look-ups a
-- series: lines that are not the latest are never read.

SELECT line.number
FROM (
  SELECT (
    SELECT number
    FROM line
    WHERE kind = $1 AND heap = one.heap AND variant = one.variant AND benchmark = one.benchmark AND series = one.series
    ORDER BY started DESC, number DESC
    LIMIT 1
  ) AS number
  FROM (SELECT DISTINCT heap, variant, benchmark, series FROM line WHERE kind = $1) AS one
) AS newest
JOIN line AS last ON last.number = newest.number
JOIN line ON line.run = last.run AND line.kind = $1 AND line.heap = last.heap AND line.variant = last.variant
  AND line.benchmark = last.benchmark AND line.series = last.series
WHERE line.run <> '' OR (line.commit_sha = last.commit_sha AND line.environment = last.environment)
