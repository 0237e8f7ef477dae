"""numbers of departments, scope of viewers

A department is numbered inside its superior's interval, so that a subtree is one interval; viewer_scope tells the
application whose rows an account sees.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A root owns 10^12 numbers, a child a thousandth of its superior's: five levels from the ministry to the town, 999 each.
# When a superior moves, the cascade of its new number into parent_id runs this trigger for each child in turn.
NUMBER_DEPARTMENT = """
CREATE FUNCTION number_department() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    low bigint;
    width bigint;
    last bigint;
BEGIN
    IF NEW.parent_id IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('number_department'));
        width := 1000000000000;
        SELECT max(id) INTO last FROM department WHERE parent_id IS NULL;
        NEW.id := coalesce(last, 0) + width;
    ELSE
        SELECT id, (high - id + 1) / 1000 INTO low, width FROM department WHERE id = NEW.parent_id FOR UPDATE;
        IF coalesce(width, 0) < 1 THEN
            RAISE EXCEPTION 'departments stand at most five deep' USING ERRCODE = '23514';
        END IF;
        SELECT max(id) INTO last FROM department WHERE parent_id = NEW.parent_id AND id > low AND id < low + 1000 * width;
        NEW.id := coalesce(last, low) + width;
        IF NEW.id >= low + 1000 * width THEN
            RAISE EXCEPTION 'a department has at most 999 below it' USING ERRCODE = '23514';
        END IF;
    END IF;
    NEW.high := NEW.id + width - 1;
    RETURN NEW;
END $$
"""

# The interval of regions below a region follows from its level: codes are numbered in pre-order.
VIEWER_SCOPE = """
CREATE FUNCTION viewer_scope(account integer)
RETURNS TABLE (department_id bigint, department_name varchar, real_name varchar, is_lead_office boolean,
               low bigint, high bigint, roles varchar[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT d.id, d.name, p.real_name, d.is_lead_office,
           CASE WHEN d.is_lead_office THEN r.id::bigint ELSE d.id END,
           CASE WHEN NOT d.is_lead_office THEN d.high
                WHEN r.level = 'national' THEN 999999999
                WHEN r.level = 'province' THEN r.id + 9999999
                WHEN r.level = 'city' THEN r.id + 99999
                WHEN r.level = 'county' THEN r.id + 999
                ELSE r.id END::bigint,
           ARRAY(SELECT a.name FROM ab_user_role x JOIN ab_role a ON a.id = x.role_id WHERE x.user_id = u.id)::varchar[]
    FROM ab_user u
    JOIN user_place p ON p.username = u.username
    JOIN department d ON d.id = p.department_id
    JOIN region r ON r.id = d.region_id
    WHERE u.id = account AND u.active AND p.employment = 'in_post'
$$
"""


def upgrade() -> None:
    op.execute(NUMBER_DEPARTMENT)
    op.execute(
        "CREATE TRIGGER number_department_on_insert BEFORE INSERT ON department "
        "FOR EACH ROW EXECUTE FUNCTION number_department()"
    )
    op.execute(
        "CREATE TRIGGER number_department_on_move BEFORE UPDATE OF parent_id ON department "
        "FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION number_department()"
    )
    op.execute(VIEWER_SCOPE)
    op.execute("REVOKE ALL ON FUNCTION viewer_scope(integer) FROM PUBLIC")
    op.execute('GRANT EXECUTE ON FUNCTION viewer_scope(integer) TO "app", viewer_line, viewer_region, viewer_system')
    op.execute('GRANT SELECT ON alembic_version TO "app", viewer_line, viewer_region, viewer_system')
    op.execute(
        'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "app", viewer_line, viewer_region, viewer_system'
    )


def downgrade() -> None:
    op.execute('REVOKE ALL ON alembic_version FROM "app", viewer_line, viewer_region, viewer_system')
    op.execute("DROP FUNCTION viewer_scope(integer)")
    op.execute("DROP TRIGGER number_department_on_move ON department")
    op.execute("DROP TRIGGER number_department_on_insert ON department")
    op.execute("DROP FUNCTION number_department()")
