#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: build.py OUTPUT

The manual as HTML: docs/, the pages on top of the tree that it leads to, the
manual pages (mandoc), REST (openapi.yaml) and the library's headers.
docs/README.md is the index and gives the navigation. A link that leads
nowhere, or to an anchor that is not there, is an error; so is a page that the
navigation does not reach.
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from markdown_it import MarkdownIt

import api
import openapi

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
MAN = ("unitmesh.1", "unitmesh.8", "p2p.1")
ASSETS = ("site.css", "site.js")


def slug(text, seen):
    """The anchor of a heading, as forges make it."""
    name = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
    n = seen[name] = seen.get(name, -1) + 1
    return f"{name}-{n}" if n else name


def address(path):
    """Where a file of the tree is in the site, from its top."""
    path = Path(path)
    if path.parts[0] == "docs":
        path = Path(*path.parts[1:])
    elif path.parts[0] == "include":
        path = Path("reference", *path.parts[1:])
    elif str(path) == "README.md":
        path = Path("project.md")
    if path.name == "README.md":
        return str(path.with_name("index.html"))
    if path.parts[0] == "man":
        return f"man/{path.name}.html"
    return str(path.with_suffix(".html"))


class Page:
    """What stands at one address."""

    def __init__(self, source, title, body, anchors, headings):
        self.source, self.title, self.body = source, title, body
        self.anchors, self.headings = anchors, headings
        self.links = []      # sources of the pages that it leads to
        self.pictures = []   # files that it shows
        self.at = address(source)

    def text(self):
        return html.unescape(re.sub(r"\s+", " ", re.sub(
            r"<[^>]+>", " ", self.body)))


def inline_text(token):
    return "".join(c.content for c in token.children
                   if c.type in ("text", "code_inline"))


def from_markdown(source):
    md = MarkdownIt("commonmark").enable("table")
    text = (ROOT / source).read_text(encoding="utf-8")
    tokens = md.parse(text)
    seen, headings, title = {}, [], source
    for i, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        said = inline_text(tokens[i + 1])
        name = slug(said, seen)
        token.attrSet("id", name)
        if token.tag == "h1":
            title = said
        elif token.tag in ("h2", "h3"):
            headings.append((token.tag, name, said))
    body = prompts(md.renderer.render(tokens, md.options, {}))
    body = body.replace("<table>", "<div class=wide><table>")
    body = body.replace("</table>", "</table></div>")
    return Page(source, title, body, set(re.findall(r' id="([^"]+)"', body)),
                headings)


def prompts(body):
    """Commands in what is shown of a terminal stand out."""
    def block(m):
        lines, going = [], False
        for line in m[2].split("\n"):
            p = re.match(r"([a-z0-9]*\$ )(.*)", line)
            if p:
                line = f"<span class=p>{p[1]}</span><b>{p[2]}</b>"
                open_ = p[2].count("'") + p[2].count("&#x27;")
                going = p[2].endswith("\\") or open_ % 2 or "&lt;&lt;" in p[2]
            elif going and line.strip():
                quotes = line.count("'") % 2
                going = line.endswith("\\") or not (quotes or line == "END")
                line = f"<b>{line}</b>"
            lines.append(line)
        return m[1] + "\n".join(lines) + "</code></pre>"
    return re.sub(r"(<pre><code[^>]*>)(.*?)</code></pre>", block, body,
                  flags=re.S)


def from_man(source):
    body = subprocess.run(
        ["mandoc", "-Thtml", "-O", "fragment,man=%N.%S.html", ROOT / source],
        check=True, capture_output=True, text=True).stdout
    name, section = source.rsplit("/", 1)[1].rsplit(".", 1)
    heads = [("h2", i, t.capitalize()) for i, t in re.findall(
        r'<h1 class="Sh" id="([^"]+)"><a[^>]*>([^<]+)', body)]
    body = re.sub(r'<(/?)h2\b', r'<\1h3', body)
    body = re.sub(r'<(/?)h1\b', r'<\1h2', body)
    return Page(source, f"{name}({section})",
                f'<h1>{name}({section})</h1><div class=man>{body}</div>',
                set(re.findall(r' id="([^"]+)"', body)), heads)


def sources():
    for path in sorted((ROOT / "docs").rglob("*.md")):
        yield str(path.relative_to(ROOT))
    yield from TOP


def read():
    """All pages, by where they come from."""
    pages = [from_markdown(s) for s in sources()]
    pages += [from_man(f"docs/man/{m}") for m in MAN]
    yaml = "docs/reference/openapi.yaml"
    body, heads = openapi.render(ROOT / yaml)
    pages.append(Page(yaml, "REST, request by request", body,
                      set(re.findall(r' id="([^"]+)"', body)), heads))
    for source, title, body, heads, leads in api.render(ROOT / "include/p2p"):
        pages.append(Page(source, title, body, set(re.findall(
            r' id="([^"]+)"', body)), heads))
        pages[-1].links = leads
    return {p.source: p for p in pages}


def lead(pages, page, problems):
    """Turns links into those of the site, and says which lead nowhere."""
    def one(m):
        target = html.unescape(m[1])
        if re.match(r"[a-z]+:", target):
            return m[0]
        path, _, anchor = target.partition("#")
        there = page.source if not path else os.path.normpath(
            os.path.join(os.path.dirname(page.source), path))
        if there not in pages:
            if not (ROOT / there).exists():
                problems.append(f"{page.source}: {target} leads nowhere")
            return '<a class=source title="in the sources"'
        if anchor and anchor not in pages[there].anchors:
            problems.append(f"{page.source}: {target}: there is no such anchor")
        at = os.path.relpath(pages[there].at, os.path.dirname(page.at) or ".")
        page.links.append(there)
        return f'<a href="{at}{"#" + anchor if anchor else ""}"'

    def picture(m):
        there = os.path.normpath(os.path.join(
            os.path.dirname(page.source), html.unescape(m[1])))
        if not (ROOT / there).exists():
            problems.append(f"{page.source}: {there}: there is no picture")
        else:
            page.pictures.append(there)
        up = os.path.relpath(".", os.path.dirname(page.at) or ".")
        return f'<img src="{up}/pictures/{os.path.basename(there)}"'

    if page.source.endswith(".md"):
        page.body = re.sub(r'<a href="([^"]*)"', one, page.body)
        page.body = re.sub(r'<img src="([^"]*)"', picture, page.body)


def navigation(pages, page):
    """The index's lists, seen from a page."""
    up = os.path.relpath(".", os.path.dirname(page.at) or ".")
    index, out = pages["docs/README.md"].body, []
    for part in re.split(r"(?=<h2)", index)[1:]:
        name = re.search(r"<h2[^>]*>(.*?)</h2>", part, re.S)[1]
        rows, here = [], False
        for at, text in re.findall(
                r'<li>\s*(?:<p>)?<a href="([^"]+)">(.*?)</a>', part, re.S):
            mine = at == page.at
            here = here or mine
            rows.append(f'<li><a href="{up}/{at}"'
                        f'{" aria-current=page" if mine else ""}>{text}</a>')
        out.append(f'<details{" open" if here else ""}><summary>{name}'
                   f'</summary><ul>{"".join(rows)}</ul></details>')
    return "".join(out)


def write(pages, page, frame, out):
    up = os.path.relpath(".", os.path.dirname(page.at) or ".")
    toc = "".join(f'<li class={tag}><a href="#{name}">{html.escape(text)}</a>'
                  for tag, name, text in page.headings)
    filled = frame
    for key, value in {"title": html.escape(page.title), "up": up,
                       "nav": navigation(pages, page), "body": page.body,
                       "toc": f"<ul>{toc}</ul>" if len(page.headings) > 1
                       else ""}.items():
        filled = filled.replace("{{%s}}" % key, value)
    path = out / page.at
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(filled, encoding="utf-8")


def main():
    out = Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)
    pages, problems = read(), []
    for page in pages.values():
        lead(pages, page, problems)
    reached, todo = set(), ["docs/README.md"]
    while todo:
        at = todo.pop()
        if at not in reached:
            reached.add(at)
            todo += pages[at].links
    problems += [f"{s}: no page leads there" for s in pages
                 if s not in reached]
    frame = (HERE / "page.html").read_text(encoding="utf-8")
    for page in pages.values():
        write(pages, page, frame, out)
    for name in ASSETS:
        shutil.copy(HERE / name, out / name)
    shutil.copy(ROOT / "docs/reference/openapi.yaml", out / "reference")
    (out / "pictures").mkdir()
    for name in {n for p in pages.values() for n in p.pictures}:
        shutil.copy(ROOT / name, out / "pictures")
    (out / "index.js").write_text("window.PAGES=" + json.dumps(
        [[p.at, p.title, [[n, t] for _, n, t in p.headings], p.text()]
         for p in pages.values()], separators=(",", ":")) + ";\n",
        encoding="utf-8")
    for text in problems:
        print(text)
    print(f"{len(pages)} pages, {len(problems)} problems: {out}/index.html")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
