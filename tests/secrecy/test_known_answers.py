"""The algorithms are those of the standards: examples of GB/T 32907 (SM4), GB/T 32905 (SM3), RFC 8998 (SM4-GCM)."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SM3, Hash

from app.core.secrecy import Soft
from app.core.secrecy.keys import id_of

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


def sm3(told: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(told)
    return digest.finalize()


def test_sm4_block():
    assert Cipher(SM4(KEY), ECB()).encryptor().update(KEY).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm3():
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm4_gcm_as_we_use_it(soft: Soft):
    soft._ring.data[id_of(KEY)] = KEY  # type: ignore[index]
    nonce, bound = bytes.fromhex("00001234567800000000abcd"), bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([each]) * 8 for each in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    cipher = soft.encrypt(id_of(KEY), nonce, plain, bound)
    assert cipher.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert soft.decrypt(id_of(KEY), nonce, cipher, bound) == plain


def test_marks_are_hmac_sm3(soft: Soft):
    padded = soft._ring.mark.ljust(64, b"\0")
    inner = sm3(bytes(each ^ 0x36 for each in padded) + b"number|1")
    assert soft.mark(b"number|1") == sm3(bytes(each ^ 0x5C for each in padded) + inner)
