"""Reads a bash script's syntax tree: which commands it runs, wherever they hide.

Nothing is run. A command's name is followed through quotes, backslashes, variables, globs, wrappers
(`env`, `xargs`, ...), functions that call "$@", and code in strings (`bash -c`, `eval`, `trap`,
here-documents). Code that only running it would reveal is reported as hidden.
"""

import codecs
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, islice, product
from typing import NamedTuple

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from grading.shell_wrappers import UNKNOWN, code_arguments, inner_command, reads_its_input

PARSER = Parser(Language(tree_sitter_bash.language()))
COMBINATIONS = 64  # of the values that a script's variables may have in one word
NESTING = 8  # bash -c in bash -c ...
LOOKUPS = {"command", "which", "type"}  # $(command -v python3) is as good as its last word


class Use(NamedTuple):
    """One command as the script runs it: its words with their quotes gone, and the line it stands on."""

    words: tuple[str, ...]
    line: int
    hidden: str = ""  # why it cannot be read, where it cannot

    @property
    def name(self) -> str:
        return self.words[0].rpartition("/")[2] if self.words else ""


class Script:
    """A parsed script. `first_line` is the line of the file on which its text begins."""

    def __init__(self, source: bytes, first_line: int = 1, nesting: int = 0):
        self.source = source.replace(b"\r\n", b"\n")
        self.first_line, self.nesting = first_line, nesting
        self.nodes = list(walk(PARSER.parse(self.source).root_node))
        self.values = self.assigned_values()
        self.known: dict[tuple[str, int], list[str]] = {}
        self.passing_on = {
            self.child_text(node)
            for node in self.nodes
            if node.type == "function_definition" and calls_its_arguments(node)
        }

    def child_text(self, node: Node) -> str:
        return node.named_children[0].text.decode(errors="replace")

    def line(self, node: Node) -> int:
        return self.first_line + node.start_point[0]

    def assigned_values(self) -> dict[str, list[Node]]:
        """Variable -> the words that it is given anywhere in the script, loops included."""
        values = defaultdict(list)
        for node in self.nodes:
            if node.type in ("variable_assignment", "for_statement") and node.named_child_count > 1:
                name, *given = node.named_children
                values[name.text.decode(errors="replace")] += [word for word in given if word.type != "do_group"]
        return values

    # Texts of words

    def texts(self, node: Node, depth: int = 0) -> list[str]:
        """Everything that a word may read, with UNKNOWN in place of what cannot be known."""
        raw = node.text.decode(errors="replace")
        if node.type in ("word", "number", "variable_name", "string_content", "special_variable_name"):
            return [re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL)]
        if node.type == "raw_string":
            return [raw[1:-1]]
        if node.type == "ansi_c_string":
            return [codecs.decode(raw[2:-1].encode(), "unicode_escape", "replace")]
        if node.type in ("string", "translated_string", "concatenation", "command_name", "heredoc_body"):
            return self.joined(node, depth)
        if node.type in ("simple_expansion", "expansion") and depth < NESTING:
            return self.expanded(node, depth)
        return self.looked_up(node) if node.type == "command_substitution" else [UNKNOWN]

    def joined(self, node: Node, depth: int) -> list[str]:
        """The parts of a word one after the other, with the plain text that stands between them."""
        begin, end = (
            (node.start_byte + 1, node.end_byte - 1) if node.type == "string" else (node.start_byte, node.end_byte)
        )
        pieces = []
        for child in node.named_children:
            pieces += [[self.source[begin : child.start_byte].decode(errors="replace")], self.texts(child, depth)]
            begin = child.end_byte
        pieces.append([self.source[begin:end].decode(errors="replace")])
        return ["".join(parts) for parts in islice(product(*pieces), COMBINATIONS)]

    def expanded(self, node: Node, depth: int) -> list[str]:
        """A variable's values; of ${name:-word} also the word."""
        name, *default = node.named_children or [node]
        texts = chain(
            self.variable_texts(name.text.decode(errors="replace"), depth + 1),
            (text for word in default for text in self.texts(word, depth + 1)),
        )
        return list(islice(texts, COMBINATIONS)) or [UNKNOWN]

    def variable_texts(self, name: str, depth: int) -> list[str]:
        """Once for each depth: variables that are made of each other would take for ever."""
        if (name, depth) not in self.known:
            texts = (text for word in self.values.get(name, []) for text in self.texts(word, depth))
            self.known[name, depth] = list(islice(texts, COMBINATIONS))
        return self.known[name, depth]

    def looked_up(self, node: Node) -> list[str]:
        commands = [child for child in node.named_children if child.type == "command"]
        words = [self.texts(word)[0] for word in commands[0].named_children] if len(commands) == 1 else [UNKNOWN]
        return [words[-1] if words[0] in LOOKUPS else UNKNOWN]

    # Commands

    def uses(self) -> Iterator[Use]:
        """Every command of the script in the order of its lines, nested ones after their wrappers."""
        for node in self.nodes:
            if node.type == "command":
                for words in self.split(node):
                    yield from self.command(node, words)
            elif node.type == "ERROR":
                yield Use((), self.line(node), "bash that cannot be parsed")

    def split(self, node: Node) -> list[list[Node]]:
        """A command's words. A bare line end between two of them starts the next command: the
        grammar overlooks some behind here-strings and here-documents."""
        commands, end = [[]], node.start_byte
        for word in (child for child in node.named_children if not is_around(child)):
            if commands[-1] and b"\n" in self.source[end : word.start_byte].replace(b"\\\n", b""):
                commands.append([])
            commands[-1].append(word)
            end = word.end_byte
        return [words for words in commands if words]

    def command(self, node: Node, words: list[Node]) -> Iterator[Use]:
        line, rest = self.line(words[0]), tuple(self.texts(word)[0] for word in words[1:])
        for name in self.texts(words[0]):
            first = name.strip("{}").split(",") if name.startswith("{") else name.split() or [name]
            yield from self.unwrapped((*first, *rest), line, node)

    def unwrapped(self, words: tuple[str, ...], line: int, node: Node) -> Iterator[Use]:
        use = Use(words, line)
        if UNKNOWN in use.name and not is_parameter(node):
            use = Use(words, line, "a command whose name is computed")
        yield use
        inner = inner_command(words, self.passing_on)
        if inner:
            yield from self.unwrapped(inner, line, node)
        yield from self.code_in_strings(use, node)

    def code_in_strings(self, use: Use, node: Node) -> Iterator[Use]:
        for code in [*code_arguments(use.words), *self.fed_code(use, node)]:
            if UNKNOWN in code and not code.strip(UNKNOWN + " \"'"):
                yield Use(use.words, use.line, f"code that is computed and given to {use.name}")
            elif self.nesting < NESTING:
                yield from Script(code.encode(), use.line, self.nesting + 1).uses()

    def fed_code(self, use: Use, node: Node) -> Iterator[str]:
        """What a shell without a script reads: a pipe, a here-string, a here-document, <(...)."""
        if not reads_its_input(use.words):
            return
        if any(child.type == "process_substitution" for child in node.named_children) or behind_a_pipe(node):
            yield UNKNOWN
        for redirect in redirects(node):
            for child in redirect.named_children:
                if child.type not in ("heredoc_start", "heredoc_end"):
                    yield from self.texts(child)

    def variables(self) -> Iterator[tuple[str, int]]:
        """Every variable that the script sets, exports or reads, with the line."""
        for node in self.nodes:
            if node.type == "variable_name":
                yield node.text.decode(errors="replace"), self.line(node)


def walk(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.named_children)


def is_around(node: Node) -> bool:
    """Not a word of the command itself."""
    return node.type == "variable_assignment" or node.type.endswith("_redirect")


def is_parameter(node: Node) -> bool:
    """A name that is a parameter of the function around it is read where that is called."""
    name = node.named_children[0].text.decode(errors="replace").strip('"${}')
    while node and node.type != "function_definition":
        node = node.parent
    return bool(node) and (name.isdecimal() or name in ("@", "*"))


def calls_its_arguments(function: Node) -> bool:
    return any(node.type == "command" and is_parameter(node) for node in walk(function))


def behind_a_pipe(node: Node) -> bool:
    while node.parent and node.parent.type in ("redirected_statement", "pipeline", "heredoc_redirect"):
        first = node.parent.type == "pipeline" and node.parent.named_children[0] == node
        if node.parent.type == "heredoc_redirect" or (node.parent.type == "pipeline" and not first):
            return True  # in `cat <<END | bash` the grammar puts the pipe below the here-document
        node = node.parent
    return False


def redirects(node: Node) -> list[Node]:
    """Here-strings and here-documents of a command."""
    around = node.parent.named_children if node.parent and node.parent.type == "redirected_statement" else []
    kinds = ("herestring_redirect", "heredoc_redirect")
    return [child for child in [*node.named_children, *around] if child.type in kinds]
