import pytest

from grading.shell_rules import broken_rules

COMMANDS = frozenset(["rm", "sudo", "cp", "mv", "mkdir", "cd", "pip", "curl"])
VARIABLES = frozenset(["CUDA_VISIBLE_DEVICES"])


def broken(script: str) -> list[tuple[int, str]]:
    return [each[:2] for each in broken_rules(script.encode(), COMMANDS, VARIABLES)]


@pytest.mark.parametrize(
    "script",
    [
        "rm x",
        "x=$(rm y)",
        "`rm y`",
        "a | rm",
        "f() { rm x; }",
        "a() ( rm x )",
        "(cd x)",
        "true && cd x || y",
        "! rm x",
        "rm x &",
        "time rm x",
        "exec rm",
        "coproc rm x",
        "if [[ a ]]; then rm x; fi",
        "if true; then\n rm x",
        "case $1 in a) rm;; esac",
        'while read x; do rm "$x"; done',
        "> x rm a",
        "diff <(rm a) b",
        "x=$((1+$(rm a)))",
        "cat <<END\n$(rm q)\nEND",
        "a <<< b\nrm x",
        "echo a | bash\nrm x\n",
        "python3 a.py; pip install x",
        "bash -c 'rm x'",
        "sh -ec 'cd /'",
        "eval 'rm x'",
        "trap 'rm x' EXIT",
        "env -S 'rm x'",
        "bash -c \"bash -c 'rm x'\"",
        "bash <<< 'rm x'",
        "bash <<END\nrm x\nEND",
        "cat <<END | bash\nrm\nEND",
        "env X=1 rm x",
        "env -u A rm",
        "ls | xargs -n 1 rm",
        "command rm x",
        "nohup nice -n 3 rm x",
        "timeout -k 1 5 rm x",
        "find . -exec rm {} \\;",
        "busybox rm x",
        'run() { "$@"; }\nrun rm x',
        "\\rm x",
        "'r'm x",
        '"r"m x',
        "$'\\x72m' x",
        "{rm,x}",
        "/bin/rm x",
        "/bin/r? x",
        '"$x"/rm y',
        "r=rm; $r x",
        "x='rm y'; $x",
        "for c in rm; do $c x; done",
        "${x:-rm} y",
        "r=ls; r=rm; $r",
        "echo cm0= | base64 -d | bash",
        "source <(echo rm)",
        "bash <(echo x)",
        'eval "$(echo x)"',
        'bash -c "$(echo x)"',
        "$(echo rm) x",
        "printf -v r x; $r y",
        "export CUDA_VISIBLE_DEVICES=0",
        "CUDA_VISIBLE_DEVICES=0 python3 x",
    ],
)
def test_found(script):
    assert broken(script)


@pytest.mark.parametrize(
    "script",
    [
        "echo rm",
        "# rm x",
        "echo 'rm -rf'",
        "python3 rm.py",
        'python3 "$d/x.py" "$1"',
        "[[ $1 == rm ]] || exit",
        'PY=$(command -v python3)\n"$PY" x.py',
        "${PYTHON:-python3} x",
        "$(which python3) x",
        "command -v curl",
        'f() { "$@"; }\nf python3 x',
        "case $1 in rm) echo;; esac",
        "cat <<END\nrm x\nEND",
        "wget -O x http://rm/cp",
        "rm_old() { :; }\nrm_old",
        "export X=cd",
        "printf '%s\\n' rm cp | sort",
        "while read -r x; do :; done <<< 'rm x'",
        "local a=$1",
        "set -euo pipefail",
        "ls *",
        "[ -f x ] && echo y",
        "python3 x.py rm",
        "echo x | python3 y.py",
    ],
)
def test_nothing_found(script):
    assert broken(script) == []


def test_lines():
    script = "#!/bin/bash\n\nx=1\nif true; then\n    y=$(rm x)\nfi\nbash -c '\ncd x'\ncurl a; rm b\n"
    assert broken(script) == [
        (5, "rm is forbidden"),
        (8, "cd is forbidden"),
        (9, "curl is forbidden"),
        (9, "rm is forbidden"),
    ]


def test_crlf_and_missing_final_newline():
    assert broken("echo\r\nrm\r\nrm") == [(2, "rm is forbidden"), (3, "rm is forbidden")]
