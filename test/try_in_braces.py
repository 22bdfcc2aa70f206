#!/usr/bin/env python3
"""Fails on a TRY in a braced list behind an element that is made there: another TRY, a call, a move. g++ and clang do not destroy what such a
list has made when TRY returns: memory is lost, and a Secret among it stays unwiped. The result of the TRY belongs into a variable. Behind
plain names, which are numbers and references where this is read, it may stand."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
FOLDERS = ("hsm", "pkcs11", "kms", "cli", "bench")
MADE = re.compile(r"[({](?!\s*[)}])|\w\(\)")
NOISE = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'')


def braced_lists(text):
    """(offset, content) of each innermost-first pair of braces that holds no statement."""
    open_at = []
    for at, letter in enumerate(text):
        if letter == "{":
            open_at.append(at)
        elif letter == "}" and open_at:
            begin = open_at.pop()
            content = text[begin + 1 : at]
            if ";" not in content:
                yield begin, content


def elements(content):
    """The elements of a list, split at its own commas."""
    parts, depth = [""], 0
    for letter in content:
        depth += (letter in "({[") - (letter in ")}]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def main():
    wrong, seen = [], 0
    for folder in FOLDERS:
        for source in sorted((root / folder).glob("**/*")):
            if source.suffix not in (".h", ".cpp"):
                continue
            text = NOISE.sub(lambda match: " " * len(match.group()), source.read_text())
            for begin, content in braced_lists(text):
                parts = elements(content)
                behind = [at for at, part in enumerate(parts) if at > 0 and "TRY(" in part]
                seen += len(behind)
                if any(MADE.search(part) for part in parts[: max(behind, default=0)]):
                    wrong.append(f"{source.relative_to(root)}:{text.count(chr(10), 0, begin) + 1}: a TRY behind what is made in the same braces")
                elif behind and "-v" in sys.argv:
                    print(f"{source.relative_to(root)}:{text.count(chr(10), 0, begin) + 1}:", " ".join(content.split())[:200])
    print("\n".join(wrong))
    print(f"{seen} TRYs in braced lists read, {len(wrong)} wrong")
    return 1 if wrong or seen == 0 else 0


sys.exit(main())
