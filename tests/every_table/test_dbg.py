import time
def test_dbg(world, browser):
    from tests.every_table.tables import NAMES
    for n in NAMES:
        t=time.time(); world.given(n, count=5); d=time.time()-t
        if d>.5: print("TIME",n,f"{d:.1f}")
    for n in NAMES:
        t=time.time(); world.given(n, who="stranger", count=5); d=time.time()-t
        if d>.5: print("TIME",n,f"{d:.1f}")
