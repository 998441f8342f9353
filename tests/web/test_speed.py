"""How soon the page is there: told in the summary, not judged, for other tests run at the same time."""

from collections.abc import Callable

import pytest

from bench import page
from tests.web.conftest import Shop


@pytest.mark.usefixtures("software")
def test_how_soon_the_page_is_there(shop: Shop, record_property: Callable[[str, object], None]) -> None:
    with page.Browser() as browser:
        page.measure(browser, shop.url, shop.token)  # it has only just started
        speed = page.measure(browser, shop.url, shop.token)
    record_property(
        "measured",
        f"dashboard, processor / {page.SLOWDOWN}: first paint {speed.first_paint:.0f} ms,"
        f" figures shown {speed.shown:.0f} ms; processor for a year of days {speed.year:.0f} ms",
    )
    assert 0 < speed.first_paint < speed.shown
    assert speed.year > 0
