-- The draw of subjects (SSJ1, 5.8) in plain SQL: another implementation, for an auditor who has the frame in a table.
--   frame(id text COLLATE "C", cell text): the lines of frame.csv, cut at their first comma;
--   cellplan(cell text, nh bigint): how many each cell draws;
--   hashed(bytea): the hash of the draw, one of
--     CREATE FUNCTION hashed(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sha256($1) $$;
--     CREATE FUNCTION hashed(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT digest($1, 'sm3') $$;  -- pgcrypto
--     CREATE FUNCTION hashed(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sm3($1) $$;            -- sm3.sql
--   :seed the seed as bytea.
WITH ticket AS (
  SELECT id, cell, hashed(k || convert_to(id, 'UTF8')) AS ticket
  FROM frame, (SELECT hashed(convert_to('SSJ1/key/ticket', 'UTF8') || '\x00' || :seed) AS k) key
)
SELECT id
FROM (SELECT id, nh, row_number() OVER (PARTITION BY cell ORDER BY ticket, id) AS place
      FROM ticket JOIN cellplan USING (cell)) ranked
WHERE place <= nh
ORDER BY id
