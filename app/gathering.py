"""Questions of many requests, which go to the database together.

A call takes not much longer for ten than for one. So while the database is at work on some questions, others
gather, and go together in the next call. When it is at rest, a question goes at once. Questions that fill a
call go beside those under way, and so do fewer when it takes longer than a millisecond or two.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from app.errors import UNAVAILABLE, as_problem, unavailable

# How long questions wait for calls under way before they go in a further one.
_PATIENCE_SECONDS = 0.001
# The loop's clock goes by milliseconds.
_TICK_SECONDS = 0.001

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Bounds(NamedTuple):
    """`calls` under way at once, the `weight` that a call reaches, how many wait, and how many seconds."""

    calls: int
    weight: int
    waiting: int
    seconds: float


class _Asked(NamedTuple, Generic[Question, Answer]):
    """A question whose request waits for the answer, since that moment of the loop's clock."""

    question: Question
    weight: int
    answer: asyncio.Future[Answer]
    since: float


class Gathering(Generic[Question, Answer]):
    """Answers questions by a call for many, each as if it were alone.

    Parameters: `call` gives the answers in the order of the questions, among them an error for one that has
    none, or fails as a whole; `bounds`.
    """

    def __init__(
        self, call: Callable[[Sequence[Question]], Awaitable[Sequence[Answer | Exception]]], bounds: Bounds
    ) -> None:
        self._call = call
        self._bounds = bounds
        self._waiting: deque[_Asked[Question, Answer]] = deque()
        self._waiting_weight = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._is_call_starting = False
        self._next_look: asyncio.TimerHandle | None = None

    async def ask(self, question: Question, weight: int = 1) -> Answer:
        """The answer.

        Errors: Problem 503 when too many wait already or no call is to spare in time; what a call for this
        question alone raises.
        """
        if len(self._waiting) >= self._bounds.waiting:
            raise unavailable("Too many requests are waiting for the database.")
        loop = asyncio.get_running_loop()
        asked = _Asked[Question, Answer](question, weight, loop.create_future(), loop.time())
        self._waiting.append(asked)
        self._waiting_weight += weight
        self._start_call_if_due()
        if not self._next_look:
            self._look_later()
        return await asked.answer

    def _start_call(self) -> None:
        """A call for what waits; it begins after what else is ready to run, which may bring more."""
        self._is_call_starting = True
        call = asyncio.create_task(self._answer_waiting())
        self._calls.add(call)
        call.add_done_callback(self._end_call)

    def _end_call(self, call: asyncio.Task[None]) -> None:
        self._calls.remove(call)
        self._start_call_if_due()

    def _start_call_if_due(self) -> None:
        """Makes a call for what waits if none is under way, if it fills one, or has waited long enough."""
        if not self._waiting or self._is_call_starting or len(self._calls) == self._bounds.calls:
            return
        fills_a_call = self._waiting_weight >= self._bounds.weight
        seconds = asyncio.get_running_loop().time() - self._waiting[0].since
        if not self._calls or fills_a_call or seconds >= _PATIENCE_SECONDS:
            self._start_call()

    def _look_later(self) -> None:
        if self._waiting:
            loop = asyncio.get_running_loop()
            due_at = self._waiting[0].since + _PATIENCE_SECONDS + _TICK_SECONDS
            at = due_at if due_at > loop.time() else loop.time() + _PATIENCE_SECONDS
            self._next_look = loop.call_at(at, self._look)
        else:
            self._next_look = None

    def _look(self) -> None:
        """Gives up on what has waited too long, and sends what need not wait any longer."""
        too_old = asyncio.get_running_loop().time() - self._bounds.seconds
        while self._waiting and self._waiting[0].since < too_old:
            _settle(self._pop().answer, unavailable("The database is busy with other requests."))
        self._start_call_if_due()
        self._look_later()

    async def _answer_waiting(self) -> None:
        self._is_call_starting = False
        asked = self._take()
        self._start_call_if_due()
        if asked:
            await self._answer(asked)

    def _take(self) -> list[_Asked[Question, Answer]]:
        """The questions that have waited longest, but those whose request is gone."""
        taken: list[_Asked[Question, Answer]] = []
        weight = 0
        while self._waiting and weight < self._bounds.weight:
            asked = self._pop()
            if not asked.answer.done():
                taken.append(asked)
                weight += asked.weight
        return taken

    def _pop(self) -> _Asked[Question, Answer]:
        asked = self._waiting.popleft()
        self._waiting_weight -= asked.weight
        return asked

    async def _answer(self, asked: list[_Asked[Question, Answer]]) -> None:
        """Answers by one call, or, when one question stands in the others' way, by calls for fewer."""
        try:
            answers: Sequence[Answer | Exception] = await self._call([each.question for each in asked])
        except Exception as error:  # noqa: BLE001  # whatever it is, the requests must hear of it
            if len(asked) > 1 and as_problem(error).kind is not UNAVAILABLE:
                half = len(asked) // 2
                await self._answer(asked[:half])
                await self._answer(asked[half:])
                return
            answers = [error] * len(asked)
        for each, answer in zip(asked, answers, strict=True):
            _settle(each.answer, answer)


def _settle(waiting: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if waiting.done():  # the request is gone
        return
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
