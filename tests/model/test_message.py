from smimetui.model.address import parse_address
from smimetui.model.message import Attachment, Draft, Headers, OpenedMessage, Part
from smimetui.model.verdict import EncryptionReport

ALICE, BOB, CAROL, DAVE = (parse_address(f"{name}@corp.example") for name in ("alice", "bob", "carol", "dave"))


def test_an_attachment_knows_its_size() -> None:
    assert Attachment(name="a.txt", content_type="text/plain", content=b"1234").size == 4


def test_a_draft_lists_each_recipient_once_in_order() -> None:
    draft = Draft(sender=ALICE, to=(BOB, CAROL), cc=(BOB,), bcc=(DAVE, CAROL))

    assert draft.recipients == (BOB, CAROL, DAVE)


def test_recipients_can_be_taken_out_of_every_field() -> None:
    draft = Draft(sender=ALICE, to=(BOB, CAROL), cc=(BOB, DAVE), bcc=(BOB,), subject="kept")

    left = draft.without((BOB,))

    assert (left.to, left.cc, left.bcc, left.subject) == ((CAROL,), (DAVE,), (), "kept")


def test_an_opened_message_lists_its_files_and_whether_it_came_in_an_envelope() -> None:
    file = Attachment(name="a.txt", content_type="text/plain", content=b"1")
    text = Part(content_type="text/plain", protected=True, text="hello")
    opened = OpenedMessage(
        headers=Headers(), parts=(text, Part(content_type="text/plain", protected=True, attachment=file))
    )

    assert opened.attachments == (file,)
    assert not opened.encrypted
    assert OpenedMessage(headers=Headers(), encryption=EncryptionReport(decrypted=False)).encrypted


def test_parts_protected_by_themselves_stand_apart_and_are_not_in_what_a_reply_quotes() -> None:
    opened = OpenedMessage(
        headers=Headers(),
        body="Outside.",
        parts=(
            Part(content_type="text/plain", protected=False, text="Outside.\n"),
            Part(content_type="text/plain", protected=True, text="Inside.", note="This part was encrypted."),
            Part(content_type="image/png", protected=False),
        ),
    )
    assert opened.shown == "Outside.\n\n--------------------\n\n[This part was encrypted.]\n\nInside."


def test_a_message_protected_as_a_whole_is_shown_as_its_body() -> None:
    part = Part(content_type="text/plain", protected=True, text="Whole.")
    assert OpenedMessage(headers=Headers(), body="Whole.", parts=(part,)).shown == "Whole."
