"""`demo`: the sandbox as the world of any command."""

from pathlib import Path

import pytest

from tests.cli.running import one_line, smimetui


def test_the_first_command_builds_the_sandbox_and_nothing_else(own_world: Path) -> None:
    done = smimetui("demo", "check", "bob@corp.example")
    assert done.code == 0
    files = [path.relative_to(own_world) for path in own_world.rglob("*") if path.is_file()]
    assert files
    assert all(path.parts[:4] == (".local", "share", "smimetui", "demo") for path in files)


def test_the_sandbox_stands_apart_from_the_own_world(sandbox: Path, own_world: Path) -> None:
    assert smimetui("demo", "identity", "list").out
    assert smimetui("identity", "list").out == "you have no key of your own yet\n"
    assert smimetui("account", "list").out == "there is no account yet\n"


def test_fresh_builds_it_anew(sandbox: Path) -> None:
    before = smimetui("demo", "identity", "list").out
    assert smimetui("demo", "--fresh", "identity", "list").out != before


def test_options_behind_the_command_belong_to_the_command(sandbox: Path) -> None:
    assert smimetui("demo", "check", "bob@corp.example", "--json").json[0]["state"] == "ready"


@pytest.mark.parametrize("rest", ["demo", "bogus", "demo check x@y.example", "check", "--bogus"])
def test_what_is_no_other_command_is_exit_2(sandbox: Path, rest: str) -> None:
    done = smimetui("demo", *rest.split())
    assert done.code == 2
    assert one_line(done.err)


def test_the_sandbox_takes_no_links_of_the_desktop(sandbox: Path, own_world: Path) -> None:
    done = smimetui("demo", "mailto-handler", "install")
    assert done.code == 2
    assert one_line(done.err)
    assert not list(own_world.rglob("*.desktop"))


def test_help_for_a_command_works_there_too(sandbox: Path) -> None:
    assert smimetui("demo", "check", "--help").code == 0


def test_the_tour_without_a_terminal_prints_every_screen_and_proves_what_it_sent(own_world: Path) -> None:
    done = smimetui("demo", "--tour")
    assert (done.code, done.err) == (0, "")
    for words in ("Unable to Encrypt", "Not Trusted", "Install", "opens as it was written"):
        assert words in done.out
    (envelope,) = (own_world / ".local/share/smimetui/demo/outbox").glob("*.eml")
    assert b"application/pkcs7-mime" in envelope.read_bytes()


def test_the_tour_takes_no_command() -> None:
    assert smimetui("demo", "--tour", "check", "bob@corp.example").code == 2


def test_a_folder_that_is_no_sandbox_is_a_sentence(own_world: Path) -> None:
    folder = own_world / ".local/share/smimetui/demo"
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("years of work")
    done = smimetui("demo", "check", "bob@corp.example")
    assert done.code == 1
    assert one_line(done.err)
    assert (folder / "thesis.tex").exists()


def test_a_place_that_cannot_be_written_is_a_sentence(own_world: Path) -> None:
    (own_world / ".local").write_text("a file where a folder should be")
    done = smimetui("demo", "check", "bob@corp.example")
    assert done.code == 1
    assert one_line(done.err)
