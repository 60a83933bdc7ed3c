# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the public headers declare, and what their comments say of it.

One reader for all that is made of them: the list of docs/reference/api.md, the
pages of `make docs`, the manual pages of section 3, and the check that nothing
is without a comment.

A comment is paragraphs: text, code (indented by four), or a list (`- `). In
text, p2p_name() is a function, P2P_NAME a constant, `code` is code.
"""
import re
from collections import namedtuple
from pathlib import Path

Parameter = namedtuple("Parameter", "name declared")
BLANK = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
# Set by the compiler's sort, or by whoever includes the header.
PLUMBING = {"P2P_API"}


class Comment:
    """A /** comment: what it says, of each parameter, and of the result."""

    def __init__(self, text):
        body = re.sub(r"^/\*\*|\*/$", "", text)
        body = re.sub(r"^ ?\* ?", "", body, flags=re.M)
        told, *tags = re.split(r"^ *@(?=param\b|return\b)", body, flags=re.M)
        told, self.is_file = re.subn(r"^\s*@file\n", "", told)
        self.blocks = list(blocks(told))
        self.params, self.result = {}, None
        for tag in tags:
            word, _, rest = " ".join(tag.split()).partition(" ")
            if word == "return":
                self.result = rest
            else:
                name, _, text_of = rest.partition(" ")
                self.params[name] = text_of.strip()

    def sentence(self):
        """The first one, without its full stop."""
        text = next((t for kind, t in self.blocks if kind == "text"), "")
        return re.split(r"(?<=\.)\s", text + " ")[0].rstrip(". ")


def blocks(text):
    """(kind, content) of each paragraph: text, code, or list."""
    lines = text.strip("\n").rstrip().split("\n")
    kinds = [kind_of(line) for line in lines]
    part, now = [], None
    for line, kind in zip(lines, kinds):
        if now == "code" and kind == "blank":
            kind = "code"
        elif now == "list" and kind == "code":
            kind = "list"
        if part and kind != now:
            yield from block(now, part)
            part = []
        now = kind
        part.append(line)
    yield from block(now, part)


def kind_of(line):
    if not line.strip():
        return "blank"
    if line.startswith("    "):
        return "code"
    return "list" if re.match(r" ?(- |  \S)", line) else "text"


def block(kind, lines):
    if kind == "code":
        yield kind, "\n".join(x[4:] for x in lines).strip("\n")
    elif kind == "list":
        items = re.split(r"^ ?- ", "\n".join(lines), flags=re.M)
        yield kind, [" ".join(i.split()) for i in items if i.strip()]
    elif kind == "text" and any(x.strip() for x in lines):
        yield kind, " ".join(" ".join(lines).split())


class Item:
    """A declaration: kind is function, struct, enum, typedef, macro, or opaque
    (a struct that programs only point to)."""

    def __init__(self, kind, name, code, comment, row):
        self.kind, self.name, self.code = kind, name, code
        self.comment, self.row = comment, row
        self.type, self.params = "", []
        found = re.match(rf"(P2P_API|typedef) (.*?)\s?(?:\b{name}|"
                         rf"\(\*{name}\))\((.*)\);$",
                         " ".join(BLANK.sub(" ", code).split()))
        if found:
            self.type = found[2].strip()
            self.params = [] if found[3] == "void" else [
                Parameter(name_of(p), p) for p in arguments(found[3])]

    def title(self):
        """What it is called where it is listed."""
        return {"function": f"{self.name}()", "struct": f"struct {self.name}",
                "opaque": f"struct {self.name}", "enum": f"enum {self.name}"
                }.get(self.kind, self.name)

    def missing(self):
        """What a comment leaves out; that of a callback may be short."""
        told = self.comment.params
        if self.kind == "function" or told:
            yield from (f"parameter {p.name}" for p in self.params
                        if not told.get(p.name))
        if self.kind == "function" and self.type != "void" and \
                not self.comment.result:
            yield "what it returns"
        for name in told.keys() - {p.name for p in self.params}:
            yield f"parameter {name}, which it does not have,"


def arguments(inner):
    """The parameters between parentheses."""
    depth, part = 0, ""
    for char in inner + ",":
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += char


def name_of(parameter):
    pointer = re.search(r"\(\*\s*(\w+)", parameter)
    return pointer[1] if pointer else re.findall(
        r"\w+", re.sub(r"\[.*?\]", "", parameter))[-1]


class Header:
    """One header: its name (host.h), its @file comment, what it declares."""

    def __init__(self, name, text):
        self.name, self.about, self.items = name, None, []
        self.lines = text.split("\n")
        row, comment = 0, None
        while row < len(self.lines):
            row, comment = self.step(row, comment)
        known = {i.name for i in self.items if i.kind == "struct"}
        self.items = [i for i in self.items if i.kind != "opaque" or
                      (i.comment and i.name not in known)]

    def step(self, row, comment):
        """Reads what begins at a row; the next row, and a comment that waits
        for its declaration."""
        line = self.lines[row]
        if line.startswith("/*"):
            end = self.until(row, lambda text: "*/" in text)
            comment = Comment("\n".join(self.lines[row:end])) \
                if line.startswith("/**") else None
            if comment and comment.is_file:
                self.about, comment = comment, None
            return end, comment
        if line.startswith("#ifdef __cplusplus"):
            return self.until(row, lambda t: t.endswith("#endif")), None
        if line.startswith("#define"):
            end = self.until(row, lambda text: not text.endswith("\\"))
            name = re.match(r"#define (\w+)", line)[1]
            if name not in PLUMBING and not name.endswith("_H"):
                self.add("macro", name, row, end, comment)
            return end, None
        if not line.strip() or line.startswith("#"):
            return row + 1, comment if line.strip() else None
        end = self.until(row, whole)
        self.declare(row, end, comment)
        return end, None

    def until(self, row, enough):
        end = row + 1
        while not enough("\n".join(self.lines[row:end])):
            end += 1
        return end

    def add(self, kind, name, row, end, comment):
        code = "\n".join(self.lines[row:end])
        self.items.append(Item(kind, name, code, comment, row + 1))

    def declare(self, row, end, comment):
        code = BLANK.sub(" ", "\n".join(self.lines[row:end]))
        for kind, pattern in (
                ("function", r"P2P_API\b[^;]*?\b(\w+)\s*\("),
                ("opaque", r"struct (\w+);"),
                ("struct", r"struct (\w+) \{"), ("enum", r"enum (\w+) \{"),
                ("typedef", r"typedef\b[^;]*?\(\*(\w+)\)"),
                ("typedef", r"typedef\b[^;]*?(\w+)\s*[;(]")):
            found = re.match(pattern, code)
            if found:
                self.add(kind, found[1], row, end, comment)
                return
        raise ValueError(f"{self.name}:{row + 1}: what is this?")


def whole(text):
    """Whether a declaration ends here."""
    bare = re.sub(r"^\s*#.*$", "", BLANK.sub(" ", text), flags=re.M)
    return bare.rstrip().endswith(";") and \
        bare.count("{") == bare.count("}")


def read(folder):
    """The headers of a folder, by name; p2p.h, which includes them, first."""
    paths = sorted(Path(folder).glob("*.h"),
                   key=lambda p: (p.name != "p2p.h", p.name))
    return [Header(p.name, p.read_text(encoding="utf-8")) for p in paths]
