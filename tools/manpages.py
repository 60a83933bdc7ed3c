#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: manpages.py UNITMESH UNITMESH.1 COMMANDS.MDOC FOLDER

Writes a manual page for each command into FOLDER: unitmesh-put.1. Names,
usages and flags are those of the program's table; what is said of them stands
in unitmesh.1, in the entries of its lists; COMMANDS.MDOC has, for some, the
line of the name and examples.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

ENTRY = re.compile(r"^\.It (.*)$")
COMMON = ("control", "name", "daemon", "output", "help")


def entries(page):
    """The entries of a page's lists: what they begin with, and their text."""
    found, head, body = [], None, []
    for line in page.splitlines():
        match = ENTRY.match(line)
        if match or line.startswith((".El", ".Ss", ".Sh")):
            if head is not None:
                found.append((head, "\n".join(body)))
            head, body = (match[1] if match else None), []
        elif head is not None:
            body.append(line)
    return found


def commands_of(head):
    """The commands that an entry is about: `get | put Ar PATH` is of two,
    `members approve | reject Ar MEMBER` of one."""
    words = []
    for word in head.split()[1:]:
        if word in ("Ar", "Op", "Fl", "Cm"):
            break
        words.append(word)
    if len(words) > 1 and words[1] == "|":
        return words[::2]
    return words[:1]


def flags_of(head):
    return re.findall(r"Fl -([a-z][a-z0-9-]+)", head)


def extras(text):
    """What COMMANDS.MDOC has: by command its lines."""
    parts = re.split(r'^\.\\" ---- (\S+)\n', text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def section(page, name):
    match = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", page, re.M | re.S)
    return match[1].rstrip("\n")


def escaped(text):
    """Plain text as mdoc: a line that begins with a dot or a quote is no
    macro."""
    text = text.replace("\\", "\\e")
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.M)


def plain(text):
    """A text of the table, in lines; what is indented stays as it is."""
    out, literal = [], False
    for line in re.sub(r"\. (?=[A-Z`])", ".\n", escaped(text)).split("\n"):
        if line.startswith("  ") != literal and line:
            out.append(".Bd -literal -offset indent" if not literal else ".Ed")
            literal = not literal
        if line or literal:
            out.append(line[2:] if literal else line.strip())
    return "\n".join(out + ([".Ed"] if literal else []))


def usage(words):
    """`PATH [VALUE]` in mdoc."""
    out = []
    for word in words.split():
        name = word.strip("[]").replace("...", "")
        macro = "Cm " + name.replace("|", " | ") if name.islower() or \
            "|" in name else "Ar " + name
        more = " ..." if "..." in word else ""
        out.append(f".Op {macro}{more}" if word[0] == "[" else
                   f".{macro}{more}")
    return "\n".join(out)


def synopsis(command):
    out = []
    for verb in command["verbs"]:
        words = [".Nm", f".Cm {command['name']}"]
        words += [f".Cm {verb['name']}"] if verb["name"] else []
        words += [usage(verb["words"])] if verb["words"] else []
        out += words + [".Op Ar FLAGS"]
    return "\n".join(out)


def name_line(command):
    """What the command does, as a part of a sentence."""
    alone = [v["text"] for v in command["verbs"] if not v["name"]]
    text = alone[0] if alone else command["text"]
    text = re.split(r"[.;:]\s|\.$", text.replace("\n", " "))[0]
    return escaped(text[0].lower() + text[1:])


def verbs_of(head):
    """The verbs that an entry is about: `members approve | reject Ar MEMBER`,
    `members Op Cm list`; none: it is about the command."""
    alone = re.fullmatch(r"Cm \S+ Op Cm (\w+)", head)
    words = re.match(r"Cm \S+((?: [a-z|]+)*)", head)[1].split()
    return [alone[1]] if alone else [w for w in words if w != "|"]


def verb_list(command, mine):
    """Each verb: what unitmesh.1 says of it, else what the table does."""
    out, done = [".Bl -tag -width Ds"], set()
    for verb in command["verbs"]:
        if not verb["name"] or verb["name"] in done:
            continue
        for head, body in mine:
            if verb["name"] in verbs_of(head):
                done |= set(verbs_of(head))
                out += [re.sub(r"^Cm \S+ (Op Cm )?", ".It Cm ", head), body]
                break
        else:
            words = usage(verb["words"]).replace("\n.", " ").lstrip(".")
            out += [f".It Cm {verb['name']} {words}".rstrip(),
                    plain(re.sub(r"\s+", " ", verb["text"]))]
    return "\n".join(out + [".El"])


def description(command, lists):
    mine = [(h, b) for h, b in lists if h.startswith("Cm ") and
            command["name"] in commands_of(h)]
    alone = [len(commands_of(h)) == 1 for h, _ in mine]
    of_it = [b for (h, b), one in zip(mine, alone)
             if not one or not verbs_of(h)]
    out = [plain(v["text"]) for v in command["verbs"] if not v["name"] and
           ("\n  " in v["text"] or not any(
               one and len(b) > len(v["text"])
               for (_, b), one in zip(mine, alone)))]
    for body in of_it:
        out += [".Pp", body] if out else [body]
    if any(v["name"] for v in command["verbs"]):
        out += [verb_list(command, mine)]
    return "\n".join(x for x in out if x)


def options(command, lists):
    taken = {f for v in command["verbs"] for f in v["flags"]}
    out, done = [".Bl -tag -width Ds"], set()
    for head, body in lists:
        flags = flags_of(head)
        if head.startswith("Fl ") and set(flags) & taken and head not in done:
            done.add(head)
            out += [".It " + head, body]
    return "\n".join(out + [".El"])


def see_also(command, all_of):
    near = sorted(c["name"] for c in all_of if c["group"] == command["group"]
                  and c["verbs"] and c is not command)
    out = [".Xr unitmesh 1 ,"]
    out += [f".Xr unitmesh-{n} 1 ," for n in near] + [".Xr unitmesh 8"]
    return "\n".join(out)


def page_of(command, all_of, page, lists, extra):
    own = extra.get(command["name"], "")
    name = re.search(r"^\.Nd (.*)\n", own, re.M)
    own = re.sub(r"^\.Nd .*\n", "", own, flags=re.M).strip("\n")
    return "\n".join(x for x in (
        '.\\" SPDX-License-Identifier: MIT OR Apache-2.0',
        '.\\" Made by tools/manpages.py.',
        re.search(r"^\.Dd .*$", page, re.M)[0],
        f".Dt UNITMESH-{command['name'].upper()} 1", ".Os",
        ".Sh NAME", f".Nm unitmesh-{command['name']}",
        f".Nd {name[1] if name else name_line(command)}",
        ".Sh SYNOPSIS", synopsis(command).replace(".Nm", ".Nm unitmesh"),
        ".Sh DESCRIPTION", description(command, lists),
        ".Sh OPTIONS", options(command, lists),
        ".Sh FILES", section(page, "FILES"),
        ".Sh EXIT STATUS", section(page, "EXIT STATUS"),
        ".Sh EXAMPLES\n" + own if own else "",
        ".Sh SEE ALSO", see_also(command, all_of), "") if x or x == "")


def main():
    program, manual, more, folder = sys.argv[1:5]
    commands = json.loads(subprocess.run(
        [program, "__grammar"], capture_output=True, check=True,
        text=True).stdout)["commands"]
    page = Path(manual).read_text(encoding="utf-8")
    extra = extras(Path(more).read_text(encoding="utf-8"))
    unknown = extra.keys() - {c["name"] for c in commands}
    if unknown:
        sys.exit(f"{more}: there is no command {', '.join(sorted(unknown))}")
    lists = entries(page)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("unitmesh-*.1"):
        old.unlink()
    for command in commands:
        if command["verbs"]:
            text = page_of(command, commands, page, lists, extra)
            (out / f"unitmesh-{command['name']}.1").write_text(
                re.sub(r"\n\n+", "\n", text), encoding="utf-8")


if __name__ == "__main__":
    main()
