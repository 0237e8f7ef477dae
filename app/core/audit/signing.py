"""Who signs seals: Ed25519 with a key in a file outside of the database, or what an office puts in its place.

Another way to sign (SM2 in a UKey or an HSM) is a class with the interface of ``Signer``, named by the setting
AUDIT_SIGNER as ``package.module:function``; the function takes the folder of the keys.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Signer(Protocol):
    """Signs, and checks what it or its like has signed."""

    #: A short name of the public key.
    key: str

    def sign(self, body: bytes) -> str:
        """The signature, as ``name-of-the-way:base64``."""

    def verify(self, body: bytes, signature: str) -> bool:
        """True when the holder of this key has signed exactly that."""


class Ed25519:
    """Signs with the key in a file, or checks only, when there is but the public part."""

    def __init__(self, public: Ed25519PublicKey, private: Ed25519PrivateKey | None = None) -> None:
        self._public, self._private = public, private
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.key = "ed25519:" + hashlib.sha256(raw).hexdigest()[:16]

    def sign(self, body: bytes) -> str:
        """The signature, as ``ed25519:base64``."""
        if self._private is None:
            raise PermissionError("only the public part of the signing key is here")
        return "ed25519:" + base64.b64encode(self._private.sign(body)).decode()

    def verify(self, body: bytes, signature: str) -> bool:
        """True when the holder of this key has signed exactly that."""
        way, _, given = signature.partition(":")
        try:
            self._public.verify(base64.b64decode(given, validate=True), body)
        except (InvalidSignature, ValueError):
            return False
        return way == "ed25519"


def signer(key: Path, public: Path) -> Signer:
    """Who signs; a key is made at first need, for our eyes only, and its public part is left for everybody."""
    if chosen := os.environ.get("AUDIT_SIGNER"):
        return _chosen(chosen, key.parent)
    if not key.exists():
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(key, _pem(Ed25519PrivateKey.generate()), 0o600)
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"{key} holds no Ed25519 key")
    public.parent.mkdir(parents=True, exist_ok=True)
    told = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if not public.exists() or public.read_bytes() != told:
        public.write_bytes(told)
    return Ed25519(private.public_key(), private)


def checker(public: Path) -> Signer:
    """Who checks signatures, from the public part alone."""
    if chosen := os.environ.get("AUDIT_SIGNER"):
        return _chosen(chosen, public.parent)
    loaded = serialization.load_pem_public_key(public.read_bytes())
    if not isinstance(loaded, Ed25519PublicKey):
        raise TypeError(f"{public} holds no Ed25519 key")
    return Ed25519(loaded)


def _chosen(name: str, folder: Path) -> Signer:
    module, _, function = name.partition(":")
    made: Signer = getattr(importlib.import_module(module), function)(folder)
    return made


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)
