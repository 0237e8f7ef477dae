"""`python -m app.embedded provision SUPERUSER_URL`: prepare your PostgreSQL and print the addresses to set."""

import argparse

from app.embedded import default_home, provision


def main() -> None:
    """The database is prepared, and the variables stand on standard output, ready for a shell or an env file."""
    parser = argparse.ArgumentParser(prog="python -m app.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("provision", help="make the roles and the database on an existing server")
    command.add_argument("superuser_url", metavar="SUPERUSER_URL")
    command.add_argument("--database", default="jianguan")
    chosen = parser.parse_args()
    urls = provision(chosen.superuser_url, chosen.database, secrets_dir=default_home())
    print(f"OWNER_DATABASE_URL={urls.owner}")
    print(f"DATABASE_URL={urls.app}")
    print(f"SEALER_DATABASE_URL={urls.sealer}")


if __name__ == "__main__":
    main()
