"""The pages of a table are put together into one class: no page may hide another's method by bearing its name."""

from __future__ import annotations

from collections import defaultdict

from app.console.view.frame import Frame
from app.console.view.table_view import TableView


def test_no_page_hides_a_method_of_another():
    defined = defaultdict(list)
    for page in TableView.__mro__:
        if page.__module__.startswith("app.console.view") and page not in (Frame, TableView):
            for name, value in vars(page).items():
                if callable(value) and not name.startswith("__"):
                    defined[name].append(page.__name__)
    # A class that is built on another may say more about what it inherits; two that stand side by side may not.
    clashes = {name: pages for name, pages in defined.items() if len(pages) > 1}
    assert not clashes
