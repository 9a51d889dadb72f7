import asyncio
import threading

import pytest

from smimetui.ui.lanes import Lane


async def test_a_call_returns_what_the_function_returns_from_another_thread() -> None:
    thread = await Lane("test").call(threading.current_thread)
    assert thread is not threading.main_thread()
    assert thread.daemon


async def test_a_call_raises_what_the_function_raises() -> None:
    def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await Lane("test").call(fail)


async def test_a_cancelled_call_drops_its_answer_and_the_lane_goes_on() -> None:
    lane, gate = Lane("test"), threading.Event()
    task = asyncio.create_task(lane.call(gate.wait))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    assert await lane.call(lambda: "next") == "next"


async def test_a_call_cancelled_before_its_turn_is_not_made() -> None:
    lane, gate, made = Lane("test"), threading.Event(), []
    first = asyncio.create_task(lane.call(gate.wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(lane.call(lambda: made.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    gate.set()
    await first
    await lane.call(lambda: None)
    assert made == []
