"""The peers of our lists, rebuilt as their users build them: Django admin, SQLAdmin, Flask-AppBuilder as shipped.

Each is one program, run in a process of its own by an interpreter of its own (``stage``), with its test client, signed
in. All three read one copy of the inspections (schema ``peer``) in the database of our lists: the same rows, the same
columns, 20 rows a page, eight columns of which one is a related name. The copy has the keys that help them: the
primary key, the department, the day, the department with either, the number. They have no row security: the clerk of a
county gets his rows by the filter that each product offers for that. They search the columns that ours searches; only
Flask-AppBuilder has no search over several columns, and looks for the name of the party alone.
"""
