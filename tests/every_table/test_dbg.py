import logging
def test_dbg(world, browser):
    import app.core.saving as sv
    orig = sv.explain
    def ex(e, t=None):
        print("DBERR", str(e)[:900]); return orig(e,t)
    sv.explain = ex
    from tests.every_table.sheets import form
    from app.core.table import TABLES
    for who in ("own","parent"):
        row = world.another("inspection")
        with world.session("own") as s:
            given = form(s, TABLES["inspection"], row.given)
        a = browser(f"t_{who}").post(f"/inspection/edit/{row.id}", **(given | {"party_name": "x"}))
        print(who, a.status_code)
