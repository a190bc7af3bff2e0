#!/usr/bin/env python3
"""Writes Gateway.Moderation/Checks/Folding.txt from the Unicode data that Python brings.

The services run with InvariantGlobalization, where string.Normalize returns its input as it is, so the tables come along.
Run it again for a newer Unicode version: python3 eng/unicode/folding.py > Gateway.Moderation/Checks/Folding.txt
"""
import sys
import unicodedata as u

# Default_Ignorable_Code_Point: nothing is shown for them, so they hide words. Python does not know the property.
IGNORABLE = [(0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
             (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
             (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)]


def decompose(text):
    return u.normalize("NFKD", text)


def show(text):
    return " ".join(f"{ord(c):X}" for c in text)


def main():
    out = sys.stdout
    out.write(f"# Unicode {u.unidata_version}. Written by eng/unicode/folding.py; derived from the Unicode Character Database (Unicode-3.0 licence).\n")
    out.write("# I first last: ignorable. F code folded: NFKD with case folded. K code compatible: NFKC of the single code point. C code class: combining class.\n")
    for first, last in IGNORABLE:
        out.write(f"I {first:X} {last:X}\n")
    for code in range(0x80, 0x110000):
        # Surrogates are no characters; Hangul syllables are decomposed by arithmetic.
        if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3 or any(a <= code <= b for a, b in IGNORABLE):
            continue
        char = chr(code)
        folded = decompose(decompose(char).casefold())
        if folded != char:
            out.write(f"F {code:X} {show(folded)}\n")
        compatible = u.normalize("NFKC", char)
        if compatible != char:
            out.write(f"K {code:X} {show(compatible)}\n")
        if u.combining(char):
            out.write(f"C {code:X} {u.combining(char)}\n")


main()
