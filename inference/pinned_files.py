"""The weight files that checkpoints.txt pins: each one's sha256, and where it can be fetched.

Also the half of fetch_weights.sh that wget cannot do, run by path and without torch, so that it
starts in milliseconds:

    pinned_files.py wanted FILE                   nothing where weights/FILE is right, else a line
                                                  "missing" or "damaged", then a URL a line
    pinned_files.py install FILE DOWNLOAD STATUS  moves a right download into place, else prints
                                                  what is wrong with it; leaves no download behind
"""

import contextlib
import hashlib
import os
import re
import signal
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WEIGHTS = os.path.join(ROOT, "weights")


class WeightsError(Exception):
    """Weights that are missing or not the pinned ones, in one line."""


def read_checkpoints() -> tuple[dict[str, str], list[str]]:
    """checkpoints.txt as {file: sha256} and the base URLs, the primary one first."""
    try:
        with open(os.path.join(ROOT, "checkpoints.txt"), encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"checkpoints.txt cannot be read ({error}): clone the project again") from error
    pins = re.findall(r"^([0-9a-f]{64}) [ *]weights/(\S+)\s*$", text, re.MULTILINE)
    urls = re.findall(r"^# url: *(\S+)", text, re.MULTILINE)
    return {file: sha256 for sha256, file in pins}, urls


def pinned_sha256(file: str) -> str:
    pins, _ = read_checkpoints()
    if file not in pins:
        raise WeightsError(f"weights/{file} is not listed in checkpoints.txt: update the project")
    return pins[file]


def has_sha256(content: bytes, sha256: str) -> bool:
    return hashlib.sha256(content).hexdigest() == sha256


def read_bytes(path: str) -> bytes | None:
    """None for a file that is missing or unreadable."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read()
    return None


def read_pinned(file: str) -> bytes:
    """The content of weights/FILE, checked: load from these bytes, the file may change meanwhile."""
    sha256 = pinned_sha256(file)
    content = read_bytes(os.path.join(WEIGHTS, file))
    if content is None:
        raise WeightsError(f"weights/{file} is missing: put it there")
    if not has_sha256(content, sha256):
        raise WeightsError(
            f"weights/{file} is damaged (its sha256 is not the one in checkpoints.txt): "
            "delete it, and it is fetched again"
        )
    return content


def wanted(file: str) -> list[str]:
    """What is wrong with weights/FILE, then the URLs to try; empty where nothing is wrong."""
    sha256 = pinned_sha256(file)
    content = read_bytes(os.path.join(WEIGHTS, file))
    if content is not None and has_sha256(content, sha256):
        return []
    state = "missing" if content is None else "damaged"
    bases = [os.environ.get("HW3_WEIGHTS_URL"), *read_checkpoints()[1]]
    urls = [f"{base.rstrip('/')}/{file}" for base in bases if base]
    if not urls:
        raise WeightsError(
            f"weights/{file} is {state} and checkpoints.txt names no server: "
            "put it there, or set HW3_WEIGHTS_URL to the address of a folder that has it"
        )
    if not os.access(WEIGHTS, os.W_OK | os.X_OK):
        raise WeightsError(
            f"weights/{file} is {state} and nothing can be written to weights/: "
            "make that a folder that you may write to"
        )
    return [state, *urls]


def install(file: str, download: str, status: str) -> str | None:
    """Moves `download` to weights/FILE if its sha256 is right; else says why it is not.

    `status` is wget's exit code, `download`.log its stderr; both files are gone afterwards.
    """
    try:
        content = read_bytes(download)
        if content is None or not has_sha256(content, pinned_sha256(file)):
            return what_went_wrong(status, content or b"", read_bytes(download + ".log") or b"")
        os.replace(download, os.path.join(WEIGHTS, file))
        return None
    except OSError as error:
        return f"fetched, but not moved into place: {error.strerror}"
    finally:
        for leftover in (download, download + ".log"):
            with contextlib.suppress(OSError):
                os.unlink(leftover)


def what_went_wrong(status: str, content: bytes, log: bytes) -> str:
    """One line from wget's exit code, what it saved and what it wrote to stderr."""
    if status != "0":
        lines = log.decode(errors="replace").split("\n")
        lines = [line for line in lines if "ERROR" in line] or [line for line in lines if line.strip()]
        # wget says nothing where the connection breaks half way
        return re.sub("^.*ERROR:? ", "", lines[-1]).strip(" .") if lines else f"ended after {len(content)} bytes"
    if re.match(rb"\s*<(!doctype )?html", content, re.IGNORECASE):
        return "an HTML page, not the file"
    return f"wrong sha256 ({len(content)} bytes)"


def main(command: str, file: str, *details: str) -> int:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where the script has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends this too, without a traceback
    try:
        if command == "wanted":
            print(*wanted(file), sep="\n", end="")
            return 0
        problem = install(file, *details)
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 3
    print(problem or "", end="")
    return 3 if problem else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
