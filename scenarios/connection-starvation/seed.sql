-- 16 MB: more than the buffers between server and client can hide.
CREATE TABLE orders AS
  SELECT id, rpad(id || ',2026-01-15,', 999, md5(id::text)) AS line
    FROM generate_series(1, 16000) AS id;
ANALYZE orders;
