from pathlib import Path

from smimetui.adapters.revocation import FetchedRevocation
from smimetui.model.verdict import Designation
from smimetui.ui.start import Compose
from tests.fakes import FixedClock
from tests.pki import NOW
from tests.published import pointing, publishing, revocation_list
from tests.services.world import BOB, corp, make_world
from tests.ui.stage import stage


async def test_a_blue_recipient_turns_red_when_the_authority_says_that_the_certificate_was_revoked(
    tmp_path: Path,
) -> None:
    with publishing() as web:
        issued = corp().issue(BOB.spec, key="p256", extensions=pointing(crl=web.uri("/corp.crl")))
        web.put("/corp.crl", revocation_list(corp(), issued))
        world = make_world(revocation=FetchedRevocation(tmp_path / "cache", FixedClock(NOW)))
        world.gal.publish("Bob", [BOB.spec], issued.certificate)
        async with stage(world.session, start=Compose(to=(BOB,))) as on:
            await on.until(lambda: on.composer.designation is Designation.UNABLE_TO_ENCRYPT, "red")
            await on.sees("the certificate was revoked by its issuer")
        assert ("GET", "/corp.crl") in web.requests
