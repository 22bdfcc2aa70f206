#!/usr/bin/env python3
"""oasis_profiles.py MODULE FOLDER: plays the mandatory test cases of the PKCS#11 profiles 3.2 that our tokens' profile objects claim.

A case is a list of calls and their answers; ${NAME} stands for what an earlier answer gave. What names a vendor, counts or measures
memory differs by product (profiles, 3.2: "permitted test case variations") and is not compared. The case AUTH-M-1 signs with a key
whose private half is not published: its modulus and signature are those of a key that we make, and the signature is verified."""
import ctypes
import os
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree as xml

ULONG = ctypes.c_ulong
OK = 0
NAMES = {
    "CLASS": 0x0, "TOKEN": 0x1, "PRIVATE": 0x2, "LABEL": 0x3, "VALUE": 0x11, "CERTIFICATE_TYPE": 0x80, "SUBJECT": 0x101, "SIGN": 0x108,
    "VERIFY": 0x10A, "MODULUS": 0x120, "MODULUS_BITS": 0x121, "PUBLIC_EXPONENT": 0x122,
}
CLASSES = {"PUBLIC_KEY": 2, "PRIVATE_KEY": 3}
MECHANISMS = {"SHA512": 0x270, "RSA_PKCS_KEY_PAIR_GEN": 0x0, "RSA_PKCS": 0x1, "SHA256_RSA_PKCS": 0x40}
SESSION_FLAGS = {"RW_SESSION": 2, "SERIAL_SESSION": 4}
MECHANISM_FLAGS = {"ENCRYPT": 0x100, "DECRYPT": 0x200, "DIGEST": 0x400, "SIGN": 0x800, "VERIFY": 0x2000, "GENERATE_KEY_PAIR": 0x10000,
                   "WRAP": 0x20000, "UNWRAP": 0x40000}
TOKEN_FLAGS = {"RNG": 1, "LOGIN_REQUIRED": 4, "USER_PIN_INITIALIZED": 8, "RESTORE_KEY_NOT_NEEDED": 0x20, "TOKEN_INITIALIZED": 0x400}
TOKEN_PRESENT = 1
# docs/policy.md: a strict token does not unwrap by CKM_RSA_PKCS, which the case EXT-M-1 has.
HW_FEATURE, POLICY_PROFILE, COMPATIBLE = 5, 0x80004B01, 1
SO_PIN, PIN = b"12345678", b"471100"


class Attribute(ctypes.Structure):
    _fields_ = [("type", ULONG), ("value", ctypes.c_void_p), ("length", ULONG)]


class Mechanism(ctypes.Structure):
    _fields_ = [("type", ULONG), ("parameter", ctypes.c_void_p), ("length", ULONG)]


class MechanismInfo(ctypes.Structure):
    _fields_ = [("least", ULONG), ("most", ULONG), ("flags", ULONG)]


class SlotInfo(ctypes.Structure):
    _fields_ = [("description", ctypes.c_char * 64), ("manufacturer", ctypes.c_char * 32), ("flags", ULONG), ("versions", ctypes.c_ubyte * 4)]


class TokenInfo(ctypes.Structure):
    _fields_ = [("label", ctypes.c_char * 32), ("manufacturer", ctypes.c_char * 32), ("model", ctypes.c_char * 16),
                ("serial", ctypes.c_char * 16), ("flags", ULONG), ("counts", ULONG * 10), ("rest", ctypes.c_char * 20)]


class Info(ctypes.Structure):
    _fields_ = [("version", ctypes.c_ubyte * 2), ("manufacturer", ctypes.c_char * 32), ("flags", ULONG),
                ("description", ctypes.c_char * 32), ("library", ctypes.c_ubyte * 2)]


def number(value):
    return bytes(ULONG(value))


def template(pairs):
    """A CK_ATTRIBUTE array of (type, octets), which keeps its octets alive."""
    made = (Attribute * len(pairs))()
    made.octets = [ctypes.create_string_buffer(value, max(len(value), 1)) for _, value in pairs]
    for slot, octets, (kind, value) in zip(made, made.octets, pairs):
        slot.type, slot.value, slot.length = kind, ctypes.cast(octets, ctypes.c_void_p), len(value)
    return made


class Case:
    def __init__(self, module, known):
        self.module, self.known, self.answer = module, dict(known), None

    def call(self, function, *arguments):
        return getattr(self.module, function)(*arguments)

    # ---- what a request gives

    def resolved(self, text):
        return re.sub(r"\$\{([^}]*)\}", lambda name: str(self.known[name[1]]), text)

    def given(self, request, name):
        return self.resolved(request.find(name).get("value"))

    def handle(self, request, name="Session"):
        return ULONG(int(self.given(request, name)))

    def wanted(self, request):
        return [(NAMES[a.get("type")], a) for a in request.find("Template")]

    # ---- the calls; each leaves its answer for the comparison

    def C_Initialize(self, request):
        return self.call("C_Initialize", None)

    def C_Finalize(self, request):
        return self.call("C_Finalize", None)

    def C_GetInfo(self, request):
        self.answer = Info()
        return self.call("C_GetInfo", ctypes.byref(self.answer))

    def C_GetSlotList(self, request):
        count = ULONG()
        present = 1 if self.given(request, "TokenPresent") == "true" else 0
        if request.find("SlotList").get("length") is None:
            self.answer = {"SlotList.length": count}
            return self.call("C_GetSlotList", present, None, ctypes.byref(count))
        count.value = int(self.resolved(request.find("SlotList").get("length")))
        slots = (ULONG * count.value)()
        rv = self.call("C_GetSlotList", present, slots, ctypes.byref(count))
        self.answer = {f"SlotList.SlotID[{i}]": ULONG(slot) for i, slot in enumerate(slots[:count.value])}
        return rv

    def C_GetSlotInfo(self, request):
        self.answer = SlotInfo()
        return self.call("C_GetSlotInfo", self.handle(request, "SlotID"), ctypes.byref(self.answer))

    def C_GetTokenInfo(self, request):
        self.answer = TokenInfo()
        return self.call("C_GetTokenInfo", self.handle(request, "SlotID"), ctypes.byref(self.answer))

    def C_GetMechanismList(self, request):
        count = ULONG()
        if request.find("MechanismList").get("length") is None:
            rv = self.call("C_GetMechanismList", self.handle(request, "SlotID"), None, ctypes.byref(count))
            self.answer = {"MechanismList.length": count}
            return rv
        count.value = int(self.resolved(request.find("MechanismList").get("length")))
        listed = (ULONG * count.value)()
        rv = self.call("C_GetMechanismList", self.handle(request, "SlotID"), listed, ctypes.byref(count))
        self.answer = set(listed[:count.value])
        return rv

    def C_GetMechanismInfo(self, request):
        self.answer = MechanismInfo()
        return self.call("C_GetMechanismInfo", self.handle(request, "SlotID"), ULONG(MECHANISMS[self.given(request, "Type")]),
                         ctypes.byref(self.answer))

    def C_OpenSession(self, request):
        session = ULONG()
        flags = sum(SESSION_FLAGS[flag] for flag in self.given(request, "Flags").split("|"))
        rv = self.call("C_OpenSession", self.handle(request, "SlotID"), ULONG(flags), None, None, ctypes.byref(session))
        self.answer = {"Session": session}
        return rv

    def C_CloseSession(self, request):
        return self.call("C_CloseSession", self.handle(request))

    def C_CloseAllSessions(self, request):
        return self.call("C_CloseAllSessions", self.handle(request, "SlotID"))

    def C_Login(self, request):
        assert self.given(request, "UserType") == "USER"
        pin = self.given(request, "Pin").encode()
        return self.call("C_Login", self.handle(request), ULONG(1), pin, ULONG(len(pin)))

    def C_Logout(self, request):
        return self.call("C_Logout", self.handle(request))

    def C_FindObjectsInit(self, request):
        octets = {"TOKEN": lambda v: b"\1" if v == "TRUE" else b"\0", "LABEL": str.encode, "CLASS": lambda v: number(CLASSES[v])}
        asked = template([(kind, octets[a.get("type")](a.get("value"))) for kind, a in self.wanted(request)])
        return self.call("C_FindObjectsInit", self.handle(request), asked, ULONG(len(asked)))

    def C_FindObjects(self, request):
        most = int(request.find("Object").get("length"))
        found, count = (ULONG * most)(), ULONG()
        rv = self.call("C_FindObjects", self.handle(request), found, ULONG(most), ctypes.byref(count))
        self.answer = {f"Object.Object[{i}]": ULONG(found[i]) for i in range(count.value)}
        return rv

    def C_FindObjectsFinal(self, request):
        return self.call("C_FindObjectsFinal", self.handle(request))

    def C_GetAttributeValue(self, request):
        asked = template([(kind, bytes(int(a.get("length", 0)))) for kind, a in self.wanted(request)])
        for slot, (_, a) in zip(asked, self.wanted(request)):
            if a.get("length") is None:
                slot.value = None
        self.answer = asked
        return self.call("C_GetAttributeValue", self.handle(request), self.handle(request, "Object"), asked, ULONG(len(asked)))

    def C_SignInit(self, request):
        mechanism = Mechanism(MECHANISMS[request.find("Mechanism/Type").get("value")], None, 0)
        return self.call("C_SignInit", self.handle(request), ctypes.byref(mechanism), self.handle(request, "Key"))

    def C_Sign(self, request):
        data = bytes.fromhex(self.given(request, "Data"))
        room = ULONG(int(request.find("Signature").get("length")))
        signature = ctypes.create_string_buffer(room.value)
        rv = self.call("C_Sign", self.handle(request), data, ULONG(len(data)), signature, ctypes.byref(room))
        self.answer = (data, signature.raw[:room.value])
        return rv

    # ---- the comparison

    def compare(self, function, answer):
        check = getattr(self, "check_" + function, None)
        if check is not None:
            check(answer)
        elif isinstance(self.answer, dict):
            for element in answer.iter():
                for value in (element.get("value"), element.get("length")):
                    if value and value.startswith("${"):
                        name = value[2:-1]
                        if name not in self.answer:
                            raise AssertionError(f"{function} did not give {name}")
                        self.known[name] = self.answer[name].value

    def check_C_GetInfo(self, answer):
        version = answer.find("Info/CryptokiVersion")
        claim(tuple(self.answer.version) == (int(version.get("major")), int(version.get("minor"))), "another version of the standard")

    def check_C_GetSlotInfo(self, answer):
        claim(self.answer.flags & TOKEN_PRESENT, "no token in the slot")

    def check_C_GetTokenInfo(self, answer):
        for flag in answer.find("TokenInfo/Flags").get("value").split("|"):
            if flag != "RESTORE_KEY_NOT_NEEDED":
                claim(self.answer.flags & TOKEN_FLAGS[flag], "the token lacks " + flag)

    def check_C_GetMechanismList(self, answer):
        if isinstance(self.answer, dict):
            self.known["MechanismList.length"] = self.answer["MechanismList.length"].value
            return
        for listed in answer.find("MechanismList"):
            claim(MECHANISMS[listed.get("value")] in self.answer, listed.get("value") + " is not listed")

    def check_C_GetMechanismInfo(self, answer):
        for flag in answer.find("MechanismInfo/Flags").get("value").split("|"):
            claim(self.answer.flags & MECHANISM_FLAGS[flag], "the mechanism is not for " + flag)

    def check_C_GetAttributeValue(self, answer):
        for slot, octets, element in zip(self.answer, self.answer.octets, answer.find("Template")):
            if element.get("length"):
                claim(slot.length == int(element.get("length")), f"{element.get('type')} has {slot.length} octets")
            elif element.get("type") == "LABEL":
                claim(octets.raw[:slot.length].rstrip(b"\0").decode() == element.get("value"), "another label")
            elif element.get("type") == "MODULUS":
                self.known["modulus"] = octets.raw[:slot.length].hex()
                claim(slot.length == len(element.get("value")) // 2, "a modulus of another length")
            else:
                claim(octets.raw[:slot.length].hex() == element.get("value"), "another " + element.get("type"))

    def check_C_Sign(self, answer):
        data, signature = self.answer
        claim(len(signature) == len(answer.find("Signature").get("value")) // 2, "a signature of another length")
        session, mechanism = ULONG(int(self.known["Session"])), Mechanism(MECHANISMS["SHA256_RSA_PKCS"], None, 0)
        public = template([(NAMES["CLASS"], number(CLASSES["PUBLIC_KEY"])), (NAMES["MODULUS"], bytes.fromhex(self.known["modulus"]))])
        key, count = (ULONG * 1)(), ULONG()
        for rv in (self.call("C_FindObjectsInit", session, public, ULONG(2)),
                   self.call("C_FindObjects", session, key, ULONG(1), ctypes.byref(count)), self.call("C_FindObjectsFinal", session),
                   self.call("C_VerifyInit", session, ctypes.byref(mechanism), ULONG(key[0])),
                   self.call("C_Verify", session, data, ULONG(len(data)), signature, ULONG(len(signature)))):
            claim(rv == OK, f"the signature does not verify: {rv:#x}")

    def play(self, steps):
        for request, answer in zip(steps[0::2], steps[1::2]):
            function = request.tag
            claim(answer.tag == function and answer.get("rv") == "OK", "the case is not written as expected")
            rv = getattr(self, function)(request)
            claim(rv == OK, f"{function} answered {rv:#x}")
            self.compare(function, answer)


def claim(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def prepare(module, certificate):
    """A token with what the cases look for: five public objects, the second of them the certificate, and an RSA pair."""
    def must(rv):
        claim(rv == OK, f"the token cannot be prepared: {rv:#x}")
    slot, count, session, mechanism = (ULONG * 1)(), ULONG(1), ULONG(), Mechanism(MECHANISMS["RSA_PKCS_KEY_PAIR_GEN"], None, 0)
    must(module.C_Initialize(None))
    must(module.C_GetSlotList(0, slot, ctypes.byref(count)))
    must(module.C_InitToken(slot[0], SO_PIN, ULONG(len(SO_PIN)), b"token1".ljust(32)))
    must(module.C_OpenSession(slot[0], ULONG(6), None, None, ctypes.byref(session)))
    must(module.C_Login(session, ULONG(0), SO_PIN, ULONG(len(SO_PIN))))
    must(module.C_InitPIN(session, PIN, ULONG(len(PIN))))
    policy, compatible = template([(NAMES["CLASS"], number(HW_FEATURE))]), template([(POLICY_PROFILE, number(COMPATIBLE))])
    found = (ULONG * 1)()
    must(module.C_FindObjectsInit(session, policy, ULONG(1)))
    must(module.C_FindObjects(session, found, ULONG(1), ctypes.byref(count)))
    must(module.C_FindObjectsFinal(session))
    must(module.C_SetAttributeValue(session, ULONG(found[0]), compatible, ULONG(1)))
    must(module.C_Logout(session))
    must(module.C_Login(session, ULONG(1), PIN, ULONG(len(PIN))))
    stored, public, made = (NAMES["TOKEN"], b"\1"), (NAMES["PRIVATE"], b"\0"), ULONG()
    roots = [stored, public, (NAMES["CLASS"], number(0)), (NAMES["LABEL"], b"Mozilla Builtin Roots\0")]
    x509 = [stored, public, (NAMES["CLASS"], number(1)), (NAMES["CERTIFICATE_TYPE"], number(0)), (NAMES["SUBJECT"], b"\x30\x00"),
            (NAMES["VALUE"], certificate)]
    for attributes in (roots, x509, roots, roots, roots):
        must(module.C_CreateObject(session, template(attributes), ULONG(len(attributes)), ctypes.byref(made)))
    of_public = [stored, (NAMES["LABEL"], b"testrsa-pub"), (NAMES["MODULUS_BITS"], number(2048)), (NAMES["VERIFY"], b"\1"),
                 (NAMES["PUBLIC_EXPONENT"], b"\1\0\1")]
    of_private = [stored, (NAMES["LABEL"], b"testrsa-pri"), (NAMES["SIGN"], b"\1")]
    must(module.C_GenerateKeyPair(session, ctypes.byref(mechanism), template(of_public), ULONG(len(of_public)), template(of_private),
                                  ULONG(len(of_private)), ctypes.byref(made), ctypes.byref(ULONG())))
    must(module.C_Finalize(None))


def steps_of(path):
    """Comments stand as text lines beginning with #; they are no elements."""
    return list(xml.parse(path).getroot())


def main(module_path, folder):
    cases = sorted(pathlib.Path(folder).glob("*.xml"))
    if not cases:
        print(f"skipped: no cases in {folder}")
        return 77
    with tempfile.TemporaryDirectory() as work:
        os.environ["KEYMANTLE_STORE"] = os.path.join(work, "store")
        module = ctypes.CDLL(module_path)
        values = [e.get("value") for path in cases for e in xml.parse(path).iter("Attribute") if e.get("type") == "VALUE" and e.get("value")]
        prepare(module, bytes.fromhex(values[0]))
        for path in cases:
            try:
                Case(module, {"Pin": PIN.decode()}).play(steps_of(path))
                print(path.stem, "holds")
            except AssertionError as failed:
                print(f"{path.stem}: {failed}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
