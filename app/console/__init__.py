"""How a table is shown: the Flask-AppBuilder side. Knows no domain."""
