"""The keys as files of one folder, each readable by us alone; made at first need, never removed by us.

``data-<id>.key`` are the keys that seal, ``current`` names the one that seals now, ``mark.key`` makes marks and
``nonce.key`` nonces. The id of a key is taken from the key itself, so that a lost folder that was made anew is noticed:
its keys have other ids. Whoever loses this folder loses what it sealed: it belongs into the backup, but never beside
the backup of the database.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SM3, Hash

#: SM4 has keys of 128 bits; HMAC-SM3 is given as many as its digest has.
_DATA_BYTES, _MAC_BYTES = 16, 32
_CURRENT = "current"


class KeyProblem(RuntimeError):
    """The keys are not there, or not ours alone."""


@dataclass(frozen=True)
class Ring:
    """Every key of a folder, as it was when it was read."""

    data: Mapping[str, bytes]
    current: str
    mark: bytes
    nonce: bytes


def id_of(key: bytes) -> str:
    """The id of a data key: nobody learns the key from it, and another key has another."""
    digest = Hash(SM3())
    digest.update(b"id|" + key)
    return f"k{digest.finalize().hex()[:8]}"


def load(folder: Path) -> Ring:
    """The keys of the folder; those that are missing are made. Raises KeyProblem when others can read them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / _CURRENT).exists():
        _keep(folder / _CURRENT, _new_data_key(folder))
    mark, nonce = (_kept(folder / f"{name}.key", _MAC_BYTES) for name in ("mark", "nonce"))
    data = {path.stem.removeprefix("data-"): _read(path) for path in sorted(folder.glob("data-*.key"))}
    for key_id, key in data.items():
        if id_of(key) != key_id:
            raise KeyProblem(f"{folder}/data-{key_id}.key is not the key it was: its id would be {id_of(key)}")
    current = (folder / _CURRENT).read_text().strip()
    if current not in data:
        raise KeyProblem(f"{folder}: the current key {current} is missing")
    return Ring(data, current, mark, nonce)


def add(folder: Path) -> str:
    """A new data key is the current one. Returns its id; the earlier ones stay, and open what they sealed."""
    load(folder)
    key_id = _new_data_key(folder)
    partial = _write(folder / _CURRENT, key_id)
    partial.replace(folder / _CURRENT)
    return key_id


def changed_at(folder: Path) -> int:
    """A number that changes when another key becomes the current one."""
    return (folder / _CURRENT).stat().st_mtime_ns


def _new_data_key(folder: Path) -> str:
    key = secrets.token_bytes(_DATA_BYTES)
    key_id = id_of(key)
    _keep(folder / f"data-{key_id}.key", key.hex())
    return key_id


def _kept(path: Path, size: int) -> bytes:
    if not path.exists():
        _keep(path, secrets.token_hex(size))
    return _read(path)


def _keep(path: Path, text: str) -> None:
    """The file holds the text, unless another process was first: then that one's text stands."""
    partial = _write(path, text)
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def _write(path: Path, text: str) -> Path:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return partial


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise KeyProblem(f"{path} can be read by others than its owner: chmod 600 {path}")
    return bytes.fromhex(path.read_text().strip())
