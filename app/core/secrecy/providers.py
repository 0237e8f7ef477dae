"""Who does the work with the keys: ``Soft`` in this process; a cryptographic module (HSM) by the same few methods.

An office that has a certified module (GB/T 37092 level 2) writes a class with the methods of ``Provider`` and names it
in KEYS_PROVIDER (``package.module:Class``); tests/secrecy/test_contract.py says what it must do.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from app.core.secrecy import keys
from app.core.secrecy.keys import KeyProblem

TAG_BYTES = 16
#: Seconds until a process notices that another one has made a new key the current one.
NOTICED_AFTER = 1.0
#: Marks remembered: an import asks for the same ones again.
_REMEMBERED = 20_000


class Provider(Protocol):
    """What sealing needs. Keys never leave it."""

    def current(self) -> str:
        """The id of the key that seals now."""

    def encrypt(self, key_id: str, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
        """SM4-GCM: the cipher text with its tag. Raises KeyProblem for an unknown key."""

    def decrypt(self, key_id: str, nonce: bytes, cipher: bytes, bound_to: bytes) -> bytes | None:
        """The plain bytes; ``None`` when key, nonce, cipher or what it is bound to is another."""

    def nonce(self, told: bytes) -> bytes:
        """HMAC-SM3 under the nonce key."""

    def mark(self, told: bytes) -> bytes:
        """HMAC-SM3 under the mark key."""

    def rotate(self) -> str:
        """A new data key is the current one; returns its id."""


class Soft:
    """The keys of a folder, used by OpenSSL in this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read()
        self.mark: Callable[[bytes], bytes] = lru_cache(_REMEMBERED)(self._mark_anew)

    def _read(self) -> None:
        keys.load(self._folder)  # makes what is missing
        # What changes while we read is read again at the next look.
        self._seen_at, self._changed_at = time.monotonic(), keys.changed_at(self._folder)
        self._ring = keys.load(self._folder)
        self._macs = {name: HMAC(key, SM3()) for name, key in (("m", self._ring.mark), ("n", self._ring.nonce))}

    def current(self) -> str:
        """The id of the key that seals now; what another process decided is noticed within ``NOTICED_AFTER``."""
        now = time.monotonic()
        if now - self._seen_at > NOTICED_AFTER:
            self._seen_at = now
            if keys.changed_at(self._folder) != self._changed_at:
                self._read()
        return self._ring.current

    def _key(self, key_id: str) -> bytes:
        if key_id not in self._ring.data:
            self._read()
        if key_id not in self._ring.data:
            raise KeyProblem(f"the key {key_id} is not in {self._folder}")
        return self._ring.data[key_id]

    def encrypt(self, key_id: str, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
        """SM4-GCM: the cipher text with its tag."""
        encryptor = Cipher(SM4(self._key(key_id)), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound_to)
        return encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def decrypt(self, key_id: str, nonce: bytes, cipher: bytes, bound_to: bytes) -> bytes | None:
        """The plain bytes; ``None`` when anything about them is another."""
        try:
            opener = Cipher(SM4(self._key(key_id)), GCM(nonce, cipher[-TAG_BYTES:])).decryptor()
            opener.authenticate_additional_data(bound_to)
            return opener.update(cipher[:-TAG_BYTES]) + opener.finalize()
        except (InvalidTag, ValueError):
            return None

    def nonce(self, told: bytes) -> bytes:
        """HMAC-SM3 under the nonce key."""
        return self._mac("n", told)

    def _mark_anew(self, told: bytes) -> bytes:
        return self._mac("m", told)

    def _mac(self, name: str, told: bytes) -> bytes:
        mac = self._macs[name].copy()
        mac.update(told)
        return mac.finalize()

    def rotate(self) -> str:
        """A new data key is the current one."""
        keys.add(self._folder)
        self._read()
        return self._ring.current


_folder: Path | None = None
_used: Provider | None = None


def keep_keys_in(folder: Path) -> None:
    """The keys are those of that folder from now on; they are read (or made) when one is needed."""
    global _folder, _used
    if folder != _folder:
        _folder, _used = folder, None


def use(provider_: Provider | None) -> None:
    """That provider does the work from now on; ``None``: the one that is configured."""
    global _used
    _used = provider_


def provider() -> Provider:
    """Who does the work."""
    global _used
    if _used is None:
        if _folder is None:
            raise KeyProblem("nobody has said where the keys are")
        named = os.environ.get("KEYS_PROVIDER", "soft")
        _used = Soft(_folder) if named == "soft" else _made(named, _folder)
    return _used


def _made(named: str, folder: Path) -> Provider:
    module, _, name = named.partition(":")
    made: Provider = getattr(importlib.import_module(module), name)(folder)
    return made
