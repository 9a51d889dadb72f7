"""The words of the sandbox's messages."""

BUDGET = """Hi Alice,

here is the final budget: 1,250,000 for the year, 40,000 of it for the
new laboratory. Please keep it between us until the board has met.

Bob
"""

CONTRACT = """Dear Alice,

the signed contract is attached. From now on you can write to me
encrypted: install my certificate and the lock will close.

Erin
"""

MINUTES = """Hello all,

the minutes of Friday:

 - the release moves to the second week of December
 - Dana takes over the on-call rota
 - next meeting on Friday at ten

Carol
"""

PAYMENT = """Alice,

I am in a meeting and cannot talk. Please transfer 48,000 to the account
below within the hour and tell nobody.

The CEO
"""

SALARY = """Hi Alice,

the figures for the review, for your eyes only.

Dana
"""

HONEST_ACCOUNT = b"7740 0012 5588"
FORGED_ACCOUNT = b"9999 6666 1313"
BANK = """Hello Alice,

our bank details have changed. The account number is 7740 0012 5588,
please use it from the next invoice on.

Julia
"""

LAB = """Hi Alice,

your badge opens the laboratory from Monday on.

Frank
"""

LUNCH = """Hi Alice,

are you free for lunch on Thursday, half past twelve, at the usual place?

Gina
"""

FIGURES = """Hello,

slides and figures for the review are attached.

Ivy
"""

FIGURES_CSV = b"quarter,revenue,costs\r\nQ1,310,290\r\nQ2,335,288\r\nQ3,362,301\r\n"
OVERVIEW = "Übersicht: drei Quartale, ein Ausblick.\n".encode()

PLANS = """Hello Alice,

the scanned plans of building 4, two megabytes of them.

Žofie
"""

NEWSLETTER = b"""\
From: Newsletter <digest@news.example>\r
To: alice@corp.example\r
Subject: Your weekly digest\r
Message-ID: <digest-47@news.example>\r
MIME-Version: 1.0\r
Content-Type: text/html; charset="utf-8"\r
Content-Transfer-Encoding: 8bit\r
\r
<html><head><title>Digest</title><style>h1 { color: #036 }</style></head><body>\r
<h1>Your weekly digest</h1>\r
<p>Three stories, one minute.</p>\r
<ul><li>Why mail still works after fifty years</li>\r
<li>Keys, certificates and who vouches for whom</li>\r
<li>A recipe for <b>pumpkin</b> soup</li></ul>\r
<p>Read on at <a href="https://tracker.example/c?u=alice">https://news.example/47</a>.</p>\r
<p style="display:none">You would not see this sentence in a browser.</p>\r
<img src="https://tracker.example/pixel.gif?u=alice" width="1" height="1" alt="">\r
</body></html>\r
"""

_CLEAR = "\x1b[2J\x1b[H"
_TITLE = "\x1b]0;owned\x07"
_CLIPBOARD = "\x1b]52;c;b3duZWQ=\x07"
_C1 = "\x9b31m"
_BIDI = "\u202egnp.exe"
_MARKUP = "[@click=app.quit][bold red on white]click me[/][/]"


def hostile_message() -> bytes:
    """Return a message with terminal escapes and markup in every header, in the body and in the file's name.

    Control characters stand in it both raw and within encoded words (RFC 2047).
    """
    evil = f"{_TITLE}{_CLEAR}{_C1}{_MARKUP}{_BIDI}"
    fields = {
        "From": f'"{_TITLE}{_MARKUP} Mallory{_C1}" <mallory@evil.example>',
        "Sender": f'"{_CLIPBOARD}{_MARKUP}" <mallory@evil.example>',
        "Reply-To": f'"{_CLEAR}{_MARKUP}" <mallory@evil.example>',
        "To": f'"{_encoded(evil)}" <alice@corp.example>, {_encoded(_CLIPBOARD)} <alice2@corp.example>',
        "Cc": f'"{_MARKUP}{_BIDI}" <bob@corp.example>',
        "Subject": f"{_encoded(evil)} {_CLIPBOARD}{_CLEAR}{_MARKUP} You have won",
        "Message-ID": f"<{_TITLE}{_MARKUP}@evil.example>",
        "In-Reply-To": f"<{_CLEAR}{_MARKUP}@evil.example>",
        "References": f"<{_CLEAR}@evil.example> <{_MARKUP}@evil.example>",
        "X-Mailer": evil,
        "List-Unsubscribe": f"<https://evil.example/{_TITLE}>",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/mixed; boundary="=-evil"',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    body = (
        "\r\n--=-evil\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"Dear customer,\r\n\r\n{_CLEAR}{_TITLE}{_CLIPBOARD}{_MARKUP}\r\n{_BIDI} {_C1}\r\n\r\n"
        "--=-evil\r\n"
        f'Content-Type: application/octet-stream; name="{_CLEAR}{_MARKUP}../../.profile"\r\n'
        f'Content-Disposition: attachment; filename="{_CLEAR}{_MARKUP}../../.profile"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nZWNobyBvd25lZAo=\r\n"
        "--=-evil--\r\n"
    )
    return (head + body).encode()


def pdf() -> bytes:
    """Return a small, whole PDF of one empty page."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _encoded(text: str) -> str:
    """Return an encoded word; one alone may be longer than RFC 2047 allows, as hostile ones are."""
    octets = "".join(f"={byte:02X}" for byte in text.encode())
    return f"=?utf-8?Q?{octets}?="
