"""Fetches a file of a public data set: from the first URL that has it, resumed, checked."""

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

Progress = Callable[..., AbstractContextManager[Callable[[int], None]]]

ALGORITHMS = {32: "md5", 64: "sha256"}  # hexadecimal digits -> hash
CHUNK = 1 << 16
TIMEOUT = (10, 60)  # seconds to connect, and of silence after that


class SourceError(Exception):
    """A file is not to be had or not what it should be; the message names it and each reason."""


class TransferError(Exception):
    """One URL did not give the file; the message is the reason in a few words."""


@dataclass(frozen=True)
class Source:
    """A file's usual name, its md5 or sha256 in hexadecimal, and its URLs in the order to try."""

    name: str
    checksum: str
    urls: tuple[str, ...]

    @property
    def algorithm(self) -> str:
        return ALGORITHMS[len(self.checksum)]


def fetch(source: Source, folder: Path, progress: Progress) -> Path:
    """Returns `folder/source.name`, its checksum verified in this call; downloads what is missing.

    The download grows in `NAME.part`, from where the next call goes on, and gets its name only
    when the checksum is right. `progress(text, total)` gives a context with a function that is
    told of each number of new bytes.

    Raises SourceError when no URL gives the file, OSError when the disk does not take it.
    """
    path, part = folder / source.name, folder / f"{source.name}.part"
    reasons = []
    if path.exists():
        if not (reason := mismatch(source, path)):
            return path
        reasons.append(f"{path} ({reason})")
    for url in source.urls:
        try:
            _download(source, url, part, progress)
        except TransferError as reason:
            reasons.append(f"{url} ({reason})")
        else:
            os.replace(part, path)
            return path
    raise SourceError(f"{source.name} is not to be had: {'; '.join(reasons)}")


def mismatch(source: Source, path: Path) -> str:
    """Why the file is not the source's, in words; empty where the checksum is right."""
    digest = hashlib.new(source.algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    if digest.hexdigest() == source.checksum:
        return ""
    return f"{source.algorithm} is {digest.hexdigest()}, not {source.checksum}"


def _download(source: Source, url: str, part: Path, progress: Progress) -> None:
    resumed = _size(part) > 0
    if resumed and not mismatch(source, part):
        return  # stopped between the last byte and the new name
    _transfer(url, part, progress)
    reason = mismatch(source, part)
    if reason and resumed:  # the first half may have come from another server's other file
        part.unlink()
        _transfer(url, part, progress)
        reason = mismatch(source, part)
    if reason:
        part.unlink()
        raise TransferError(reason)


def _transfer(url: str, part: Path, progress: Progress) -> None:
    """Calls the URL until the file is whole; gives up on a call that brought nothing new."""
    while True:
        before = _size(part)
        try:
            return _transfer_once(url, part, progress)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as fault:
            if _size(part) <= before:
                raise TransferError(_in_words(fault)) from fault


def _transfer_once(url: str, part: Path, progress: Progress) -> None:
    offset = _size(part)
    # identity: some servers would else pack an archive again, and the checksum is the file's.
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if offset and response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()  # longer than the server's file: not a piece of it
            return _transfer_once(url, part, progress)
        response.raise_for_status()
        continues = response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
        _write(response, part, offset if continues else 0, url, progress)


def _write(response: requests.Response, part: Path, offset: int, url: str, progress: Progress) -> None:
    length = response.raw.length_remaining
    total = None if length is None else offset + length
    with open(part, "ab" if offset else "wb") as file, progress(url, total) as advance:
        advance(offset)
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            file.write(chunk)
            advance(len(chunk))
    if total and _size(part) < total:  # urllib3 before 2 takes a dropped connection for the end
        raise urllib3.exceptions.ProtocolError


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _in_words(fault: Exception) -> str:
    if isinstance(fault, requests.HTTPError):
        return f"{fault.response.status_code} {fault.response.reason}"
    if isinstance(fault, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return "timed out"
    if isinstance(fault, urllib3.exceptions.ProtocolError):
        return "connection dropped"
    return "no connection" if isinstance(fault, requests.ConnectionError) else str(fault)
