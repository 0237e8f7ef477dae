"""待办: one page for the working day. What waits for a person, what he did, what he asked for, what he is told.

``tabs`` says which to-dos are whose (the application's own wall, beside the row policies), ``asked`` what the address
asks for, ``verbs`` what can be done with many at once, ``listing`` how they are shown; ``page`` shows them, ``acts``
does something about them; ``bell`` and ``digest`` tell people.
"""
