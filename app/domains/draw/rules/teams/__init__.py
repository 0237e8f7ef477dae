"""Who inspects the drawn subjects: teams by chance, of which every probability is published before (draw.md §5.6).

In the order of a draw: `facts` are frozen with the roster, `eligibility` says who cannot be asked and why, `matching`
puts down who can, `chances` gives each a probability for each seat, `caps` keeps everybody within what he can do or
names who is missing, `ladder` says what gives way then, `assigning` makes teams out of the table and the second seed,
`checker` tests them again. `repair` redraws the seats of those who withdraw.
"""
