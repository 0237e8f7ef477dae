"""Programs and a page that go out with the record of a draw and know nothing of this house: whoever doubts runs them.

`verify.py` computes the draw of subjects again, `verify_teams.py` the teams; `verify_mine.py` and `verify.html` say
what one subject drew. They share no line with `rules/`: two that agree are worth more than one.
"""
