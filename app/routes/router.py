"""A router whose answers to OPTIONS name every method of a path."""

import litestar
from litestar.types.internal_types import RouteHandlerMapItem


class Router(litestar.Router):
    """For paths that have several handlers.

    Litestar makes an OPTIONS handler with the first of them, which knows that one's methods only, and keeps
    it. Without it in the map, each further handler, and in the end the application, makes one that knows all.
    """

    @property
    def route_handler_method_map(self) -> dict[str, RouteHandlerMapItem]:
        """The handlers by path and method, without those that Litestar made."""
        handlers = super().route_handler_method_map
        for by_method in handlers.values():
            by_method.pop("OPTIONS", None)
        return handlers
