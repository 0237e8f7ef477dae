"""Ten million inspections of one province: the world in which lists and searches are measured.

``python -m bench.large [--rows N]`` makes the database, or brings an older one to the newest migration and tells what
each step cost. 193 departments (a bureau of the province, 12 of cities, 180 of counties), whose sizes differ a
hundredfold; one party for every ten inspections, every fifth of them in the library of subjects; dates over three years
in the order in which they came in. The links to inspectors are left out: no list reads them.
"""
