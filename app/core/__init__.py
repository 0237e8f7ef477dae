"""How a table is declared. Knows no domain and no page."""
