"""Programs and a page that go out with the record of a draw and know nothing of this house: whoever doubts runs them.

`verify_plan.py` computes the chances again from the plan, `verify.py` the draw of subjects, `verify_teams.py` teams;
`verify_mine.py` and `verify.html` say what one subject drew, `verify.sql` is for an auditor with PostgreSQL.
They share no line with `rules/`: two that agree are worth more than one.
"""
