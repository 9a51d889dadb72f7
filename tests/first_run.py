"""The walk through the first run in a real terminal: from nothing to the first encrypted mail, no file edited."""

from tests.adapters.exchange.people import ALICE, PASSWORD
from tests.terminal import Terminal


def walk(screen: Terminal, *, server: str, p12: str) -> None:
    """Add the account at an endpoint, import the key (its passphrase is `open`), and send oneself a test message."""
    screen.sees("There is no account yet")
    screen.press("t")
    screen.sees("a adds one")
    screen.press("a")
    screen.sees("Add Account")
    screen.press(ALICE.spec, "tab", "tab", PASSWORD)
    screen.sees("More…")
    screen.press("tab", "tab", "enter")
    screen.sees("Private CA")
    screen.sees("Server")
    screen.press(server, "enter", "enter")
    screen.sees("Check Account")
    screen.sees("Check Again")
    screen.press("escape")
    screen.sees("✓ a")
    screen.press("i")
    screen.sees("Import Identity")
    screen.press(p12, "enter", "open", "enter")
    screen.sees("The key is imported. t sends yourself a test message.")
    screen.press("p")
    screen.sees("Encrypt by Default      on")
    screen.press("escape")
    screen.sees("✓ p")
    screen.press("t")
    screen.sees("Test Message")
    screen.sees("✓ Sent")
    screen.sees("✓ Received")
    screen.sees("✓ Decrypted")
    screen.sees("Verified")
    screen.press("escape")
    screen.sees("✓ t")
    screen.press("enter")
    screen.sees("Test message from smimetui")
    screen.press("enter")
    screen.sees("came back.")
