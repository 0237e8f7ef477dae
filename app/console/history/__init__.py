"""What happened, for people: the history of a record, the audit log, its proof, and who may see what and why.

The log itself is written in the database (``app.core.audit``). What is here reads it, and puts on it what no trigger
sees: refusals, exports, imports, work on many rows at once, commands.
"""
