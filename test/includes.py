#!/usr/bin/env python3
"""Reads every #include of ours and fails on an arrow that docs/design.md does not allow."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)

MODEL = {"hsm/base", "hsm/model"}
# folder -> (folders of ours it may include, libraries it may include)
ALLOWED = {
    "hsm/base": ({"hsm/base"}, {"fmt", "sqlite3", "toml++"}),
    "hsm/model": (MODEL, {"fmt"}),
    "hsm/crypto": (MODEL | {"hsm/crypto"}, {"fmt", "openssl", "botan"}),
    "hsm/softhsm": (MODEL | {"hsm/crypto", "hsm/softhsm"}, {"fmt"}),
    "hsm/store": (MODEL | {"hsm/crypto", "hsm/store"}, {"fmt", "sqlite3"}),
    "hsm/ceremony": (MODEL | {"hsm/crypto", "hsm/store", "hsm/ceremony"}, {"fmt"}),
    "hsm/engine": (MODEL | {"hsm/crypto", "hsm/store", "hsm/ceremony", "hsm/engine"}, {"fmt"}),
    "hsm/wire": (MODEL | {"hsm/wire"}, {"fmt"}),
    "hsm/daemon": (MODEL | {"hsm/crypto", "hsm/store", "hsm/ceremony", "hsm/engine", "hsm/wire", "hsm/daemon"},
                   {"fmt", "CLI", "seccomp"}),
    "pkcs11": (MODEL | {"hsm/wire", "pkcs11"}, {"fmt"}),
    "kms/p11": ({"hsm/base", "kms/p11", "pkcs11/cryptoki"}, {"fmt"}),
    "kms/core": ({"hsm/base", "kms/p11", "kms/core", "kms/db/database.h"}, {"fmt", "boost/json"}),
    "kms/db": ({"hsm/base", "kms/db", "kms/core/types.h"}, {"fmt"}),
    "kms/http": ({"hsm/base", "kms/core", "kms/http"}, {"fmt", "boost", "openssl"}),
    "kms/client": ({"hsm/base", "kms/client"}, {"fmt", "boost", "openssl"}),
    "kms/vpc": ({"hsm/base", "kms/client", "kms/vpc"}, {"fmt", "libcryptsetup", "boost/json"}),
    "cli": ({"hsm/base", "hsm/wire", "hsm/ceremony", "hsm/model", "kms/client", "kms/vpc", "cli"}, {"fmt", "CLI", "boost/json", "toml++"}),
}
# The only files that may do more, and what.
EXCEPTIONS = {
    "pkcs11/module.cpp": {"hsm/engine"},
    "cli/office.h": {"kms/p11/tokens.h"},
    "cli/import_softhsm.cpp": {"hsm/softhsm", "hsm/crypto/crypto.h", "kms/p11/tokens.h"},
    "kms/kmsd_main.cpp": {"hsm/base", "kms/core", "kms/db", "kms/http", "kms/p11", "kms/kmsd_options", "kms/kmsd_first_start"},
}
LIBRARIES = {"fmt", "sqlite3", "toml++", "openssl", "botan", "boost", "CLI", "seccomp", "libcryptsetup", "spdlog"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def under(path, allowed):
    return any(path == a or path.startswith(a + "/") or path.startswith(a + ".") for a in allowed)


def library_of(path):
    head = path.split("/")[0].removesuffix(".h")
    return head if head in LIBRARIES else None


def main():
    wrong, seen = [], 0
    for source in sorted(root.glob("**/*")):
        if source.suffix not in (".h", ".cpp") or "build" in source.relative_to(root).parts:
            continue
        name = source.relative_to(root).as_posix()
        folder = next((f for f in sorted(ALLOWED, key=len, reverse=True) if name.startswith(f + "/")), None)
        if folder is None and name not in EXCEPTIONS and not (name.startswith("kms/kmsd")):
            continue
        own, libraries = ALLOWED.get(folder, (set(), set()))
        own = own | EXCEPTIONS.get(name, set())
        if name.startswith("kms/kmsd"):
            own, libraries = EXCEPTIONS["kms/kmsd_main.cpp"], {"fmt", "CLI", "toml++"}
        for number, line in enumerate(source.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            seen += 1
            quoted, path = match.group(1) == '"', match.group(2)
            beside = source.parent / path  # cryptoki.h is read by others too, so it finds its parts beside itself
            if quoted and name.startswith("pkcs11/cryptoki") and beside.exists():
                path = beside.relative_to(root).as_posix()
            if quoted and not (root / path).exists():
                wrong.append(f"{name}:{number}: {path} is not named from the top of the tree")
            elif quoted and not under(path, own):
                wrong.append(f"{name}:{number}: {folder or 'kmsd'} may not include {path}")
            elif not quoted and library_of(path) and not under(path, libraries):
                wrong.append(f"{name}:{number}: {folder or 'kmsd'} may not include <{path}>")
    print("\n".join(wrong))
    print(f"{seen} includes read, {len(wrong)} wrong arrows")
    return 1 if wrong or seen < 100 else 0


sys.exit(main())
