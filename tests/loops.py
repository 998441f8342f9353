"""Coroutines in tests that are none."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(steps: Coroutine[Any, Any, T]) -> T:
    """Like asyncio.run, also beside the loop that Playwright leaves running in the process of its tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, steps).result()
