-- SM3 (GB/T 32905) for a PostgreSQL without pgcrypto: slow, a millisecond for each hash.
CREATE FUNCTION turned(x bigint, n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT ((x << (n % 32)) | (x >> (32 - n % 32))) & 4294967295 $$;

CREATE FUNCTION sm3(message bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  mask CONSTANT bigint := 4294967295;
  size CONSTANT int := length(message);
  v bigint[] := ARRAY[1937774191, 1226093241, 388252375, 3666478592, 2842636476, 372324522, 3817729613, 2969243214];
  padded bytea := message || '\x80' || decode(repeat('00', (119 - size % 64) % 64), 'hex') || int8send(8 * size::bigint);
  w bigint[]; s bigint[]; x bigint; ss1 bigint; tt1 bigint; tt2 bigint;
BEGIN
  FOR block IN 0 .. length(padded) / 64 - 1 LOOP
    w := ARRAY[]::bigint[];
    FOR j IN 0 .. 15 LOOP
      w[j] := ('x' || encode(substr(padded, 64 * block + 4 * j + 1, 4), 'hex'))::bit(32)::bigint & mask;
    END LOOP;
    FOR j IN 16 .. 67 LOOP
      x := w[j - 16] # w[j - 9] # turned(w[j - 3], 15);
      w[j] := x # turned(x, 15) # turned(x, 23) # turned(w[j - 13], 7) # w[j - 6];
    END LOOP;
    s := v;
    FOR j IN 0 .. 63 LOOP
      x := turned(s[1], 12);
      ss1 := turned((x + s[5] + turned(CASE WHEN j < 16 THEN 2043430169 ELSE 2055708042 END, j)) & mask, 7);
      tt1 := CASE WHEN j < 16 THEN s[1] # s[2] # s[3] ELSE (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]) END;
      tt2 := CASE WHEN j < 16 THEN s[5] # s[6] # s[7] ELSE (s[5] & s[6]) | ((~s[5] & mask) & s[7]) END;
      tt1 := (tt1 + s[4] + (ss1 # x) + (w[j] # w[j + 4])) & mask;
      tt2 := (tt2 + s[8] + ss1 + w[j]) & mask;
      s := ARRAY[tt1, s[1], turned(s[2], 9), s[3], tt2 # turned(tt2, 9) # turned(tt2, 17), s[5], turned(s[6], 19), s[7]];
    END LOOP;
    FOR i IN 1 .. 8 LOOP
      v[i] := v[i] # s[i];
    END LOOP;
  END LOOP;
  RETURN (SELECT decode(string_agg(lpad(to_hex(v[i]), 8, '0'), '' ORDER BY i), 'hex') FROM generate_series(1, 8) AS i);
END $$;
