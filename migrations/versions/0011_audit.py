"""the log: who changed what, when and from where; its seals

Schema ``audit`` belongs to the owner, who takes from himself what he does not need. The log is written by the trigger
functions of the tables (app/core/audit/capture.py) and by ``audit.note`` alone, and changed by nobody.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

from app.core import audit

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

VIEWERS = "viewer_line, viewer_region, viewer_system"

PROVISIONED = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sealer') THEN
        RAISE EXCEPTION 'the role sealer is missing: run "python -m app.embedded provision SUPERUSER_URL" first';
    END IF;
END $$
"""

# Keys are compared byte by byte, whatever the language of the database.
LOG = """
CREATE TABLE audit.log (
    id bigint NOT NULL DEFAULT nextval('audit.log_id'),
    txid xid8 NOT NULL,
    at timestamptz NOT NULL,
    actor integer,
    name text,
    department_id bigint,
    via text,
    request text,
    address text,
    session text,
    action text NOT NULL,
    rel text COLLATE "C" NOT NULL,
    pk text COLLATE "C" NOT NULL,
    row_department bigint,
    row_region integer,
    is_open boolean NOT NULL,
    old jsonb,
    new jsonb
) PARTITION BY RANGE (at)
"""

# Each is nearly always appended to at its end; together they cost a captured row three microseconds.
INDEXES = [
    "CREATE INDEX log_id_key ON audit.log (id)",
    "CREATE INDEX log_row ON audit.log (rel, pk, id)",
    "CREATE INDEX log_txid ON audit.log (txid)",
    "CREATE INDEX log_actor ON audit.log (actor, at)",
    "CREATE INDEX log_event ON audit.log (action, at) "
    "WHERE action <> ALL (ARRAY['insert'::text, 'update'::text, 'delete'::text, 'baseline'::text])",
    # What the pages ask for: a period in its order, what was deleted with its parent, an address.
    "CREATE INDEX log_at ON audit.log (at, id)",
    "CREATE INDEX log_gone ON audit.log USING gin (old jsonb_path_ops) WHERE action = 'delete'",
    "CREATE INDEX log_address ON audit.log (address, at) WHERE address IS NOT NULL",
]

REFUSE = """
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: it would leave no trace', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = '42501', CONSTRAINT = 'audit_kept';
END $$
"""

# Months begin in Beijing. A partition is made beside and attached, so that writers do not wait for it.
PARTITIONS = """
CREATE FUNCTION audit.make_partitions(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made integer := 0;
    month timestamp;
    part text;
BEGIN
    FOR i IN 0 .. ahead LOOP
        month := date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') + make_interval(months => i);
        part := 'log_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('audit.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE audit.%I (LIKE audit.log INCLUDING DEFAULTS)', part);
        PERFORM audit.protect(part);
        EXECUTE format('ALTER TABLE audit.log ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', part,
                       month AT TIME ZONE 'Asia/Shanghai', (month + interval '1 month') AT TIME ZONE 'Asia/Shanghai');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""

# What protects a table of the log from its own owner, as far as PostgreSQL can: only a superuser gets past it.
PROTECT = """
CREATE FUNCTION audit.protect(kept text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit.%I FROM CURRENT_USER', kept);
    EXECUTE format('CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()', kept);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER kept', kept);
END $$
"""

ACTING = """
CREATE TYPE audit.acting AS (
    actor integer, name text, department_id bigint, via text, request text, address text, session text
)
"""

# Who acts stands in app.who (app/core/viewer.py); nobody is an actor that is NULL.
WHO = """
CREATE FUNCTION audit.who() RETURNS audit.acting LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    w json := nullif(current_setting('app.who', true), '');
BEGIN
    RETURN ((w->>'actor')::integer, w->>'name', (w->>'department')::bigint, w->>'via', nullif(w->>'request', ''),
            nullif(w->>'address', ''), nullif(w->>'session', ''))::audit.acting;
END $$
"""

NOTE = """
CREATE FUNCTION audit.note(
    event text, about text, key text, of_department bigint, of_region integer, open boolean, details jsonb
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    w audit.acting := audit.who();
    made bigint;
BEGIN
    IF event IS NULL OR event IN ('insert', 'update', 'delete', 'baseline') THEN
        RAISE EXCEPTION 'what the triggers write cannot be noted: %', event USING ERRCODE = '42501';
    END IF;
    INSERT INTO audit.log (txid, at, actor, name, department_id, via, request, address, session, action, rel, pk,
                           row_department, row_region, is_open, new)
    VALUES (pg_current_xact_id(), clock_timestamp(), w.actor, w.name, w.department_id, w.via, w.request, w.address,
            w.session, event, about, key, of_department, of_region, open, details)
    RETURNING id INTO made;
    RETURN made;
END $$
"""

_LOW = "NULLIF(current_setting('app.low'::text, true), ''::text)::bigint"
_HIGH = "NULLIF(current_setting('app.high'::text, true), ''::text)::bigint"
_OWN = "actor = NULLIF(current_setting('app.actor'::text, true), ''::text)::integer"
POLICIES = [
    "CREATE POLICY log_written ON audit.log FOR INSERT TO owner WITH CHECK (true)",
    "CREATE POLICY log_system ON audit.log FOR SELECT TO viewer_system, sealer, owner USING (true)",
    "CREATE POLICY log_line ON audit.log FOR SELECT TO viewer_line "
    f"USING (is_open OR {_OWN} OR (row_department >= {_LOW} AND row_department <= {_HIGH}))",
    "CREATE POLICY log_region ON audit.log FOR SELECT TO viewer_region "
    f"USING (is_open OR {_OWN} OR (row_region >= {_LOW} AND row_region <= {_HIGH}))",
]

SEALS = [
    # What is sealed and signed stands in app/core/audit/seals.py. `after` is the seal that this one follows: the one
    # before it, except where an older state of the database was put back.
    """CREATE TABLE audit.seal (
        no bigint PRIMARY KEY, epoch integer NOT NULL, kind text NOT NULL CHECK (kind IN ('seal', 'restore')),
        lo xid8 NOT NULL, hi xid8 NOT NULL, next xid8 NOT NULL, floor bigint NOT NULL, top bigint NOT NULL,
        n bigint NOT NULL, root text NOT NULL, after bigint NOT NULL, prev_hash text NOT NULL, at timestamptz NOT NULL,
        alg text NOT NULL, reason text, key text NOT NULL, sig text NOT NULL
    )""",
    "CREATE INDEX seal_hi ON audit.seal (hi)",
    # The hashes of a seal's entries, 65,536 to a part, with the root of the tree over each part.
    """CREATE TABLE audit.leaves (
        no bigint NOT NULL, part integer NOT NULL, root bytea NOT NULL, hashes bytea NOT NULL,
        PRIMARY KEY (no, part)
    )""",
    "ALTER TABLE audit.leaves ALTER COLUMN hashes SET STORAGE EXTERNAL",
    """CREATE TABLE audit.beat (
        one boolean PRIMARY KEY DEFAULT true CHECK (one), at timestamptz NOT NULL, lag double precision NOT NULL,
        sealed bigint NOT NULL, anchored bigint NOT NULL, host text NOT NULL, problem text
    )""",
    f"GRANT SELECT ON audit.seal, audit.leaves, audit.beat TO app, sealer, {VIEWERS}",
    "GRANT INSERT ON audit.seal, audit.leaves TO sealer",
    "GRANT INSERT, UPDATE ON audit.beat TO sealer",
]


def upgrade() -> None:
    op.execute(PROVISIONED)
    op.execute("CREATE SCHEMA audit")
    op.execute(f"GRANT USAGE ON SCHEMA audit TO app, sealer, {VIEWERS}")
    op.execute("CREATE SEQUENCE audit.log_id AS bigint")
    op.execute("GRANT SELECT ON SEQUENCE audit.log_id TO sealer, viewer_system")
    op.execute(LOG)
    for statement in (*INDEXES, REFUSE, PROTECT, PARTITIONS, ACTING, WHO, NOTE):
        op.execute(statement)
    op.execute("ALTER TABLE audit.log ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit.log FORCE ROW LEVEL SECURITY")
    for statement in POLICIES:
        op.execute(statement)
    op.execute(f"GRANT SELECT ON audit.log TO app, sealer, {VIEWERS}")
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION audit.note TO app, sealer, {VIEWERS}")
    op.execute("GRANT EXECUTE ON FUNCTION audit.make_partitions TO sealer")
    # What all entries of a row say together, the later ones over the earlier ones.
    op.execute("CREATE AGGREGATE audit.fold(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb)")
    op.execute(f"GRANT EXECUTE ON FUNCTION audit.fold(jsonb) TO {VIEWERS}")
    # An entry that no month has room for stands here and is not lost; months are made ahead, so that none should.
    op.execute("CREATE TABLE audit.log_other PARTITION OF audit.log DEFAULT")
    for statement in SEALS:
        op.execute(statement)
    for table in ("log", "log_other", "seal", "leaves"):
        op.execute(f"SELECT audit.protect('{table}')")
    op.execute("GRANT INSERT ON audit.log TO CURRENT_USER")
    op.execute("SELECT audit.make_partitions(3)")
    audit.install(op.get_bind())


def downgrade() -> None:
    op.execute("DROP SCHEMA audit CASCADE")
