"""Keys: each environment has its own pair, and none is ever read in another's place."""

from pathlib import Path

import pytest
from Crypto.PublicKey import ECC, RSA

from callboard.actors.adapters.binance.credentials import KeyKind
from callboard.actors.adapters.binance.environment import Environment
from callboard.actors.adapters.binance.keys import PREFIXES, read_credentials
from callboard.actors.errors import ConfigurationError

CANARY = "c4n4ry" * 4
KEYED = tuple(PREFIXES)


def _pair(prefix: str, key: str = "the-key", secret: str = CANARY) -> dict[str, str]:
    return {f"{prefix}_KEY": key, f"{prefix}_SECRET": secret}


def _faults(environ: dict[str, str], environment: Environment = Environment.DEMO) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read_credentials(environment, environ)
    assert CANARY not in str(raised.value)
    assert CANARY not in repr(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("environment", KEYED)
def test_an_environment_takes_its_own_pair(environment: Environment) -> None:
    environ: dict[str, str] = {}
    for each, prefix in PREFIXES.items():
        environ |= _pair(prefix, f"key-of-{each}", f"secret-of-{each}")

    credentials = read_credentials(environment, environ)

    assert f"key-of-{environment}" == credentials.api_key.reveal()
    assert f"secret-of-{environment}" == credentials.secret.reveal()
    assert KeyKind.HMAC is credentials.kind
    assert str(environment) not in repr(credentials)


@pytest.mark.parametrize("environment", KEYED)
def test_a_missing_pair_is_named_and_another_environments_is_not_used(
    environment: Environment,
) -> None:
    own = PREFIXES[environment]
    other, prefix = next(each for each in PREFIXES.items() if each[0] is not environment)

    faults = _faults(_pair(prefix), environment)

    for kind in ("KEY", "SECRET"):
        missing = f"{own}_{kind}: is missing; set it or {own}_{kind}_FILE"
        assert f"{missing} ({prefix}_{kind} is set, but its keys are for {other} alone)" in faults


def test_half_a_pair_names_the_other_half_alone() -> None:
    faults = _faults({"BINANCE_DEMO_API_KEY": CANARY})

    assert "BINANCE_DEMO_API_SECRET: is missing; set it or BINANCE_DEMO_API_SECRET_FILE" in faults
    assert "BINANCE_DEMO_API_KEY:" not in faults


def test_loopback_has_no_keys() -> None:
    with pytest.raises(ValueError, match="loopback has no keys"):
        read_credentials(Environment.LOOPBACK, _pair("BINANCE_API"))


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        (_pair("BINANCE_DEMO_API", key="two words"), "BINANCE_DEMO_API_KEY: is no API key"),
        (_pair("BINANCE_DEMO_API", key="a\nb"), "BINANCE_DEMO_API_KEY: is no API key"),
        (_pair("BINANCE_DEMO_API", key="k" * 300), "BINANCE_DEMO_API_KEY: is no API key"),
        (_pair("BINANCE_DEMO_API", secret=f"{CANARY} b"), "BINANCE_DEMO_API_SECRET: holds blanks"),
        (_pair("BINANCE_DEMO_API", key=CANARY), "is the same text as BINANCE_DEMO_API_KEY"),
        (
            {**_pair("BINANCE_DEMO_API"), "BINANCE_API_KEY": "the-key"},
            "is the key of live, too (BINANCE_API_KEY); no key is of both",
        ),
        (
            _pair("BINANCE_DEMO_API", secret=f"-----BEGIN PRIVATE KEY-----\n{CANARY}"),
            "is a PEM that holds no private key of Ed25519 or RSA (or wants a passphrase)",
        ),
    ],
)
def test_a_pair_that_cannot_be_used_is_told_without_showing_it(
    environ: dict[str, str], fault: str
) -> None:
    assert fault in _faults(environ)


def test_every_fault_is_told_at_once() -> None:
    faults = _faults({"BINANCE_DEMO_API_KEY": "", "BINANCE_DEMO_API_SECRET_FILE": "/nowhere"})

    assert "BINANCE_DEMO_API_KEY: is empty" in faults
    assert "BINANCE_DEMO_API_SECRET_FILE: cannot be read: FileNotFoundError" in faults


def test_private_keys_come_from_files_with_their_passphrase(tmp_path: Path) -> None:
    pem = ECC.generate(curve="Ed25519").export_key(
        format="PEM",
        passphrase="open",
        use_pkcs8=True,
        protection="PBKDF2WithHMAC-SHA512AndAES256-CBC",
        prot_params={"iteration_count": 1_000},
    )
    file = tmp_path / "key.pem"
    file.write_text(pem)
    file.chmod(0o600)
    environ = {
        "BINANCE_DEMO_API_KEY": "the-key",
        "BINANCE_DEMO_API_SECRET_FILE": str(file),
        "BINANCE_DEMO_API_SECRET_PASSPHRASE": "open",
    }

    credentials = read_credentials(Environment.DEMO, environ)

    assert KeyKind.PRIVATE_KEY is credentials.kind
    assert credentials.passphrase is not None
    environ["BINANCE_DEMO_API_SECRET_PASSPHRASE"] = "shut"
    assert "(or wants another passphrase)" in _faults(environ)


def _rsa() -> RSA.RsaKey:
    """Return a key of two known primes: one that is drawn takes a second."""
    p, q = 2**521 - 1, 2**607 - 1
    exponent = 65_537
    return RSA.construct((p * q, exponent, pow(exponent, -1, (p - 1) * (q - 1)), p, q))


def test_ed25519_and_rsa_are_taken_and_other_keys_are_not() -> None:
    edwards, rsa = ECC.generate(curve="Ed25519"), _rsa()
    nist = ECC.generate(curve="P-256")
    texts = [
        edwards.export_key(format="PEM"),
        rsa.export_key().decode(),
        rsa.export_key(pkcs=8).decode(),
    ]

    for text in texts:
        environ = _pair("BINANCE_DEMO_API", secret=text)
        assert KeyKind.PRIVATE_KEY is read_credentials(Environment.DEMO, environ).kind
    assert "is a key on NIST P-256; the venue takes Ed25519 or RSA" in _faults(
        _pair("BINANCE_DEMO_API", secret=nist.export_key(format="PEM"))
    )
    for public in (
        edwards.public_key().export_key(format="PEM"),
        rsa.public_key().export_key().decode(),
    ):
        assert "is a public key; the private one signs" in _faults(
            _pair("BINANCE_DEMO_API", secret=public)
        )
