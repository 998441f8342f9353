"""The development signing key of the embedded server: what `molam token` signs with and the service trusts.

It exists for working on one machine. A service with a database URL or an issuer of its own never trusts it.
What signs is imported where it is used: `molam worker` has this module, too, and would be 10 MB larger.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ISSUER = "molam-local"
AUDIENCE = "molam-connect"
_KEY_ID = "molam-local"
_SUBJECT = "developer"
_ROLE = "owner"
_LIFETIME_SECONDS = 12 * 3600


class LocalIdentity:
    """The key pair in a data folder, made at first use.

    Parameters: `data_dir`, which must exist.
    Errors: OSError when the folder can't be written.
    """

    def __init__(self, data_dir: Path) -> None:
        self._private_key = _load_or_create(data_dir / "signing_key.pem")

    def public_key(self) -> str:
        """The public key as PEM text, for MOLAM_JWT_PUBLIC_KEY."""
        from cryptography.hazmat.primitives import serialization

        pem = self._private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return pem.decode()

    def token(self, merchant_id: UUID) -> str:
        """An RS256 token of an owner of that merchant, valid for 12 hours."""
        import jwt

        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": _SUBJECT,
            "merchant_id": str(merchant_id),
            "role": _ROLE,
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self._private_key, algorithm="RS256", headers={"kid": _KEY_ID})


def _load_or_create(path: Path) -> "RSAPrivateKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not path.exists():
        _create(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _create(path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Whole or not at all, and the first of two processes wins: link() refuses a name that is taken.
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
