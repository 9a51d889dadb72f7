"""`check`: states, reasons, JSON and exit codes."""

from pathlib import Path

import pytest

from tests.cli.running import one_line, smimetui

KEYS = ["address", "state", "reason", "problems", "source", "certificate"]


def test_all_ready_is_exit_0(sandbox: Path) -> None:
    done = smimetui("demo", "check", "bob@corp.example", "carol@corp.example")
    assert done.code == 0
    assert (
        done.out == "bob@corp.example: ready, from the address list\ncarol@corp.example: ready, from the address list\n"
    )


def test_one_that_is_not_ready_is_exit_3_and_has_its_reason(sandbox: Path) -> None:
    done = smimetui("demo", "check", "bob@corp.example", "dave@ext.example")
    assert done.code == 3
    assert "dave@ext.example: blocked, no certificate in the address list, contacts or installed" in done.out


def test_the_json_has_exactly_its_keys(sandbox: Path) -> None:
    done = smimetui("demo", "check", "bob@corp.example", "ivy@corp.example", "dave@ext.example", "--json")
    assert done.code == 3
    bob, ivy, dave = done.json
    assert list(bob) == list(ivy) == list(dave) == KEYS
    assert (bob["state"], bob["problems"], bob["source"]) == ("ready", [], "gal")
    assert list(bob["certificate"]) == ["sha256", "addresses", "not_after"]
    assert bob["certificate"]["addresses"] == ["bob@corp.example"]
    assert (ivy["state"], ivy["problems"]) == ("blocked", ["WRONG_USAGE"])
    assert (dave["problems"], dave["source"], dave["certificate"]) == (["NOT_FOUND"], None, None)


def test_the_members_of_a_list_stand_indented_below_it(sandbox: Path) -> None:
    done = smimetui("demo", "check", "team@corp.example")
    assert done.code == 0
    assert done.out.splitlines() == [
        "team@corp.example: ready, a list of 4 members",
        "  alice@corp.example: ready, installed",
        "  bob@corp.example: ready, from the address list",
        "  carol@corp.example: ready, from the address list",
        "  frank@corp.example: ready, from contacts",
    ]


def test_the_json_of_a_list_holds_that_of_its_members(sandbox: Path) -> None:
    done = smimetui("demo", "check", "projects@corp.example", "--json")
    assert done.code == 3
    (projects,) = done.json
    assert list(projects) == [*KEYS, "members"]
    assert (projects["state"], projects["problems"], projects["source"]) == ("blocked", ["NOT_FOUND"], None)
    assert projects["certificate"] is None
    assert all(list(member) == KEYS for member in projects["members"])
    blocked = [member["address"] for member in projects["members"] if member["state"] != "ready"]
    assert blocked == ["gina@corp.example"]


def test_a_display_name_may_stand_with_the_address(sandbox: Path) -> None:
    done = smimetui("demo", "check", "Bob Baker <BOB@Corp.Example>", "--json")
    assert done.code == 0
    assert done.json[0]["address"] == "BOB@Corp.Example"


@pytest.mark.parametrize("address", ["bob", "@", "a b@c.example", "\x1b[2J@x.example"])
def test_what_is_no_address_is_one_line(sandbox: Path, address: str) -> None:
    done = smimetui("demo", "check", address)
    assert done.code == 1
    assert one_line(done.err)
    assert "\x1b" not in done.err


def test_an_unknown_account_is_named(sandbox: Path) -> None:
    done = smimetui("demo", "check", "bob@corp.example", "--account", "zoe@corp.example")
    assert done.code == 1
    assert "zoe@corp.example" in done.err


def test_without_any_account_the_installed_certificates_are_asked(own_world: Path) -> None:
    done = smimetui("check", "bob@corp.example")
    assert (done.code, done.out) == (3, "bob@corp.example: blocked, no certificate installed\n")


def test_an_address_list_that_cannot_be_read_is_unreachable_not_absent(sandbox: Path) -> None:
    (sandbox / "gal.json").write_text("{")
    done = smimetui("demo", "check", "gina@corp.example", "frank@corp.example", "--json")
    assert done.code == 3
    gina, frank = done.json
    assert (gina["state"], gina["problems"]) == ("unreachable", ["UNREACHABLE"])
    assert frank["state"] == "ready"
