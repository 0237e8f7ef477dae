def test_boot(app, browser):
    r = browser("clerk_yanta").get("/inspection/list/")
    print(r.status_code, len(r.get_data()))
    print([t for t in app.url_map.iter_rules()][:3])
