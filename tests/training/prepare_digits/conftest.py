"""Small sources in the real ones' formats, and servers that have them."""

import hashlib

import pytest

from tests.training.prepare_digits import source_server
from tests.training.small_sources import Originals


@pytest.fixture(scope="session")
def originals():
    return Originals()


@pytest.fixture
def serve():
    """Starts servers: `serve(files)`."""
    servers = []

    def start(files):
        servers.append(source_server.start(files))
        return servers[-1]

    yield start
    for server in servers:
        source_server.stop(server)


@pytest.fixture
def checksums(originals, tmp_path):
    """A file as sha256sum prints it, for the small sources."""
    path = tmp_path / "SHA256SUMS"
    path.write_text(
        "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in originals.files.items())
    )
    return path
