"""What a command's words run besides the command itself: the command behind a wrapper, and code in strings."""

import re

UNKNOWN = "\0"  # stands in a text for what the tree does not tell: a parameter, a file's content
SHELLS = {"bash", "sh", "dash", "ksh", "zsh"}
# Options that take the next word as their value, then how many words come before the command.
WRAPPERS = {
    "env": ({"-u", "--unset", "-C", "--chdir"}, 0),
    "command": (set(), 0),
    "builtin": (set(), 0),
    "exec": ({"-a"}, 0),
    "nohup": (set(), 0),
    "setsid": (set(), 0),
    "time": ({"-o", "-f"}, 0),
    "nice": ({"-n"}, 0),
    "ionice": ({"-c", "-n"}, 0),
    "timeout": ({"-k", "-s"}, 1),
    "busybox": (set(), 0),
    "stdbuf": ({"-i", "-o", "-e"}, 0),
    "xargs": ({"-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"}, 0),
    "coproc": (set(), 0),
}
FIND_ACTIONS = {"-exec", "-execdir", "-ok", "-okdir"}
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def inner_command(words: tuple[str, ...], passing_on: set[str]) -> tuple[str, ...]:
    """The command that a wrapper runs: () where there is none."""
    name, rest = words[0].rpartition("/")[2], list(words[1:])
    if name == "find":
        places = [place for place, word in enumerate(rest) if word in FIND_ACTIONS]
        return tuple(rest[places[0] + 1 :]) if places else ()
    if name in passing_on:
        return tuple(rest)
    if name not in WRAPPERS or (name == "command" and rest and rest[0] in ("-v", "-V")):
        return ()
    with_value, before = WRAPPERS[name]
    while rest and (rest[0].startswith("-") or ASSIGNMENT.match(rest[0])):
        del rest[: 2 if rest[0] in with_value else 1]
    return tuple(rest[before:])


def code_arguments(words: tuple[str, ...]) -> list[str]:
    """Those of a command's words that it runs as code."""
    name, rest = words[0].rpartition("/")[2], list(words[1:])
    if name == "eval":
        return [" ".join(rest)]
    if name == "trap":
        return rest[:1]
    if name in SHELLS:
        flags = [place for place, word in enumerate(rest) if re.fullmatch(r"-[a-z]*c", word)]
        return rest[flags[0] + 1 :][:1] if flags else []
    return [word for flag, word in zip(rest, rest[1:]) if name == "env" and flag in ("-S", "--split-string")]


def reads_its_input(words: tuple[str, ...]) -> bool:
    name, rest = words[0].rpartition("/")[2], words[1:]
    if name in ("source", "."):
        return any(word in ("/dev/stdin", UNKNOWN) for word in rest[:1])
    return (
        name in SHELLS
        and all(word.startswith("-") or word in ("/dev/stdin", UNKNOWN) for word in rest)
        and not any(re.fullmatch(r"-[a-z]*c", word) for word in rest)
    )
