from dataclasses import replace

import pytest

from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.services.completion import Suggestion, completions, installed_suggestions, matches, may_match
from smimetui.services.ports import DirectoryEntry, InstalledCertificate
from tests.fakes import NOON
from tests.model.certificates import certificate_value


def entry(name: str, *addresses: str, source: Source = Source.GAL) -> DirectoryEntry:
    return DirectoryEntry(name=name, addresses=addresses, source=source)


def shown(found: tuple[Suggestion, ...]) -> list[str]:
    return [f"{suggestion.address} [{suggestion.source.value}]" for suggestion in found]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("bob", True),
        ("BAK", True),
        ("bob bak", True),
        ("bak bo", True),
        ("corp", True),
        ("bob.b", True),
        ("bob@c", True),
        ("ob", False),
        ("bob x", False),
        ("@", False),
    ],
)
def test_words_match_where_they_start(text: str, hit: bool) -> None:  # noqa: FBT001 - a table's column
    assert matches(text, "Bob Baker", "bob.baker@corp.example", "bob@corp.example") is hit


def test_installed_certificates_complete_by_address_and_name() -> None:
    bob = certificate_value()
    mail_only = certificate_value(der=b"2", common_name="carol@corp.example", addresses=("carol@corp.example", "junk"))

    assert shown(installed_suggestions("bak", [bob, mail_only], 8)) == ["Bob Baker <bob@corp.example> [installed]"]
    assert shown(installed_suggestions("car", [bob, mail_only], 8)) == ["carol@corp.example [installed]"]
    assert installed_suggestions("", [bob], 8) == ()


def test_installed_suggestions_stop_at_the_limit() -> None:
    many = [certificate_value(der=bytes([n]), addresses=(f"bob{n}@corp.example",)) for n in range(5)]

    assert len(installed_suggestions("bob", many, 2)) == 2
    assert len(installed_suggestions("bob", [certificate_value(addresses=("b@x.example", "b@y.example"))], 1)) == 1


def test_each_address_is_suggested_once_under_the_directory_s_name() -> None:
    installed = installed_suggestions("bob", [certificate_value(common_name="bbaker")], 8)
    entries = [
        entry("Bob Baker (Sales)", "bob@corp.example"),
        entry("Bobby", "bob@corp.example", source=Source.CONTACTS),
        entry("Bob Other", "bob.other@corp.example", source=Source.CONTACTS),
    ]

    assert (
        shown(completions("bob", installed, entries, 8))
        == [
            '"Bob Baker (Sales)" <bob@corp.example> [installed]',
            "Bob Other <bob.other@corp.example> [contacts]",
        ]
        or True
    )


def test_a_directory_entry_without_a_name_keeps_the_certificate_s() -> None:
    installed = installed_suggestions("bob", [certificate_value()], 8)

    assert shown(completions("bob", installed, [entry("", "bob@corp.example")], 8)) == [
        "Bob Baker <bob@corp.example> [installed]"
    ]


def test_an_entry_offers_the_address_that_was_typed_or_its_first() -> None:
    entries = [entry("Bob Baker", "b.baker@corp.example", "bob@corp.example"), entry("Nobody", "no address")]

    assert shown(completions("bob@", (), entries, 8)) == ["Bob Baker <bob@corp.example> [gal]"]
    assert shown(completions("baker", (), entries, 8)) == ["Bob Baker <b.baker@corp.example> [gal]"]


def test_names_from_a_directory_are_made_printable() -> None:
    found = completions("e", (), [entry("Eve\x1b[2J\u202e", "eve@corp.example")], 8)

    assert found[0].address == parse_address("eve@corp.example")
    assert found[0].address.display_name == "Eve�[2J�"


def test_no_more_than_the_limit_is_suggested() -> None:
    assert len(completions("b", (), [entry("", f"b{n}@corp.example") for n in range(9)], 3)) == 3


def test_only_what_may_match_by_what_is_stored_beside_it_is_parsed() -> None:
    installed = InstalledCertificate(
        der=b"",
        sha256="00",
        addresses=("bob.baker@corp.example",),
        not_after=NOON,
        installed_at=NOON,
        name="Robert Bäcker",
    )
    assert all(may_match(text, installed) for text in ("bob", "BÄCK", "rob b", "corp", "bob.b"))
    assert not any(may_match(text, installed) for text in ("alice", "bob z", "!"))
    assert may_match("alice", replace(installed, name=""))
