from hypothesis import given
from hypothesis import strategies as st

from smimetui.model.address import parse_address
from smimetui.model.contact_group import group_address, group_name, is_group, stands_for


@given(st.text(max_size=80), st.text(max_size=40))
def test_a_group_has_an_address_that_can_be_written_down_and_read_again(name: str, identifier: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    identifier = identifier.encode("utf-8", "replace").decode()
    address = group_address(name, identifier)
    again = parse_address(address.spec)
    assert again == address
    assert is_group(again)
    assert stands_for(again, identifier)
    assert not stands_for(again, identifier + "x")


def test_a_group_is_looked_for_by_the_beginning_of_its_name() -> None:
    assert group_name(group_address("Schöne Grüße", "AAMk==")) == "Schöne Grüße"
    long = "Österreichische Gesellschaft für Donaudampfschifffahrt"
    found = group_name(group_address(long, "AAMk=="))
    assert len(found) > 20
    assert long.startswith(found)
    assert group_name(group_address("", "AAMk==")) == ""


def test_who_can_be_written_to_is_no_group() -> None:
    assert not is_group(parse_address("team@corp.example"))
    assert not stands_for(parse_address("team@corp.example"), "AAMk==")
