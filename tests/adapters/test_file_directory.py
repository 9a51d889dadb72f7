from pathlib import Path

import pytest

from smimetui.adapters.file_directory import FileDirectory, fold, read_entries, write_entries
from smimetui.model.address import parse_address
from smimetui.model.certificate import Source
from smimetui.model.errors import DirectoryError
from smimetui.services.completion import matches
from smimetui.services.ports import DirectoryEntry


def entry(name: str, *addresses: str, certificates: tuple[bytes, ...] = ()) -> DirectoryEntry:
    return DirectoryEntry(name=name, addresses=addresses, source=Source.GAL, certificates=certificates)


BOB = entry("Bob Baker", "bob@corp.example", "Robert.Baker@corp.example", certificates=(b"\x30\x82", b""))
JORG = entry("Jörg Größer", "j.groesser@bücher.example")
LUKASZ = entry("Łukasz Wójcik", "lw@corp.example")
BAKERY = entry("The Bakery", "orders@bakery.example")
ROBERT = entry("Robert Bobbin", "rb@corp.example")
NAMELESS = entry("", "baker.street@x.example")
ALL = (BOB, JORG, LUKASZ, BAKERY, ROBERT, NAMELESS)


@pytest.fixture
def directory(tmp_path: Path) -> FileDirectory:
    write_entries(tmp_path / "gal.json", ALL)
    return FileDirectory(tmp_path / "gal.json", Source.GAL)


def names(entries: tuple[DirectoryEntry, ...]) -> list[str]:
    return [entry.name for entry in entries]


def test_entries_come_back_as_they_were_written(directory: FileDirectory, tmp_path: Path) -> None:
    assert read_entries(tmp_path / "gal.json", Source.GAL) == ALL
    assert directory.source is Source.GAL
    assert FileDirectory(tmp_path / "gal.json", Source.CONTACTS).complete("bob", 1)[0].source is Source.CONTACTS


@pytest.mark.parametrize("address", ["bob@corp.example", "BOB@Corp.Example", "robert.baker@corp.example"])
def test_an_address_is_found_as_mail_compares(directory: FileDirectory, address: str) -> None:
    assert directory.lookup(parse_address(address)) == (BOB,)


def test_an_internationalised_domain_is_found_in_both_forms(directory: FileDirectory) -> None:
    for domain in ("bücher.example", "xn--bcher-kva.example"):
        assert directory.lookup(parse_address(f"j.groesser@{domain}")) == (JORG,)


def test_an_address_that_only_looks_alike_is_not_found(directory: FileDirectory) -> None:
    for address in ("bo@corp.example", "bob@corp.example.org", "bobb@corp.example"):
        assert directory.lookup(parse_address(address)) == ()


def test_several_entries_may_hold_one_address(tmp_path: Path) -> None:
    write_entries(tmp_path / "gal.json", (entry("A", "x@x.example", "X@x.example"), entry("B", "x@x.example")))
    assert names(FileDirectory(tmp_path / "gal.json", Source.GAL).lookup(parse_address("x@x.example"))) == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bob", ["Bob Baker", "Robert Bobbin"]),
        ("Bob Ba", ["Bob Baker"]),
        ("baker bob", ["Bob Baker"]),
        ("BAK", ["Bob Baker", "The Bakery", ""]),
        ("jorg", ["Jörg Größer"]),
        ("jörg", ["Jörg Größer"]),
        ("grosser", ["Jörg Größer"]),
        ("lukasz woj", ["Łukasz Wójcik"]),
        ("robert.b", ["Bob Baker", "Robert Bobbin"]),
        ("orders@bak", ["The Bakery"]),
        ("bakery.ex", ["The Bakery"]),
        ("street", [""]),
        ("aker", []),
        ("bob nobody", []),
        ("", []),
        ("   ", []),
        ("@", []),
        ("\x1b[", []),
    ],
)
def test_completion_finds_words_that_start_so_without_regard_to_case_and_accents(
    directory: FileDirectory, text: str, found: list[str]
) -> None:
    assert names(directory.complete(text, 10)) == found


def test_names_come_before_addresses_and_addresses_before_domains(tmp_path: Path) -> None:
    entries = (
        entry("D", "d@corp.example"),
        entry("C", "x.corp@z.example"),
        entry("B Corp", "b@z.example"),
        entry("Corp A", "a@z.example"),
    )
    write_entries(tmp_path / "gal.json", entries)
    found = FileDirectory(tmp_path / "gal.json", Source.GAL).complete("corp", 10)
    assert names(found) == ["Corp A", "B Corp", "C", "D"]


def test_completion_stops_at_its_limit(directory: FileDirectory) -> None:
    assert len(directory.complete("b", 2)) == 2
    assert directory.complete("b", 0) == ()


def test_what_the_services_count_as_a_match_is_found(directory: FileDirectory) -> None:
    for text in ("b", "bob", "bak", "ro", "corp", "j", "lw@", "the b", "o", "street"):
        expected = {entry.name for entry in ALL if matches(text, entry.name, *entry.addresses)}
        assert expected <= set(names(directory.complete(text, 100)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"entries":3}',
        b'{"entries":[{"name":3}]}',
        b'{"entries":[{"certificates":["%"]}]}',
        b'{"entries":[{"name":"\xff"}]}',
        b'{"entries":[',
    ],
)
def test_a_malformed_file_is_a_sentence_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gal.json"
    path.write_bytes(content)
    directory = FileDirectory(path, Source.GAL)
    for act in (lambda: directory.lookup(parse_address("a@b.example")), lambda: directory.complete("a", 1)):
        with pytest.raises(DirectoryError, match=r"gal\.json is not valid"):
            act()


def test_a_missing_file_could_not_be_checked(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="cannot be read"):
        FileDirectory(tmp_path / "none", Source.GAL).lookup(parse_address("a@b.example"))


def test_the_file_is_read_once(directory: FileDirectory, tmp_path: Path) -> None:
    assert directory.complete("bob", 1)
    (tmp_path / "gal.json").unlink()
    assert directory.complete("bob", 1)


def test_folding_leaves_plain_text_and_takes_case_and_accents() -> None:
    assert fold("Plain") == "plain"
    assert fold("ÅÉØ ß Æ İ") == "aeo ss ae i"
