"""Why a run failed: what it said, and what of the submission, its downloads or this machine lies behind it."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from grading.bubblewrap import NAMES
from grading.downloads import NOT_FETCHED, Download
from grading.lacking import MISSING, Cause, lacking
from grading.names import SOURCE
from grading.not_handed_in import no_folders, pointers, submodules
from grading.outcomes import Message
from grading.runs import Run
from grading.stderr import Said, read_stderr, said

READ = 2**20  # bytes of a file
IMAGES = NAMES["images"]
GET_IT = "the address gives no file any more: get it from the student"
LET_IN = "if runs may reach it, name it under [network] reachable in the scheme, and grade again"
OFFLINE = "this machine has no network: grade it where there is one"
BY_HAND = "run the script by hand, with network"
NOT_WHOLE = "no whole answer to this request came in the run with network"
CHANGES = "wget asks for this address in this run, and did not in the run with network: the address may change"
OWN_NETWORK = re.compile(
    r"URLError|gaierror|Name or service not known|name resolution|NewConnectionError|Max retries exceeded|"
    r"Network is unreachable|Tunnel connection failed|HTTP Error 502"
)
BESIDE_IMAGES = re.compile(rf"No such file or directory: '({IMAGES}/\.\.[^']*|{IMAGES}[^/']+|/[^/']+\.csv)'")
LOADING = re.compile(
    r"EOFError|UnpicklingError|FileNotFoundError|No such file|PytorchStreamReader|zip ?file|"
    r"BadZipFile|"
    r"invalid load key|Ran out of input|pickle|corrupt|magic number|NotADirectoryError|unexpected EOF|"
    r"End-of-central-directory|Unable to open file|cannot stat|allow_pickle",
    re.I,
)


class Failed(NamedTuple):
    """A run that failed, and what its causes are looked for in."""

    run: Run
    fetched: Run | None  # the run with network of the same call
    folder: Path  # what it printed
    writes: frozenset[str]  # the files that it was to write


def causes(failed: Failed, root: Path, script: str, allowed: frozenset[str]) -> list[Cause]:
    """In the order in which the run's programs ended, but first that of the program that names what was to be written;
    of each first what would remain on another machine, last what it said itself."""
    folder = failed.folder
    stderr = read_stderr(folder)
    ends = line_ends(root, script, stderr)
    found = [*ends]
    for each in sorted(said(folder, root) or [Said()], key=lambda each: not names(root, each.program, failed.writes)):
        behind = [] if ends else lies_behind(each.text, failed, root, allowed)
        if behind or LOADING.search(each.text):
            behind = [*map(Cause, no_folders(stderr, root)), *behind]
        machines = bool(behind) and all(cause.is_machines for cause in behind)
        own = [Cause(Message(each.text, each.file, each.line), machines)] if each.text else []
        found += [*behind, *own]
    return list(dict.fromkeys(found))


def names(root: Path, program: str, files: frozenset[str]) -> bool:
    """Whether the program's source names one of the files."""
    try:
        source = begin_of(root / program).decode(errors="replace") if program else ""
    except (OSError, ValueError):  # a name with a zero byte is none
        return False
    return any(file in source for file in files)


def begin_of(path: Path) -> bytes:
    """Raises OSError."""
    with open(path, "rb") as file:
        return file.read(READ)


def lies_behind(text: str, failed: Failed, root: Path, allowed: frozenset[str]) -> list[Cause]:
    """Behind what a program said last."""
    fetched = failed.fetched
    if by_itself := asked_for(text):
        return [*dead_links(fetched), by_itself]
    behind = [*map(Cause, submodules(root))] if not text or LOADING.search(text) or MISSING.search(text) else []
    if not text or LOADING.search(text):
        behind = [*downloads(fetched), *emptied(failed), *not_kept(failed), *map(Cause, pointers(root)), *behind]
    if not behind and (lacks := lacking(text, root, allowed, failed.folder.parent / SOURCE)):
        links = dead_links(fetched)  # weights are loaded later: on a machine that lacks nothing the link would be dead
        behind = [*links, *lacks] if lacks[0].is_machines else [*lacks, *links]
    return behind


def asked_for(text: str) -> Cause | None:
    """What no run is given."""
    if match := BESIDE_IMAGES.search(text):
        said = f"looks for {match[1]}, beside the folder of images: a script is given the images alone, and no labels"
        return Cause(Message(said, todo="have it predict from the images"))
    if OWN_NETWORK.search(text):
        return Cause(Message("asks the network for something itself, and not with wget", todo="have wget fetch it"))
    return None


def line_ends(root: Path, script: str, stderr: str) -> list[Cause]:
    try:
        crlf = b"\r\n" in begin_of(root / script)
    except OSError:
        return []
    blamed = crlf and ("\r" in stderr or "\\r" in stderr or "syntax error" in stderr or "\\015" in stderr)
    return (
        [
            Cause(
                Message(
                    "CRLF line ends: bash reads each carriage return as a part of the line's last word",
                    script,
                    1,
                    todo="convert it to LF",
                )
            )
        ]
        if blamed
        else []
    )


def dead(run: Run | None) -> list[Download]:
    """What gave nothing; a drive's address once, whether or not the token for it was asked for first."""
    made = [each for each in (run.downloads if run else []) if each.said]
    return [
        each for each in made if not any(other.url != each.url and asks_again(each.url, other.url) for other in made)
    ]


def dead_links(fetched: Run | None) -> list[Cause]:
    """The first of those that say the same of the same server, with a count: the check `downloads` lists all."""
    alike: dict[tuple, list[Download]] = {}
    for each in dead(fetched):
        alike.setdefault((each.said, urlsplit(each.url).netloc), []).append(each)
    return [
        Cause(msgspec.structs.replace(dead_link(first), more=len(others)), first.is_machines)
        for first, *others in alike.values()
    ]


def downloads(fetched: Run | None) -> list[Cause]:
    """What wget was to fetch and did not."""
    last = {each.url: each for each in (fetched.downloads if fetched else []) if not each.said}
    return dead_links(fetched) or [
        Cause(Message(f"{each.url}: a web page came, not a file", todo=GET_IT))
        for each in last.values()
        if each.page and not any(asks_again(other.url, each.url) for other in last.values() if not other.page)
    ]


def emptied(failed: Failed) -> list[Cause]:
    """Files that were handed in, in whose place wget wrote what a dead link gives."""
    said, todo = "emptied in this run, and handed in whole", "run the script without wget: this file may be the weights"
    return [Cause(Message(said, name, todo=todo)) for name in failed.run.emptied if dead(failed.fetched)]


def not_kept(failed: Failed) -> list[Cause]:
    """What the grader cannot give, because only this run asked for it or because it did not come whole."""
    fetched = failed.fetched.downloads if failed.fetched else []
    known, dead_there = {each.url for each in fetched}, {each.url for each in dead(failed.fetched)}
    return [
        Cause(Message(f"{each.url}: {NOT_WHOLE if each.url in known else CHANGES}", todo=BY_HAND), True)
        for each in failed.run.downloads
        if each.said == NOT_FETCHED and each.url not in dead_there
    ]


def asks_again(url: str, page: str) -> bool:
    """Whether it is the page's address with more said: drives give a page with a token for large files first."""
    (first, query), (asked, more) = (each.partition("?")[::2] for each in (page, url))
    return first == asked and set(query.split("&")) <= set(more.split("&"))


def dead_link(download: Download) -> Message:
    todo = OFFLINE if download.offline else LET_IN if download.walled else GET_IT
    return Message(f"{download.url}: {download.said}", todo=todo)
