"""What every provider must do: ours, and a cryptographic module's adaptor (here one that keeps its keys to itself)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from app.core import secrecy
from app.core.secrecy import KeyProblem, Provider, Soft, keys, providers


class Module:
    """A stand-in for a module's adaptor: named in KEYS_PROVIDER, made with the folder, which it does not use."""

    def __init__(self, _folder: Path) -> None:
        self._keys: dict[str, bytes] = {}
        self._macs = {name: secrets.token_bytes(32) for name in ("mark", "nonce")}
        self._current = self.rotate()

    def current(self) -> str:
        return self._current

    def encrypt(self, key_id: str, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
        if key_id not in self._keys:
            raise KeyProblem(key_id)
        made = Cipher(SM4(self._keys[key_id]), GCM(nonce)).encryptor()
        made.authenticate_additional_data(bound_to)
        return made.update(plain) + made.finalize() + made.tag

    def decrypt(self, key_id: str, nonce: bytes, cipher: bytes, bound_to: bytes) -> bytes | None:
        if key_id not in self._keys:
            raise KeyProblem(key_id)
        try:
            opener = Cipher(SM4(self._keys[key_id]), GCM(nonce, cipher[-16:])).decryptor()
            opener.authenticate_additional_data(bound_to)
            return opener.update(cipher[:-16]) + opener.finalize()
        except Exception:
            return None

    def _mac(self, name: str, told: bytes) -> bytes:
        made = HMAC(self._macs[name], SM3())
        made.update(told)
        return made.finalize()

    def mark(self, told: bytes) -> bytes:
        return self._mac("mark", told)

    def nonce(self, told: bytes) -> bytes:
        return self._mac("nonce", told)

    def rotate(self) -> str:
        self._current = f"k{secrets.token_hex(4)}"
        self._keys[self._current] = secrets.token_bytes(16)
        return self._current


@pytest.fixture(params=[Soft, Module])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Provider:
    return request.param(tmp_path / "keys")


def test_what_is_encrypted_is_decrypted_by_its_own_key_nonce_and_place_only(made: Provider):
    first = made.current()
    cipher = made.encrypt(first, b"n" * 12, "王".encode(), b"t|c|1")
    assert made.decrypt(first, b"n" * 12, cipher, b"t|c|1") == "王".encode()
    assert made.decrypt(first, b"m" * 12, cipher, b"t|c|1") is None
    assert made.decrypt(first, b"n" * 12, cipher, b"t|c|2") is None
    assert made.decrypt(first, b"n" * 12, bytes([cipher[0] ^ 1]) + cipher[1:], b"t|c|1") is None
    assert made.decrypt(first, b"n" * 12, b"", b"t|c|1") is None
    second = made.rotate()
    assert second != first and made.current() == second
    assert made.decrypt(second, b"n" * 12, cipher, b"t|c|1") is None
    assert made.decrypt(first, b"n" * 12, cipher, b"t|c|1") == "王".encode(), "earlier keys open what they sealed"
    with pytest.raises(KeyProblem):
        made.decrypt("k00000000", b"n" * 12, cipher, b"t|c|1")
    with pytest.raises(KeyProblem):
        made.encrypt("k00000000", b"n" * 12, b"", b"")


def test_macs_are_each_their_own_and_stay(made: Provider):
    before = made.mark(b"x"), made.nonce(b"x")
    assert len(before[0]) == len(before[1]) == 32 and before[0] != before[1]
    made.rotate()
    assert (made.mark(b"x"), made.nonce(b"x")) == before, "marks outlive the keys that seal"
    assert made.mark(b"y") != before[0]


def test_a_configured_provider_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEYS_PROVIDER", f"{Module.__module__}:Module")
    monkeypatch.setitem(
        __import__("sys").modules, Module.__module__, __import__("types").SimpleNamespace(Module=Module)
    )
    monkeypatch.setattr(providers, "_used", None)
    monkeypatch.setattr(providers, "_folder", tmp_path)
    assert isinstance(secrecy.provider(), Module)


# -- the folder of keys ----------------------------------------------------------------------------------------------


def test_keys_are_ours_alone_and_made_once(tmp_path: Path):
    folder = tmp_path / "keys"
    first = keys.load(folder)
    assert keys.load(folder) == first
    assert folder.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert not list(folder.glob(".*")), "nothing half written is left"


def test_keys_that_others_can_read_are_refused(tmp_path: Path):
    folder = tmp_path / "keys"
    keys.load(folder)
    (folder / "mark.key").chmod(0o640)
    with pytest.raises(KeyProblem, match="chmod 600"):
        keys.load(folder)


def test_another_key_under_an_old_name_is_noticed(tmp_path: Path):
    folder = tmp_path / "keys"
    ring = keys.load(folder)
    path = folder / f"data-{ring.current}.key"
    path.write_text(secrets.token_hex(16))
    with pytest.raises(KeyProblem, match="not the key it was"):
        keys.load(folder)
    path.unlink()
    with pytest.raises(KeyProblem, match="missing"):
        keys.load(folder)


def test_another_process_notices_a_new_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one, other = Soft(tmp_path / "keys"), Soft(tmp_path / "keys")
    first = other.current()
    second = one.rotate()
    cipher = one.encrypt(second, b"n" * 12, b"x", b"")
    assert other.decrypt(second, b"n" * 12, cipher, b"") == b"x", "an unknown key is looked for"
    os.utime(tmp_path / "keys" / "current", ns=(1, 1))
    other._seen_at -= 10
    assert other.current() == second != first
