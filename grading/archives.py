"""The members of zip, tar and compressed files, each as a file of its own, whatever programs wrote them."""

import bz2
import lzma
import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import IO, BinaryIO

import numpy as np

from grading.tables import MIB

STREAMS = {
    b"\x1f\x8b\x08": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
}
SCRIPTED = re.compile(r"(^|/)code/__torch__")  # TorchScript keeps its networks as text that only it reads
NUMBERS = re.compile(  # what PyTorch writes beside its data.pkl
    r"(^|/)(\.?data/[^/]+|constants/\d+|version|byteorder|\.format_version|\.storage_alignment)$"
)
MEMBERS = 20_000  # of an archive
UNPACKED = 1024 * MIB  # bytes of one compressed file
READ = 4096  # bytes at a time of what is compressed: they may become a hundred megabytes


class TooMuch(Exception):
    """More members, bytes or archives in archives than are looked at."""


Members = Iterator[tuple[str, BinaryIO | None]]  # name and content; None for what no program runs


def zipped(file: BinaryIO) -> Members:
    if not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()  # with all that have one name
        if len(members) > MEMBERS:
            raise TooMuch
        is_torchs = any(member.filename.endswith("/data.pkl") for member in members)
        for member in members:
            if member.is_dir() or SCRIPTED.search(member.filename):
                continue
            if is_torchs and NUMBERS.search(member.filename):
                yield member.filename, None
                continue
            with archive.open(member) as content, unpacked(pieces(content)) as copy:
                yield member.filename, copy


def tarred(file: BinaryIO) -> Members:
    """Goes on, as tar does, behind what is no member's header."""
    if (begin := first_header(file)) is None:
        return
    file.seek(begin)
    with tarfile.open(fileobj=file, mode="r:", ignore_zeros=True) as archive:
        for member in archive:
            content = None if member.issym() or member.islnk() else archive.extractfile(member)
            if content:
                with content, unpacked(pieces(content)) as copy:
                    yield member.name, copy
            else:
                yield "", None


def first_header(file: BinaryIO) -> int | None:
    """Where a block begins that may be a member's header: its checksum is written in octal digits."""
    if blocks := os.fstat(file.fileno()).st_size // tarfile.BLOCKSIZE:
        checksums = np.memmap(file, np.uint8, "r", 0, (blocks, tarfile.BLOCKSIZE))[:, 148:156]
        is_digit = (checksums >= ord("0")) & (checksums <= ord("7"))
        may_be = (is_digit | np.isin(checksums, [0, ord(" ")])).all(1) & is_digit.any(1)
        return int(may_be.argmax()) * tarfile.BLOCKSIZE if may_be.any() else None
    return None


def compressed(file: BinaryIO) -> Members:
    """What gzip, bzip2, xz and joblib unpack."""
    file.seek(0)
    head = file.read(6)
    sure = [decompressor for magic, decompressor in STREAMS.items() if head.startswith(magic)]
    for decompressor in sure or (zlib.decompressobj, lzma.LZMADecompressor):
        file.seek(0)
        with unpacked(inflated(file, decompressor, bool(sure))) as copy:
            if copy.tell():
                yield "", copy


def inflated(file: BinaryIO, decompressor: Callable, is_sure: bool) -> Iterator[bytes]:
    """Of all streams that stand in the file, one behind the other. Where the file may as well be numbers that begin
    like a stream, what does not go on gives what came before."""
    stream, content = decompressor(), b""
    with nullcontext() if is_sure else suppress(zlib.error, lzma.LZMAError):
        while content or (content := file.read(READ)):
            yield stream.decompress(content)
            content = b""
            if stream.eof:
                stream, content = decompressor(), stream.unused_data.lstrip(b"\0")


def pieces(content: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: content.read(MIB), b"")


@contextmanager
def unpacked(content: Iterator[bytes]) -> Iterator[BinaryIO]:
    """A file that holds it. Raises TooMuch."""
    with tempfile.TemporaryFile() as copy:
        for piece in content:
            copy.write(piece)
            if copy.tell() > UNPACKED:
                raise TooMuch
        copy.flush()
        yield copy
