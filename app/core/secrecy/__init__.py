"""Values that only some may read: sealed under a key that the database never sees, known again by a keyed mark.

GB/T 39786-2021 (level 3) 8.4 e and g want important data confidential and whole where they are stored; SM4-GCM (GB/T
32907, GB/T 36624) gives both, HMAC-SM3 (GB/T 32905, GB/T 15852.2) the mark. Knows no table and no page.
"""

from app.core.secrecy import sealed, texts
from app.core.secrecy.keys import KeyProblem
from app.core.secrecy.providers import Provider, Soft, keep_keys_in, provider, use
from app.core.secrecy.sealed import SealBroken, Sealed, SealedText, Shown, is_sealed, key_id_of, mark, reveal, seal
from app.core.secrecy.texts import (
    KEPT_TEXTS,
    also_sealed,
    fingerprint,
    open_bytes,
    open_text,
    reseal_within,
    seal_bytes,
    seal_text,
)

__all__ = [
    "KEPT_TEXTS",
    "KeyProblem",
    "Provider",
    "SealBroken",
    "Sealed",
    "SealedText",
    "Shown",
    "Soft",
    "also_sealed",
    "fingerprint",
    "is_sealed",
    "keep_keys_in",
    "key_id_of",
    "mark",
    "open_bytes",
    "open_text",
    "provider",
    "reseal_within",
    "reveal",
    "seal",
    "seal_bytes",
    "seal_text",
    "sealed",
    "texts",
    "use",
]
