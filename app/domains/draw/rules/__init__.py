"""The engine of the draw, SSJ1: pure functions of committed inputs, in integers only.

In the order of a draw: `frame` and `merkle` seal who can be drawn, `cells` counts them, `coverage` and `plan` give each
cell its chance, `seed` is what nobody could choose, `quotas` rounds the expected numbers (by `rounding`), `tickets`
says who is drawn, `record` writes down what proves it. `canon` and `drbg` are the ground under all of them.
"""
