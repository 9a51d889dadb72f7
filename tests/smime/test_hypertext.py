"""HTML as text: hidden text is shown, links show where they lead, nothing acts, no document takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.smime import hypertext
from smimetui.smime.hypertext import html_to_text
from tests.smime import forge
from tests.smime.correspondents import alice, opened


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello</p><p>you</p>", "Hello\n\nyou"),
        ("plain words", "plain words"),
        ("", ""),
        ("  \n ", ""),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ('<a href="https://evil.example/x">https://bank.example</a>', "https://bank.example <https://evil.example/x>"),
        ('<a href="https://bank.example">https://bank.example</a>', "https://bank.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="https://x.example"><b>bold</b></a>.', "bold <https://x.example>."),
        ('<a href="https://x.example"><img src="http://t.example/p.gif" alt="logo"></a>', "[logo] <https://x.example>"),
        ('<img src="http://track.example/p.gif">', ""),
        ('<p style="display:none">hidden</p>', "hidden"),
        ("<p hidden>hidden</p>", "hidden"),
        ("<p {x}=1 {=2 {y=3 a:b=4 style='display:none'>hidden</p>", "hidden"),
        ("<img alt='a&#7;b'>", "[a\ufffdb]"),
        ('<span style="font-size:0;color:white">hidden</span>', "hidden"),
        ('<div class="h">hidden</div><style>.h{display:none}</style>', "hidden"),
        ("<noscript>shown</noscript>", "shown"),
        ("<textarea>shown</textarea>", "shown"),
        ("<!-- comment -->seen<!-- <p>x</p> -->", "seen"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ("<pre>  a\n    b</pre>", "  a\n    b"),
        ("<ul><li>one<li>two</ul>", "  * one\n  * two"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>10</td><td>20</td></tr></table>", "1   2\n10  20"),
        ("one<br>two<br><br><br><br>three", "one\ntwo\n\nthree"),
        ("a\0b", "a\ufffdb"),
        ("<a href='\x07x'>\x07t&#7;<b>b</b>\x07</a>", "\ufffdt\x07b\ufffd <\ufffdx>"),
        ('<?xml version="1.0" encoding="utf-16"?><p>Grüße</p>', "Grüße"),
        ('<meta charset="koi8-r"><p>Grüße</p>', "Grüße"),
        ("<div>" * 400 + "deep", "deep"),
        ("<ul><li>" * 300 + "deep", "deep"),
    ],
)
def test_html_becomes_the_text_a_reader_must_see(html: str, text: str) -> None:
    assert html_to_text(html).rstrip() == text


def test_a_document_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypertext, "MOST_CHARACTERS", 100)
    assert html_to_text("<p>" + "word " * 100).endswith("[the rest of this text is too long to be shown]")


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 300_000 + "x",
        "<ul><li>x" * 100_000,
        "<table><tr>" + "<td>x" * 300_000,
        "<table>" + "<tr><td>" + "y" * 100_000 + "<tr><td>z" * 50_000,
        "<p>hello" * 200_000,
        "<a href=x>" * 150_000 + "k",
        "<a href=y>z<table>" * 100_000,
        "<" * 1_000_000,
        "<!--" * 500_000,
        "<p " + "a=b " * 500_000 + ">x",
        "&amp;" * 500_000,
        "x\n\n" * 500_000,
        "<table>" * 200 + "x" * 1000,
        "<blockquote>" * 250 + "<br>x" * 10_000,
        "<table><tr>" * 90 + "<td>word" * 3000,
        "<pre>" + " " * 800_000 + "x",
        "<p " + " ".join(f"a{number}=b" for number in range(200_000)) + ">x",
        "<p " + "".join(f'a{number}=">"' for number in range(200_000)) + ">x",
        "<p/" + "/".join(f"a{number}" for number in range(200_000)) + ">x",
        "<b>='</b><p " + " ".join(f'a{number}=">"' for number in range(200_000)) + ">x",
    ],
    ids=lambda html: html[:12],
)
def test_no_document_takes_long_or_grows(html: str) -> None:
    start = time.perf_counter()
    text = html_to_text(html)
    assert time.perf_counter() - start < 5
    assert len(text) < 3 * len(html)


PIECES = [
    *"<>/=\"' abcdehilprstuv&;#!-\n",
    "<p>",
    "<td>",
    "<table>",
    "</",
    "<a href=",
    "&#x",
    "\0",
    "é",
    "\x07",
    "&#1;",
    "\uffff",
    "\ud800",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_document_raises(html: str) -> None:
    assert isinstance(html_to_text(html), str)


def test_a_message_of_html_alone_shows_its_text() -> None:
    message = opened(forge.signed(forge.entity("<p>Hello <b>you</b></p>", "text/html"), alice()))
    assert message.body.strip() == "Hello you"
    assert [part.content_type for part in message.parts] == ["text/html"]


def test_plain_text_is_chosen_of_two_forms_and_both_are_parts() -> None:
    raw = forge.multipart(forge.entity(), forge.entity("<p>Other</p>", "text/html"), kind="multipart/alternative")
    message = opened(raw)
    assert message.body == "Hello\n"
    assert [(part.content_type, part.text is None) for part in message.parts] == [
        ("text/plain", False),
        ("text/html", True),
    ]


def test_html_is_chosen_where_the_plain_form_is_empty() -> None:
    raw = forge.multipart(
        forge.entity(" \r\n"), forge.entity("<p>Words</p>", "text/html"), kind="multipart/alternative"
    )
    assert opened(raw).body.strip() == "Words"


def test_files_beside_the_forms_of_a_text_are_not_lost() -> None:
    picture = b"Content-Type: image/png\r\nContent-ID: <1>\r\n\r\npng"
    related = forge.multipart(forge.entity("<p>W</p>", "text/html"), picture, kind="multipart/related", header=b"")
    message = opened(forge.multipart(forge.entity(), related, kind="multipart/alternative"))
    assert message.body == "Hello\n"
    assert [file.name for file in message.attachments] == ["image.png"]
