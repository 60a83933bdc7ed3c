#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: man3.py HEADERS PAGE FOLDER
       man3.py HEADERS --links

Writes the manual pages of section 3 into FOLDER: one of each public header in
HEADERS, p2p_host.3 of host.h, p2p.3 of p2p.h; their date is that of PAGE.
--links prints `PAGE.3 FUNCTION.3` of each function: where it is explained.
"""
import re
import sys
from pathlib import Path

import headers

# What opens and closes a word in text that has a macro of its own.
WORD = re.compile(r"^([(]?)(?:(\w+)\(\)|(P2P_[A-Z]\w*|NULL)|`([^`]+)`)"
                  r"([.,:;)]*)$")


def escaped(text):
    """Plain text as mdoc: no macro, no escape, ASCII alone."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"^(?=[.'])", r"\\&", text, flags=re.M)
    return re.sub(r"[^\x00-\x7f]", lambda m: rf"\[u{ord(m[0]):04X}]", text)


def argument(text):
    """One argument of a macro."""
    return '"%s"' % escaped(text).replace('"', '\\(dq')


def macro(word):
    """A word that has a macro of its own, as a line; None for others."""
    found = WORD.match(word)
    if not found:
        return None
    opened, function, constant, code, closed = found.groups()
    if function:
        said = f"Fn {function}"
    elif constant:
        said = f"{'Er' if constant.startswith('P2P_E') else 'Dv'} {constant}"
    else:
        said = f"Ql {argument(code)}"
    if opened:
        name, what = said.split(" ", 1)
        said = f"{name} ( {what}"
    return " ".join([f".{said}", *closed])


def prose(text):
    """A paragraph: sentences and words with macros on lines of their own."""
    out, line = [], []

    def end():
        if line:
            out.append(escaped(" ".join(line)))
            line.clear()
    for word in re.findall(r"\(?`[^`]*`[.,:;)]*|\S+", text):
        said = macro(word)
        if said:
            end()
            out.append(said)
            continue
        if len(escaped(" ".join(line + [word]))) > 78:
            end()
        line.append(word)
        if re.search(r"[.:;?!]$", word):
            end()
    end()
    return "\n".join(out)


def literal(code):
    code = escaped(re.sub(r"/\*\*<?", "/*", code))
    return f".Bd -literal -offset indent\n{code}\n.Ed"


def told(blocks):
    """The paragraphs of a comment."""
    out = []
    for kind, content in blocks:
        if kind == "code":
            out.append(literal(content))
        elif kind == "list":
            out.append("\n".join([".Bl -bullet"] + [
                f".It\n{prose(item)}" for item in content] + [".El"]))
        else:
            out.append(prose(content))
    text = out[0] if out else ""
    for before, after in zip(out, out[1:]):
        plain = not before.endswith(".Ed") and not after.startswith(".B")
        text += ("\n.Pp\n" if plain else "\n") + after
    return text


def prototype(item):
    """A function in SYNOPSIS."""
    words = [argument(p.declared) for p in item.params] or [argument("void")]
    lines = [f".Ft {argument(item.type)}", f".Fo {item.name}"]
    return "\n".join(lines + [f".Fa {w}" for w in words] + [".Fc"])


def details(item):
    """A function or callback in DESCRIPTION."""
    names = " ".join(argument(p.name) for p in item.params)
    out = [f".It Fn {item.name} {names}".rstrip(), told(item.comment.blocks)]
    if item.comment.params:
        width = max(item.comment.params, key=len)
        out.append(f".Bl -tag -width {width}")
        for name, text in item.comment.params.items():
            out.append(f".It Fa {name}\n{prose(text)}")
        out.append(".El")
    if item.comment.result:
        out += [".Pp", prose(f"Returns {item.comment.result}.")]
    return "\n".join(out)


def value(item):
    """A constant or a type in DESCRIPTION, as it is declared."""
    if item.kind == "macro":
        head = f".It Dv {item.name}"
        one = re.match(rf"#define {item.name} (\S+)$", item.code)
        code = f".Pq {argument(one[1])}" if one else literal(item.code)
    else:
        head, code = f".It Vt {argument(item.title())}", literal(item.code)
        if item.kind == "typedef" and item.comment.params:
            return "\n".join([head, details(item).split("\n", 1)[1],
                              literal(item.code)])
    return "\n".join([head, told(item.comment.blocks)] +
                     ([] if item.kind == "opaque" else [code]))


def tagged(entries):
    return ["\n".join([".Bl -tag -width Ds", *entries, ".El"])]


def page_name(header):
    stem = header.name.removesuffix(".h")
    return stem if stem == "p2p" else f"p2p_{stem}"


def library(header):
    """What a program links for a header: its @file comment says so, where it
    is not p2p."""
    text = " ".join(t for kind, t in header.about.blocks if kind == "text")
    name = re.search(r"`pkg-config --libs ([a-z0-9-]+)`", text)
    name = escaped(name[1] if name else "p2p")
    return f"libp2p for C (lib{name}, \\-l{name}; pkg\\-config {name})"


def summary(header):
    """The line of NAME: the first sentence, as a part of one."""
    text = header.about.sentence()
    proper = re.match(r"\w\S*[A-Z0-9]", text)
    return escaped(text if proper else text[0].lower() + text[1:])


def ended(comment):
    return comment.sentence() + "."


def overview(everything):
    """What p2p(3) tells of the others."""
    rows = [f".It Xr {page_name(h)} 3\n{prose(ended(h.about))}"
            for h in everything if h.name != "p2p.h"]
    return [".Ss The pages", "\n".join(
        [".Bl -tag -width p2p_multiaddr(3)", *rows, ".El"])]


def page(header, everything, date):
    """A header's page."""
    of = {k: [i for i in header.items if i.kind in k] for k in (
        ("function",), ("macro",), ("struct", "enum", "typedef", "opaque"))}
    functions, macros, types = of.values()
    name = page_name(header)
    names = [name] + [i.name for i in functions if i.name != name]
    lines = ['.\\" SPDX-License-Identifier: MIT OR Apache-2.0',
             f'.\\" Made of include/p2p/{header.name} by tools/api/man3.py.',
             f".Dd {date}", f".Dt {name.upper()} 3", ".Os", ".Sh NAME",
             *[f".Nm {n} ," for n in names[:-1]], f".Nm {names[-1]}",
             f".Nd {summary(header)}", ".Sh LIBRARY", library(header),
             ".Sh SYNOPSIS", f".In p2p/{header.name}",
             *[prototype(i) for i in functions],
             ".Sh DESCRIPTION", told(header.about.blocks)]
    if header.name == "p2p.h":
        lines += overview(everything)
    for title, entries in (
            ("Functions", [details(i) for i in functions]),
            ("Types", [value(i) for i in types]),
            ("Constants", [value(i) for i in macros])):
        if entries:
            lines += [f".Ss {title}", *tagged(entries)]
    if functions and header.name != "err.h":
        lines += [".Sh RETURN VALUES",
                  "What each function returns stands with it.",
                  "Codes of errors are negative;",
                  ".Xr p2p_err 3",
                  "has them all, and makes words of them."]
    others = sorted(page_name(h) for h in everything)
    others.remove(name)
    also = [".Xr p2p 1 ,"] + [f".Xr {n} 3 ," for n in others]
    lines += [".Sh SEE ALSO", *also]
    lines[-1] = lines[-1].removesuffix(" ,")
    return "\n".join(lines) + "\n"


def pages(folder, manual):
    """(name, text) of each page, with the date of another one."""
    date = re.search(r"^\.Dd (.*)$", Path(manual).read_text(
        encoding="utf-8"), re.M)[1]
    everything = headers.read(folder)
    for header in everything:
        yield f"{page_name(header)}.3", page(header, everything, date)


def links(folder):
    """(page, name) of each function that has no page of its own."""
    for header in headers.read(folder):
        for item in header.items:
            if item.kind == "function" and item.name != page_name(header):
                yield f"{page_name(header)}.3", f"{item.name}.3"


def main():
    if sys.argv[2] == "--links":
        for names in links(sys.argv[1]):
            print(*names)
        return
    out = Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.3"):
        old.unlink()
    for name, text in pages(sys.argv[1], sys.argv[2]):
        (out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
