-- The draw of subjects (SSJ1, 5.8) in PostgreSQL with pgcrypto: another implementation, for an auditor who has the frame
-- in a table. frame(id, region, cls, age, band): one row for each line, id COLLATE "C".
-- cellplan(region, cls, age, band, nh, hi): how many each cell draws, and a limit of 32 bytes that none of them exceeds
-- (\xffff… is always right; a lower one is faster). :k is the key of the tickets, bytea; :alg the hash.
SELECT id
FROM (SELECT s.id, p.nh,
             row_number() OVER (PARTITION BY s.region, s.cls, s.age, s.band
                                ORDER BY digest(:k || convert_to(s.id, 'UTF8'), :alg), s.id) AS rank
      FROM frame s
      JOIN cellplan p USING (region, cls, age, band)
      WHERE digest(:k || convert_to(s.id, 'UTF8'), :alg) <= p.hi) ranked
WHERE rank <= nh
ORDER BY id
