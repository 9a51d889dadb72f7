import pytest

from smimetui.model.message import Attachment, Draft, Protection
from smimetui.smime.sealed_size import sealed_size
from tests.services.world import ALICE, BOB, CAROL, make_world


@pytest.mark.parametrize("size", [50_000, 1_000_000])
@pytest.mark.parametrize("sign", [True, False])
@pytest.mark.parametrize("encrypt", [True, False])
def test_the_estimate_is_within_a_tenth_of_what_is_sealed(size: int, sign: bool, encrypt: bool) -> None:  # noqa: FBT001 - parameters
    file = Attachment(name="q3.ods", content_type="application/octet-stream", content=bytes(size))
    draft = Draft(sender=ALICE, to=(BOB, CAROL), subject="s", body="text " * 50, attachments=(file, file))
    protection = Protection(sign=sign, encrypt=encrypt)
    sealed = make_world(published=[BOB, CAROL]).session.composer.seal(draft, protection)
    assert sealed_size(draft, protection) == pytest.approx(len(sealed[0].data), rel=0.1)
