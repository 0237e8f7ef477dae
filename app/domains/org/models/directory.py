"""What the roles may do with directories."""

from app.core.roles import may

# Directories: everybody reads them. Only system admins write, because their rows have no owner: whoever could edit one
# department could place any other below his own and so see its rows.
DIRECTORY = may(
    dept_admin="read export",
    catalog_editor="read export",
    catalog_reviewer="read export",
    clerk="read export",
    inspector="read",
    handler="read",
    evaluator="read export",
)

# The telephone of another office is there to be called: department admins may ask for it.
OFFICES = {role: actions | ({"unmask"} if role == "dept_admin" else set()) for role, actions in DIRECTORY.items()}
