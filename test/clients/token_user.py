"""Uses a token through PyKCS11 as applications do: token_user.py MODULE PIN. Ends with 1 on the first surprise."""

import sys
import threading

import PyKCS11

MESSAGE = b"a message of no importance"


def claim(holds, sentence):
    if not holds:
        raise AssertionError(sentence)
    print(" ", sentence)


def refused(rv, sentence, call, *arguments):
    try:
        call(*arguments)
    except PyKCS11.PyKCS11Error as error:
        return claim(error.value == rv, sentence)
    claim(False, sentence)


def pair(session, mechanism, public, private):
    common = [(PyKCS11.CKA_TOKEN, True), (PyKCS11.CKA_ID, b"\x07"), (PyKCS11.CKA_LABEL, "python")]
    return session.generateKeyPair(common + public, common + private, mecha=PyKCS11.Mechanism(mechanism, None))


def signs(session, key, public, mechanism, sentence):
    signature = session.sign(key, MESSAGE, mechanism)
    claim(session.verify(public, MESSAGE, signature, mechanism), sentence)
    claim(not session.verify(public, MESSAGE + b"!", signature, mechanism), sentence + ", and no other message does")


def main(path, pin):
    library = PyKCS11.PyKCS11Lib()
    library.load(path)
    slot = next(s for s in library.getSlotList(tokenPresent=True) if library.getTokenInfo(s).label.strip() == "clients")
    # getMechanismList() of PyKCS11 1.5.12 ends with KeyError at the first number that it has no name for; the call below it does not.
    numbers = PyKCS11.LowLevel.ckintlist()
    claim(library.lib.C_GetMechanismList(slot, numbers) == PyKCS11.CKR_OK and PyKCS11.CKM_RSA_PKCS in list(numbers), "the mechanisms are listed")
    session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
    refused(PyKCS11.CKR_PIN_INCORRECT, "a wrong PIN is refused", session.login, "999999")
    session.login(pin)
    refused(PyKCS11.CKR_USER_ALREADY_LOGGED_IN, "a second login is refused", session.login, pin)

    public, private = pair(session, PyKCS11.CKM_RSA_PKCS_KEY_PAIR_GEN,
                           [(PyKCS11.CKA_MODULUS_BITS, 2048), (PyKCS11.CKA_PUBLIC_EXPONENT, (1, 0, 1)), (PyKCS11.CKA_VERIFY, True), (PyKCS11.CKA_ENCRYPT, False)],
                           [(PyKCS11.CKA_SIGN, True), (PyKCS11.CKA_DECRYPT, False)])
    signs(session, private, public, PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None), "an RSA signature verifies")
    signs(session, private, public, PyKCS11.RSA_PSS_Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS_PSS, PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256, 32),
          "an RSA-PSS signature verifies")
    refused(PyKCS11.CKR_ATTRIBUTE_SENSITIVE, "the private exponent stays inside", lambda: strict(session, private, PyKCS11.CKA_PRIVATE_EXPONENT))

    opening, closing = pair(session, PyKCS11.CKM_RSA_PKCS_KEY_PAIR_GEN,
                            [(PyKCS11.CKA_MODULUS_BITS, 2048), (PyKCS11.CKA_PUBLIC_EXPONENT, (1, 0, 1)), (PyKCS11.CKA_ENCRYPT, True), (PyKCS11.CKA_VERIFY, False)],
                            [(PyKCS11.CKA_DECRYPT, True), (PyKCS11.CKA_SIGN, False)])
    oaep = PyKCS11.RSAOAEPMechanism(PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256)
    claim(bytes(session.decrypt(closing, session.encrypt(opening, MESSAGE, oaep), oaep)) == MESSAGE, "OAEP opens what it sealed")

    p256 = bytes.fromhex("06082a8648ce3d030107")
    public, private = pair(session, PyKCS11.CKM_EC_KEY_PAIR_GEN, [(PyKCS11.CKA_EC_PARAMS, p256), (PyKCS11.CKA_VERIFY, True)], [(PyKCS11.CKA_SIGN, True)])
    signs(session, private, public, PyKCS11.Mechanism(PyKCS11.CKM_ECDSA_SHA256, None), "an ECDSA signature verifies")

    aes = session.generateKey([(PyKCS11.CKA_CLASS, PyKCS11.CKO_SECRET_KEY), (PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_AES), (PyKCS11.CKA_VALUE_LEN, 32), (PyKCS11.CKA_TOKEN, True),
                               (PyKCS11.CKA_ENCRYPT, True), (PyKCS11.CKA_DECRYPT, True), (PyKCS11.CKA_LABEL, "aes")],
                              mecha=PyKCS11.Mechanism(PyKCS11.CKM_AES_KEY_GEN, None))
    cbc = PyKCS11.Mechanism(PyKCS11.CKM_AES_CBC_PAD, bytes(16))
    claim(bytes(session.decrypt(aes, session.encrypt(aes, MESSAGE, cbc), cbc)) == MESSAGE, "AES-CBC opens what it sealed")
    gcm = PyKCS11.AES_GCM_Mechanism(bytes(12), b"with this", 128)
    claim(bytes(session.decrypt(aes, session.encrypt(aes, MESSAGE, gcm), gcm)) == MESSAGE, "AES-GCM opens what it sealed")

    found = session.findObjects([(PyKCS11.CKA_LABEL, "python"), (PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])
    claim(len(found) == 3, "all three private keys are found by their label")
    claim(bytes(session.digest(MESSAGE, PyKCS11.Mechanism(PyKCS11.CKM_SHA256, None))) == __import__("hashlib").sha256(MESSAGE).digest(),
          "a digest is right")
    threads(library, slot, private, public)
    session.destroyObject(aes)
    claim(session.findObjects([(PyKCS11.CKA_LABEL, "aes")]) == [], "what was destroyed is not found")
    session.logout()
    claim(session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)]) == [], "after the logout private keys are not found")
    session.closeSession()


def strict(session, key, attribute):
    """getAttributeValue gives None for what is refused; this raises."""
    if session.getAttributeValue(key, [attribute])[0] is None:
        raise PyKCS11.PyKCS11Error(PyKCS11.CKR_ATTRIBUTE_SENSITIVE)


def threads(library, slot, private, public):
    wrong = []

    def work():
        own = library.openSession(slot)
        mechanism = PyKCS11.Mechanism(PyKCS11.CKM_ECDSA_SHA256, None)
        for _ in range(25):
            if not own.verify(public, MESSAGE, own.sign(private, MESSAGE, mechanism), mechanism):
                wrong.append(1)
        own.closeSession()

    running = [threading.Thread(target=work) for _ in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    claim(not wrong, "100 signatures from 4 threads verify")


main(sys.argv[1], sys.argv[2])
