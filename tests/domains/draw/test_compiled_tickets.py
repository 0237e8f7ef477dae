"""Where numba is installed: the compiled tickets give the record of the plain ones, bit for bit."""

from pathlib import Path

import pytest

from app.domains.draw.rules import record, tickets
from app.domains.draw.rules.cells import Cell
from tests.domains.draw import county

pytest.importorskip("numba", reason="numba is an optional extra: the compiled draw is compared where it is installed")
from app.domains.draw.rules import compiled_tickets


def same(made: county.Draw, folder: Path) -> None:
    frame = folder / "frame.csv"
    frame.write_bytes(b"".join(made.lines))
    for number in range(5):
        seed = bytes([number]) * 32
        plain = record.draw_subjects(made.frozen, seed, lambda: made.lines)
        assert compiled_tickets.draw_subjects(made.frozen, seed, frame) == plain


@pytest.mark.parametrize(("rows", "alg"), [(15, "sm3"), (700, "sm3"), (50_000, "sm3"), (700, "sha256")])
def test_the_same_record(rows: int, alg: str, tmp_path: Path):
    same(county.draw(rows, alg), tmp_path)


def test_portions_end_between_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiled_tickets, "_PORTION", 1000)
    same(county.draw(700), tmp_path)


def test_a_limit_that_was_too_low_and_ids_too_long_go_the_plain_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = county.draw(700)
    monkeypatch.setattr(compiled_tickets, "_LONGEST", 5)
    same(made, tmp_path)
    monkeypatch.undo()
    right = tickets.limit
    monkeypatch.setattr(tickets, "limit", lambda want: b"\1" * 32 if want.drawn else right(want))
    same(made, tmp_path)


def test_a_line_of_no_cell_is_an_error(tmp_path: Path):
    made = county.draw(700)
    (tmp_path / "frame.csv").write_bytes(b"".join(made.lines) + f"Z,{Cell('620000', 'A', 0).text}\n".encode())
    with pytest.raises(ValueError, match="no cell"):
        compiled_tickets.draw_subjects(made.frozen, bytes(32), tmp_path / "frame.csv")
