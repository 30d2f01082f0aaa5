"""Keys: reads the API key of one environment, and never that of another.

Owns the names of the variables. Each environment has its own pair, `<PREFIX>_KEY` and
`<PREFIX>_SECRET`, each also as `<NAME>_FILE`; a secret that is a PEM may have a
`<PREFIX>_SECRET_PASSPHRASE`. What is missing is told by its name, with the other environment's pair
named where only that one is set: it is not used instead. Loopback has no keys of anybody's.
"""

from collections.abc import Iterator, Mapping

from ...errors import ConfigurationError
from ..secret import FILE_SUFFIX, Secret, read_secret
from .credentials import Credentials, KeyKind
from .environment import Environment

PREFIXES: Mapping[Environment, str] = {
    Environment.LIVE: "BINANCE_API",
    Environment.DEMO: "BINANCE_DEMO_API",
    Environment.TESTNET: "BINANCE_FUTURES_TESTNET_API",
}
"""How the variables of an environment's keys begin."""
KEY_CHARS_MAX = 256
PAPER = "paper"


def read_credentials(environment: Environment, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials of an environment.

    Raises:
        ConfigurationError: With every variable that is missing or cannot be used, by its name.
        ValueError: The environment has no keys.
    """
    prefix = PREFIXES.get(environment)
    if prefix is None:
        raise ValueError(f"{environment} has no keys")
    faults: list[str] = []
    api_key = _read(f"{prefix}_KEY", environ, faults)
    secret = _read(f"{prefix}_SECRET", environ, faults)
    passphrase = _read_optional(f"{prefix}_SECRET_PASSPHRASE", environ, faults)
    if api_key is not None:
        faults += _faults_of_key(prefix, api_key, environ)
    if secret is not None and (api_key is None or secret != api_key):
        faults += _faults_of_secret(f"{prefix}_SECRET", secret, passphrase)
    elif secret is not None:
        faults.append(f"{prefix}_SECRET: is the same text as {prefix}_KEY")
    if faults or api_key is None or secret is None:
        raise ConfigurationError(*faults)
    return Credentials(api_key, secret, passphrase)


def paper_credentials(account: str) -> Credentials:
    """Return what opens a paper account of a name: nobody's secret, good on this machine alone."""
    return Credentials(Secret(account or PAPER), Secret(f"{PAPER} only"))


def _read(name: str, environ: Mapping[str, str], faults: list[str]) -> Secret | None:
    count = len(faults)
    found = _read_optional(name, environ, faults)
    if found is None and count == len(faults):
        faults.append(f"{name}: is missing; set it or {name}{FILE_SUFFIX}{_hint(name, environ)}")
    return found


def _read_optional(name: str, environ: Mapping[str, str], faults: list[str]) -> Secret | None:
    try:
        return read_secret(name, environ)
    except ConfigurationError as error:
        faults += error.faults
        return None


def _hint(name: str, environ: Mapping[str, str]) -> str:
    """Say which pair is set instead, if one is: people forget which they made."""
    kind = name.rpartition("_")[2]
    for environment, prefix in PREFIXES.items():
        other = f"{prefix}_{kind}"
        if other != name and (other in environ or other + FILE_SUFFIX in environ):
            return f" ({other} is set, but its keys are for {environment} alone)"
    return ""


def _faults_of_key(prefix: str, api_key: Secret, environ: Mapping[str, str]) -> Iterator[str]:
    text = api_key.reveal()
    if not (text.isascii() and text.isprintable()) or " " in text or len(text) > KEY_CHARS_MAX:
        yield f"{prefix}_KEY: is no API key: it holds blanks, or what no header can carry"
    for environment, other in PREFIXES.items():
        if other != prefix and environ.get(f"{other}_KEY", "").strip() == text:
            yield f"{prefix}_KEY: is the key of {environment}, too ({other}_KEY); no key is of both"


def _faults_of_secret(name: str, secret: Secret, passphrase: Secret | None) -> Iterator[str]:
    kind = Credentials(secret, secret).kind
    if kind is KeyKind.PRIVATE_KEY:
        yield from _faults_of_pem(name, secret, passphrase)
    elif any(each.isspace() for each in secret.reveal()):
        yield f"{name}: holds blanks; an HMAC secret has none, and a PEM begins with -----BEGIN"


def _faults_of_pem(name: str, secret: Secret, passphrase: Secret | None) -> Iterator[str]:
    """Say what is wrong with a private key; the library's own words could hold parts of it."""
    from Crypto.PublicKey import ECC, RSA

    word = None if passphrase is None else passphrase.reveal()
    try:
        key = ECC.import_key(secret.reveal(), word)
    except (ValueError, IndexError, TypeError):
        try:
            is_private = RSA.import_key(secret.reveal(), word).has_private()
        except (ValueError, IndexError, TypeError):
            yield f"{name}: is a PEM that holds no private key of Ed25519 or RSA{_locked(word)}"
            return
        if not is_private:
            yield f"{name}: is a public key; the private one signs"
        return
    if key.curve != "Ed25519":
        yield f"{name}: is a key on {key.curve}; the venue takes Ed25519 or RSA"
    elif not key.has_private():
        yield f"{name}: is a public key; the private one signs"


def _locked(passphrase: str | None) -> str:
    return " (or wants another passphrase)" if passphrase else " (or wants a passphrase)"
