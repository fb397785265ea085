"""TLS between wget and the grader, and between the grader and the servers that wget asks."""

import ssl
from datetime import datetime, timedelta, timezone
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from grading.folders import process_folder


@cache
def certificate() -> ssl.SSLContext:
    """Made once a process, of use to nobody else: it says no name, and wget is told not to look."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the grader, in the place of what was fetched")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=365)
    ).sign(key, hashes.SHA256())
    file = process_folder() / "certificate.pem"
    file.touch(0o600)
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def unchecked() -> ssl.SSLContext:
    """For fetching: whether a certificate is to be checked was wget's to say, and is not known here."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
