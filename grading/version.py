"""Which grader and which scheme made a report, as digests: equal ones grade alike."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

from grading.scheme import Scheme

SHOWN = 12  # characters of a digest


@cache
def grader_version() -> str:
    """Digest of the grader's own code and templates."""
    folder, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".html", ".css", ".js"):
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:SHOWN]


def scheme_digest(scheme: Scheme) -> str:
    """Of what the scheme says; comments and the number of threads, which depends on the machine, do not count."""
    same = msgspec.structs.replace(scheme, limits=msgspec.structs.replace(scheme.limits, cpu_threads=0))
    return hashlib.sha256(msgspec.json.encode(same, order="deterministic")).hexdigest()[:SHOWN]
