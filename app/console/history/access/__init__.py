"""Why somebody can see a record, or cannot: the same decision that the guard and the database make, in plain words."""
