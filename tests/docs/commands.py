#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: commands.py UNITMESH P2P

Looks at every command of our programs that a page of docs/, the README or the
manual pages' examples show, in a block or in a line: the command and its verb
exist, and each flag is one that its --help has. Shell in the pages has to
parse, and JSON, too.
"""
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = dict(zip(("unitmesh", "p2p"), sys.argv[1:3]))
PROMPT = re.compile(r"^([\w.-]*)[$#] ")
# What ends a command within a line of shell.
STOPS = re.compile(r"^(\||\|\||&&|;|&|\)|>|2>|>>|<|<<.*|2>&1)$")


class Helps:
    """What the programs say of themselves, asked once each."""

    def __init__(self):
        self.known = {}

    def of(self, program, words):
        key = (program, *words)
        if key not in self.known:
            r = subprocess.run([PROGRAMS[program], *words, "--help"],
                               capture_output=True, text=True, check=False)
            self.known[key] = r.stdout if r.returncode == 0 else None
        return self.known[key]


def pages():
    yield ROOT / "README.md"
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if "adr" not in path.parts:
            yield path


def blocks(text):
    """(kind, first line's number, text) of indented and of fenced blocks."""
    fence, indented, at = None, [], 0
    for n, line in enumerate(text.split("\n") + [""], 1):
        if fence is not None:
            if line.startswith("```"):
                yield fence[0], fence[1], "\n".join(fence[2])
                fence = None
            else:
                fence[2].append(line)
        elif line.startswith("```"):
            fence = (line[3:].strip(), n + 1, [])
        elif line.startswith("    ") or (indented and not line.strip()):
            at = at if indented else n
            indented.append(line[4:])
        elif indented:
            yield "", at, "\n".join(indented)
            indented = []


def shell(kind, text):
    """The commands of a block, without prompts and without what came; None if
    it is none of a shell."""
    if kind not in ("", "sh", "bash", "console"):
        return None
    lines, going = [], False
    prompted = any(PROMPT.match(s) for s in text.split("\n"))
    for line in text.split("\n"):
        m = PROMPT.match(line)
        if m or going or not prompted:
            lines.append(line[m.end():] if m else line)
            said = "\n".join(lines)
            here = re.findall(r"<<-?'?(\w+)'?", said)
            going = said.count("'") % 2 == 1 or line.endswith("\\") or \
                any(not re.search(rf"^\s*{w}$", said, re.M) for w in here)
    return "\n".join(lines)


def commands(text):
    """Each command of ours in shell or prose: [program, word, …]."""
    text = re.sub(r"\\\n\s*", " ", text)
    for m in re.finditer(r"(?<![\w./-])(unitmesh|p2p) (?=[a-z])", text):
        rest = text[m.start():]
        quoted = re.match(r"(?:[^'\"\n`]|'[^']*'|\"[^\"]*\")*", rest)[0]
        try:
            words = shlex.split(quoted, comments=True)
        except ValueError:
            continue
        out = []
        for word in words:
            if STOPS.match(word) or "$(" in word:
                break
            end = re.match(r"(.*?)(\)|;|,|:|\.)$", word)
            out.append(end[1] if end and word[0] != "/" else word)
            if word.endswith((";", ")")) and "(" not in word:
                break
        yield out


def wrong(helps, words):
    """What is not so about one command; None if all is well."""
    program, name = words[0], words[1]
    top = helps.of(program, [])
    if not re.search(rf"^  {re.escape(name)}  ", top, re.M) and \
            name != "help":
        return f"there is no command {name}"
    if name == "help":
        return None if len(words) == 2 else wrong(helps, [program] + words[2:])
    said = helps.of(program, [name])
    if said is None:
        return f"{name} has no help"
    flags = set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*|-[a-zA-Z])(?![\w-])",
                           said)) | {"--help", "-h"}
    for word in words[2:]:
        flag = re.match(r"--[a-z][a-z0-9-]*|-[a-zA-Z](?=\w*$)", word)
        if flag and flag[0] not in flags:
            return f"{name} has no {flag[0]}"
    verbs = set(re.findall(rf"^(?:usage:|      ) {program} {name} ([a-z]+)",
                           said, re.M))
    # With verbs there is one, unless it is left out.
    if verbs and len(words) > 2 and re.fullmatch(r"[a-z]+", words[2]) and \
            words[2] not in verbs and f"[{words[2]}" not in said:
        return f"{name} has no {words[2]}"
    return None


def check_page(helps, path):
    """(how many things were looked at, [problem])."""
    count, problems = 0, []
    text = path.read_text(encoding="utf-8")
    where = path.relative_to(ROOT)
    for kind, at, block in blocks(text):
        if kind == "json":
            count += 1
            try:
                json.loads(block)
            except ValueError as err:
                problems.append(f"{where}:{at}: {err}")
        said = shell(kind, block)
        if said is None:
            continue
        if kind in ("sh", "bash") or PROMPT.search(block):
            count += 1
            r = subprocess.run(["bash", "-n"], input=said, text=True,
                               capture_output=True, check=False)
            if r.stderr:
                problems.append(f"{where}:{at}: {r.stderr.strip()}")
        for words in commands(said):
            count += 1
            fault = wrong(helps, words)
            if fault:
                problems.append(f"{where}:{at}: {' '.join(words)}: {fault}")
    prose = re.sub(r"^(    .*|```(?:.|\n)*?^```)$", "", text, flags=re.M)
    for code in re.findall(r"`([^`]+)`", prose):
        for words in commands(re.sub(r"\s+", " ", code)):
            count += 1
            fault = wrong(helps, words)
            if fault:
                problems.append(f"{where}: `{' '.join(words)}`: {fault}")
    return count, problems


def main():
    helps, total, bad = Helps(), 0, 0
    for path in pages():
        count, problems = check_page(helps, path)
        total, bad = total + count, bad + len(problems)
        for text in problems:
            print(f"FAIL {text}")
    print(f"{total - bad} ok, {bad} failed")
    return 1 if bad or total < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
