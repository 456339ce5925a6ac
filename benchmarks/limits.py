"""What no card can go under: the bare signatures of `cryptography`, keys ready, nothing around them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ES256 = ec.ECDSA(hashes.SHA256())
_LONGEST_S = 10.0


class BareP256:
    """Two keys, a message of a card's length and one of a proof's, and their signatures."""

    def __init__(self) -> None:
        self.issuer = ec.generate_private_key(ec.SECP256R1())
        self._holder = ec.generate_private_key(ec.SECP256R1())
        self._card, self._proof = bytes(range(256)), bytes(69)
        self._checks = (
            (self.issuer.public_key(), self.issuer.sign(self._card, _ES256), self._card),
            (self._holder.public_key(), self._holder.sign(self._proof, _ES256), self._proof),
        )

    def verify_two(self, times: int) -> Callable[[], None]:
        """Work that verifies both signatures `times` times."""

        def work() -> None:
            for _ in range(times):
                for key, signature, message in self._checks:
                    key.verify(signature, message, _ES256)

        return work

    def verify_two_with_a_new_key(self, times: int) -> Callable[[], None]:
        """The same, the holder's key decoded from its point each time, as every card brings one."""
        (key, signature, message), (holder, proof, proven) = self._checks
        point = holder.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

        def work() -> None:
            for _ in range(times):
                key.verify(signature, message, _ES256)
                new = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
                new.verify(proof, proven, _ES256)

        return work

    def sign_one(self, times: int) -> Callable[[], None]:
        """Work that signs a card's bytes `times` times."""

        def work() -> None:
            for _ in range(times):
                self.issuer.sign(self._card, _ES256)

        return work


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Another process doing the same all the while: what is measured then has a loaded machine around it.

    Two busy processors are slower, each, than one; work measured under load needs its limit measured so.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.limits"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        yield
    finally:
        process.kill()
        process.communicate()


def _keep_busy() -> None:
    work = BareP256().verify_two(100)
    print("busy", flush=True)
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until:
        work()


if __name__ == "__main__":
    _keep_busy()
