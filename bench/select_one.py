"""The service with one endpoint more, which does one `select 1`: what single events are held against."""

from litestar import Litestar, get

from app.database import Database
from app.main import create_app
from app.settings import Settings

PATH = "/bench/select-one"


class BareDatabase(Database):
    """The service's pool, and no more than its cheapest question."""

    async def select_one(self) -> int:
        """1, from the database."""
        return (await self._call("select 1"))[0]


def create_bench_app() -> Litestar:
    """The service's application and the endpoint, with a pool like the service's."""
    settings = Settings.from_environment()
    database = BareDatabase(settings)

    @get(PATH)
    async def select_one() -> dict[str, int]:
        return {"one": await database.select_one()}

    app = create_app(settings)
    app.on_startup.append(database.open)
    app.on_shutdown.append(database.close)
    app.register(select_one)
    return app
