"""HTML as text: hidden text is shown, links show where they lead, nothing acts, no document takes long."""

import re
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smimetui.smime import hypertext
from smimetui.smime.hypertext import html_to_text
from smimetui.smime.layout_cost import tree_exceeds
from tests.linear import assert_linear
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
        ("<ul><li>" * 300 + "deep", "* deep"),
    ],
)
def test_html_becomes_the_text_a_reader_must_see(html: str, text: str) -> None:
    assert html_to_text(html).rstrip() == text


MANY = 41_000
"""Elements that make a document too large for a layout."""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://evil.example/x">https://bank.example</a>', "https://bank.example <https://evil.example/x>"),
        ('<a href="https://bank.example"> <b>https://</b>bank.example </a>', " https://bank.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="https://x.example"><img src="http://t.example/p.gif" alt="logo"></a>', "[logo] <https://x.example>"),
        (
            '<a href="https://x.example">a<a href="https://y.example">b</a>',
            "a <https://x.example>b <https://y.example>",
        ),
        ("<a name=x>here</a>", "here"),
        ("<a href=y><area href=x alt=y></a>", "[y] <x> <y>"),
        (f"<a href=x>{'long ' * 300}<b>x</b></a>", f"{'long ' * 300}x <x>"),
        ('<p style="display:none" hidden>hidden</p>', "hidden"),
        ("<script>alert(1)</script><style>p{}</style><title>t</title>seen<!-- c -->", "seen"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>10</td><td>20</td></tr></table>", "1  2\n\n10  20"),
        ("<ul><li>one<li></li><li> <b>two</b></ul>", "* one\n\n * two"),
        ("a &lt;b&gt; &amp; c<pre>  d\n    e</pre>", "a <b> & c\n  d\n    e"),
    ],
)
def test_a_document_too_large_for_a_layout_shows_the_same_words_and_targets(html: str, text: str) -> None:
    assert html_to_text("<b></b>" * MANY + html).rstrip() == text


def test_a_text_as_long_as_the_limit_is_shown() -> None:
    text = "\U0001f512" * (hypertext.MOST_CHARACTERS - 3)
    assert html_to_text(f"<p>{text}") == text


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://evil.example">bank</a>',
        '<a title="href=https://bank.example" href=https://evil.example>bank</a>',
        "<a title='<' href='https://evil.example'>bank</a>",
        "<AREA data-href=x\nHREF = 'https://evil.example'>bank",
    ],
)
def test_a_document_that_no_parser_survives_shows_where_its_links_lead(link: str) -> None:
    endless = "<p " + " ".join(f"a{number}=b" for number in range(30_000)) + ">"
    text = html_to_text(f"{endless}{link}")
    assert "<https://evil.example>" in text
    assert "bank" in text


def test_a_document_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypertext, "MOST_CHARACTERS", 100)
    assert html_to_text("<p>" + "word " * 100).endswith("[the rest of this text is too long to be shown]")


@pytest.mark.parametrize(
    ("document", "count"),
    [
        (lambda n: "<b>" * n + "x", 300_000),
        (lambda n: "<ul><li>x" * n, 100_000),
        (lambda n: "<table><tr>" + "<td>x" * n, 300_000),
        (lambda n: "<table>" + "<tr><td>" + "y" * 2 * n + "<tr><td>z" * n, 50_000),
        (lambda n: "<p>hello" * n, 200_000),
        (lambda n: "<a href=x>" * n + "k", 150_000),
        (lambda n: "<a href=y>z<table>" * n, 100_000),
        (lambda n: "<" * n, 1_000_000),
        (lambda n: "<!--" * n, 500_000),
        (lambda n: "<p " + "a=b " * n + ">x", 500_000),
        (lambda n: "&amp;" * n, 500_000),
        (lambda n: "x\n\n" * n, 500_000),
        (lambda n: "<table>" * 200 + "x" * n, 1000),
        (lambda n: "<blockquote>" * 250 + "<br>x" * n, 10_000),
        (lambda n: "<table><tr>" * 90 + "<td>word" * n, 3000),
        (lambda n: "<pre>" + " " * n + "x", 800_000),
        (lambda n: "<p " + " ".join(f"a{number}=b" for number in range(n)) + ">x", 200_000),
        (lambda n: "<p " + "".join(f'a{number}=">"' for number in range(n)) + ">x", 200_000),
        (lambda n: "<p/" + "/".join(f"a{number}" for number in range(n)) + ">x", 200_000),
        (lambda n: "<div></p>" * n, 200_000),
        (lambda n: "<b></i>" * n, 200_000),
        (lambda n: ("<b>" * 990 + "</i>" * 1000 + "</b>" * 990) * n, 100),
        (lambda n: f"<a href={'y' * 5 * n}>y" + "<b> </b>" * n, 100_000),
        (lambda n: "<b>='</b><p " + " ".join(f'a{number}=">"' for number in range(n)) + ">x", 200_000),
    ],
    ids=range(24),
)
def test_no_document_takes_long_or_grows(document: Callable[[int], str], count: int) -> None:
    def read(times: int) -> None:
        html = document(times)
        assert len(html_to_text(html)) < 3 * len(html)

    assert_linear(read, count)


@pytest.mark.parametrize(
    "html",
    [
        "<pre>" + "\n" * 800_000,
        "<ul><li>" * 45 + "<pre>" + "x\n" * 100_000,
        "<table><tr><td><pre>" + "\n" * 30_000 + "y" * 600,
        "<table><tr><td>" + "w" * 1000 + "<tr><td>" * 4000 + "x",
        "<table><tr>" + "<td>" * 15_000 + "<pre>" + "\n" * 300,
        "<table>" + ("<tr>" + "<td>x" * 100) * 120 + "<tr><td>" + "w" * 1200,
        ("<table><tr>" + "<td>x" * 1000) * 9,
        "<img alt=x>" * 19_000,
        "<br>" * 100_000,
        "<ol>" + "<li>" * 60_000,
        "\u20ac" * 300_000,
        "\0" * 900_000,
        "<>" * 200_000,
        "<table>" + ("<tr>" + "\u20ac" * 20) * 4_000,
        "<li>a<li>" * 50_000,
        "<p>a</p>" * 50_000,
        "<table>" + "le>" * 130_000 + "<td><table><table>" * 5 + "x",
    ],
    ids=lambda html: html[:12],
)
def test_no_document_takes_memory_out_of_proportion(html: str) -> None:
    html_to_text("<table><td>x</table>")
    tracemalloc.start()
    try:
        html_to_text(html)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(html.encode()) + 500_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("html", "most", "exceeds"),
    [
        ("<p a b c d e f>" * 20_000, 12_000_000, True),
        ("<p a=b>" * 20_000, 9_500_000, True),
        ("<p>" * 20_000, 7_000_000, False),
        ("<p a=b>" + "words " * 200_000, 2_000, False),
        ("<p>" * 10, 10_000, False),
    ],
)
def test_a_tree_is_weighed_by_its_elements_and_attributes(html: str, most: int, exceeds: bool) -> None:  # noqa: FBT001 - a table
    assert tree_exceeds(html.encode(), most) is exceeds


def test_a_document_of_attributes_is_shown_without_a_layout() -> None:
    html = "<table><tr>" + "<td a b c d e f>x" * 10_000
    assert html_to_text(html).count("x") == 10_000
    assert max(map(len, html_to_text(html).split("\n"))) == 3 * 10_000 - 2


def test_a_newsletter_of_200_kb_is_laid_out() -> None:
    style = "style='font-family: Arial, sans-serif; font-size: 14px; line-height: 22px; color: #333; padding: 0 20px'"
    cell = f"<td width=260 {style}><h3 {style}>Headline</h3><p {style}>{'Some words that go on. ' * 8}</p></td>"
    block = f"<table width='100%'><tr><td {style}><table {style}><tr>{cell}{cell}</tr></table></td></tr></table>"
    page = f"<table><tr><td>{block * 150}</td></tr></table>"
    assert len(page) > 200_000
    assert re.findall(r"Headline +Headline\n", html_to_text(page)) == [f"Headline{' ' * 177}Headline\n"] * 150


def test_blanks_at_the_ends_of_lines_and_empty_lines_beside_others_go() -> None:
    assert html_to_text("<pre>\n\n a \t\n\n \n\nb\n\nc  </pre>") == " a\n\nb\n\nc"


def test_a_usual_page_is_laid_out() -> None:
    rows = (
        "<tr><td><p>A paragraph of some words</p></td><td>9.90 \u20ac</td></tr><tr><td>Other</td><td>1 \u20ac</td></tr>"
    )
    page = f"<table><tr><td><table>{rows * 100}</table></td></tr></table>" * 3
    laid_out = "A paragraph of some words  9.90 \u20ac\n\nOther                      1 \u20ac"
    assert html_to_text(page).count(laid_out) == 300


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
