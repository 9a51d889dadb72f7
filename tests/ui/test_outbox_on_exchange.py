"""What may have left through Exchange is settled by its copy in Sent: by the person, or at the next start."""

from smimetui.demo.exchange.misbehaviour import Drop
from smimetui.ui.start import ShowList
from tests.ui.exchange_scene import Scene
from tests.ui.leaving import begin, its_time_is_over, open_outbox, patient
from tests.ui.stage import Stage, stage


async def send_into_silence(on: Stage, scene: Scene) -> None:
    """Let the server take a message and say nothing any more."""
    await begin(on)
    scene.server.misbehave("CreateItem", Drop(after_work=True), times=1)
    scene.server.misbehave("FindItem", Drop(), times=None)
    await on.press("f5")
    await its_time_is_over(on)
    await on.until(lambda: len(scene.server.sent) == 1, "the server has it")


async def test_looking_again_settles_what_may_have_left(scene: Scene) -> None:
    async with stage(scene.session, start=ShowList(), preferences=patient()) as on:
        await send_into_silence(on, scene)
        await on.sees("It is uncertain whether the message left: see the outbox.")
        scene.server.behave()
        await open_outbox(on)
        await on.sees("uncertain")
        await on.press("enter")
        await on.sees("Sent can tell")
        await on.press("enter")
        await on.sees("Sent has it: the message left.")
        await on.sees("Nothing waits.")
    assert len(scene.server.sent) == 1
    assert scene.session.outbox.entries() == ()


async def test_the_next_start_settles_it_by_itself(scene: Scene) -> None:
    async with stage(scene.session, start=ShowList(), preferences=patient()) as on:
        await send_into_silence(on, scene)
        await on.sees("It is uncertain whether the message left")
    scene.server.behave()
    async with stage(scene.session, start=ShowList(), preferences=patient()) as on:
        await on.sees("Sent, encrypted, to bob@corp.example")
        assert "uncertain" not in on.text
    assert len(scene.server.sent) == 1
    assert scene.session.outbox.entries() == ()
