"""Text that people typed, made comparable."""

import unicodedata

LONGEST_TEXT = 300
"""Characters of a value that are looked at: no field but the message needs more."""

# Accents and the invisible characters that exports leave behind (joiners, marks of byte order).
PLAIN: dict[int, str | None] = dict.fromkeys([*range(0x300, 0x370), *range(0x200B, 0x2010), 0x2060, 0xFEFF, 0xAD])
# The typographic apostrophe and dashes as keyboards have them.
PLAIN |= {0x2019: "'", 0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-", 0x2212: "-"}


def fold_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return `text` for comparison: no accents, no capitals, single blanks.

    >>> fold_text("  Técnico   SUPERIOR ")
    'tecnico superior'
    """
    plain = text[:longest]
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(PLAIN)
    return " ".join(plain.casefold().split())
