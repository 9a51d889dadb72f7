"""RC2 (RFC 2268), to decrypt alone: old PKCS#12 files keep their certificates in its 40-bit form.

The libraries at hand do only 128 bits. Nothing is ever encrypted with it here; a few kilobytes take some milliseconds.
"""

BLOCK = 8
_PI = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
_WORD = 0xFFFF


def decrypt_cbc(key: bytes, effective_bits: int, initial: bytes, data: bytes) -> bytes:
    """Return the plain text, padding still on. Raises ValueError where `data` is not made of whole blocks."""
    if len(data) % BLOCK or len(initial) != BLOCK:
        raise ValueError("RC2 works on blocks of 8 bytes")
    words = _expanded(key, effective_bits)
    plain = bytearray()
    previous = initial
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        plain += bytes(left ^ right for left, right in zip(_decrypted(words, block), previous, strict=True))
        previous = block
    return bytes(plain)


def _expanded(key: bytes, effective_bits: int) -> list[int]:
    """Section 2: 64 words of key."""
    table = bytearray(key)
    for position in range(len(key), 128):
        table.append(_PI[(table[position - 1] + table[position - len(key)]) & 0xFF])
    octets = (effective_bits + 7) // 8
    mask = 0xFF >> (8 * octets - effective_bits)
    table[128 - octets] = _PI[table[128 - octets] & mask]
    for position in range(127 - octets, -1, -1):
        table[position] = _PI[table[position + 1] ^ table[position + octets]]
    return [table[index] | table[index + 1] << 8 for index in range(0, 128, 2)]


def _decrypted(words: list[int], block: bytes) -> bytes:
    """Section 4."""
    state = [int.from_bytes(block[index : index + 2], "little") for index in range(0, BLOCK, 2)]
    position = 63
    for rounds in (5, 6, 5):
        for _ in range(rounds):
            for index, turn in ((3, 5), (2, 3), (1, 2), (0, 1)):
                value = (state[index] >> turn | state[index] << (16 - turn)) & _WORD
                before, second, third = state[index - 1], state[index - 2], state[index - 3]
                state[index] = (value - words[position] - (before & second) - (~before & third)) & _WORD
                position -= 1
        if position >= 0:
            for index in (3, 2, 1, 0):
                state[index] = (state[index] - words[state[index - 1] & 63]) & _WORD
    return b"".join(value.to_bytes(2, "little") for value in state)
