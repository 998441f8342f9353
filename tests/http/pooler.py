"""A pgbouncer before a database, with a configuration of deploy/."""

import configparser
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import PGBOUNCER, Server
from tests.http.conftest import free_port
from tests.processes import wait_until
from tests.server_programs import give, start_beside

DEPLOY = Path(__file__).parents[2] / "deploy"
USER = "molam_service"
PASSWORD = "pooled"


@contextmanager
def running_pooler(
    server: Server,
    database_url: str,
    configured: str = "managed",
    user: str = USER,
    database: str = "molam",
    **settings: object,
) -> Iterator[str]:
    """Gives the URL that leads through it to the database. Needs the user on the server.

    Parameters: `configured`, the folder in deploy/ with its configuration; `database`, its name there.
    """
    address = conninfo_to_dict(database_url)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="molam-tests-") as name:
        folder = Path(name)
        users = folder / "userlist.txt"
        users.write_text(f'"{user}" "{PASSWORD}"\n')
        configuration = configparser.ConfigParser(interpolation=None)
        configuration.read(DEPLOY / configured / "pgbouncer.ini")
        target = f"host=127.0.0.1 port={address['port']} dbname={address['dbname']}"
        configuration["databases"] = {database: target}
        changes = {"listen_port": port, "auth_file": users, "logfile": "", "unix_socket_dir": "", **settings}
        configuration["pgbouncer"].update({key: str(value) for key, value in changes.items()})
        with (folder / "pgbouncer.ini").open("w") as file:
            configuration.write(file)
        for path in (folder, users, folder / "pgbouncer.ini"):
            give(server, path)
        assert PGBOUNCER
        process = start_beside(server, [PGBOUNCER, folder / "pgbouncer.ini"], folder / "log")
        try:
            url = f"postgresql://{user}:{PASSWORD}@127.0.0.1:{port}/{database}"
            wait_until(lambda: psycopg.connect(url).close() is None, "pgbouncer answers")
            yield url
        finally:
            process.terminate()
            process.wait(20)
