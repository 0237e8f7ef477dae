"""Workflows as people meet them: moves on a record and in lists, steps, editions side by side, the diagram, REST.

Nothing here knows a table by name: what there is to see follows from the ``__flow__`` that a table declares.
"""
