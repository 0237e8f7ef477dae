#!/usr/bin/env python3
"""核验一条审计日志 / check one entry of the audit log, without the system that made it.

    python3 verify_record.py proof.json --anchor anchor.jsonl --key audit-sign.pub

What it proves: the entry in proof.json stood, exactly so, under a seal, and the anchor file that you hold (or were
given at the time) has that seal. Standard library only. The signature is checked too where the package `cryptography`
is installed and --key is given; otherwise the last line says that it was not. Exit status: 0 proven, 1 not.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

MASK = 0xFFFFFFFF


def _turn(x: int, n: int) -> int:
    n %= 32
    return ((x << n) | (x >> (32 - n))) & MASK


def sm3(message: bytes) -> bytes:
    """SM3 (GB/T 32905-2016), for a Python whose hashlib has none."""
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = message + b"\x80" + b"\0" * (-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + i : start + i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ _turn(w[j - 3], 15)
            w.append(x ^ _turn(x, 15) ^ _turn(x, 23) ^ _turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            t = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = _turn((_turn(a, 12) + e + _turn(t, j)) & MASK, 7)
            ss2 = ss1 ^ _turn(a, 12)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
            tt1, tt2 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & MASK, (gg + h + ss1 + w[j]) & MASK
            a, b, c, d = tt1, a, _turn(b, 9), c
            e, f, g, h = tt2 ^ _turn(tt2, 9) ^ _turn(tt2, 17), e, _turn(f, 19), g
        v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]  # noqa: B905 - runs on old Pythons too
    return b"".join(x.to_bytes(4, "big") for x in v)


def digest(alg: str, given: bytes) -> bytes:
    """The hash of the seal's kind."""
    if alg == "sha256":
        return hashlib.sha256(given).digest()
    if alg == "sm3":
        return hashlib.new("sm3", given).digest() if "sm3" in hashlib.algorithms_available else sm3(given)
    raise SystemExit(f"unknown hash {alg!r}")


def root_of(alg: str, line: bytes, path: list) -> str:
    """The root to which the path leads from the entry: a leaf is H(0, entry), a node H(1, left, right) (RFC 6962)."""
    found = digest(alg, b"\0" + line)
    for side, step in path:
        other = bytes.fromhex(step)
        found = digest(alg, b"\1" + (other + found if side == "left" else found + other))
    return found.hex()


def anchored(anchor: Path, number: int) -> list:
    """Every line of the anchor file that names this seal."""
    lines = (json.loads(line) for line in anchor.read_text(encoding="utf-8").splitlines() if line.strip())
    return [each for each in lines if each.get("no") == number]


def signature(seal: dict, given: str, key: Path) -> str:
    """What became of the check of the signature: an empty text when it is right."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        return "NOT CHECKED, the package cryptography is not installed / 未核验签名：没有安装 cryptography"
    body = json.dumps(seal, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    way, _, value = given.partition(":")
    if way != "ed25519":
        return f"NOT CHECKED, signed by another way ({way}) / 未核验签名：签名方式为 {way}"
    try:
        load_pem_public_key(key.read_bytes()).verify(base64.b64decode(value), body)
    except InvalidSignature:
        return "WRONG / 签名不对"
    return ""


def main() -> int:
    """Tell what holds and what does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proof", type=Path)
    parser.add_argument("--anchor", type=Path, required=True, help="the anchor file (anchor.jsonl)")
    parser.add_argument("--key", type=Path, help="the public key of the seals (audit-sign.pub)")
    given = parser.parse_args()
    proof = json.loads(given.proof.read_text(encoding="utf-8"))
    seal, line, failed = proof["seal"], proof["line"].encode(), 0
    columns = line.decode().rstrip("\n").split("\t")
    print("entry / 日志:", *(f"  {value}" for value in columns), sep="\n")

    def tell(what: str, wrong: str) -> None:
        nonlocal failed
        failed += bool(wrong)
        print(f"{'WRONG' if wrong else 'ok':<6}{what}{': ' + wrong if wrong else ''}")

    right = root_of(seal["alg"], line, proof["path"]) == seal["root"]
    tell(
        f"entry under seal {seal['no']} of {seal['at']} / 在第 {seal['no']} 号封存之下",
        "" if right else "the root differs / 根不符",
    )
    found = anchored(given.anchor, seal["no"])
    same = bool(found) and all(each == {**seal, "sig": proof["sig"]} for each in found)
    tell(
        "seal in the anchor / 封存在锚点中",
        "" if same else "it is not, or differs / 没有或不同" if found else "no such seal / 没有这一号",
    )
    if given.key is None:
        print("      signature NOT CHECKED: give --key / 未核验签名：请用 --key 指定公钥")
    else:
        told = signature(seal, proof["sig"], given.key)
        if told.startswith("NOT"):
            print(f"      signature {told}")
        else:
            tell("signature / 签名", told)
    print("PROVEN / 核验通过" if not failed else "NOT PROVEN / 核验不通过")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
