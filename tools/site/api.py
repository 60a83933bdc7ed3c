# SPDX-License-Identifier: MIT OR Apache-2.0
"""The public headers as pages: of each what it is for, its functions, types
and constants, with links between them."""
import html
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api"))

import headers  # noqa: E402

PARTS = (("Functions", ("function",)),
         ("Types", ("struct", "enum", "typedef", "opaque")),
         ("Constants", ("macro",)))


class Reference:
    """All headers, and where each of their names is explained."""

    def __init__(self, folder):
        self.headers = headers.read(folder)
        self.home = {i.name: h for h in self.headers for i in h.items}
        self.used, self.now, self.own = set(), None, None

    def link(self, name, said):
        if name.startswith("P2P_E") and name not in self.home:
            name = "p2p_err"
        header = self.home.get(name)
        if not header or name == self.own:
            return said
        self.used.add(header.name)
        at = "" if header is self.now else f"{header.name[:-2]}.html"
        return f'<a href="{at}#{name}">{said}</a>'

    def names(self, text):
        """Escaped text in which each known name is a link."""
        return re.sub(r"\b(?:p2p|P2P)_\w+\b", lambda m: self.link(
            m[0], m[0]), text)

    def prose(self, text):
        text = self.names(html.escape(text, quote=False))
        return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)

    def code(self, text):
        """A declaration, with links, but not to itself."""
        text = re.sub(r"/\*\*<?", "/*", text).replace("P2P_API ", "")
        return f"<pre><code>{self.names(html.escape(text, quote=False))}" \
               "</code></pre>"

    def told(self, blocks):
        for kind, content in blocks:
            if kind == "code":
                yield self.code(content)
            elif kind == "list":
                rows = "".join(f"<li>{self.prose(x)}" for x in content)
                yield f"<ul>{rows}</ul>"
            else:
                yield f"<p>{self.prose(content)}</p>"

    def item(self, item):
        self.own = item.name
        out = [f'<section class=op id="{item.name}"><h3><code>'
               f"{item.title()}</code></h3>"]
        if item.kind != "opaque":
            out.append(self.code(item.code))
        out += self.told(item.comment.blocks)
        if item.comment.params:
            rows = "".join(
                f"<dt><code>{name}</code><dd>{self.prose(text)}"
                for name, text in item.comment.params.items())
            out.append(f"<dl class=params>{rows}</dl>")
        if item.comment.result:
            out.append(f"<p><b>Returns</b> {self.prose(item.comment.result)}."
                       "</p>")
        return "".join(out + ["</section>"])

    def page(self, header):
        """A header: its body, headings, and the headers that it leads to."""
        self.used, self.now, self.own, heads = set(), header, None, []
        out = [f"<h1>p2p/{header.name}</h1>", *self.told(header.about.blocks)]
        for title, kinds in PARTS:
            items = [i for i in header.items if i.kind in kinds]
            if not items:
                continue
            heads.append(("h2", title.lower(), title))
            heads += [("h3", i.name, i.title()) for i in items]
            out.append(f'<h2 id="{title.lower()}">{title}</h2>')
            out += [self.item(i) for i in items]
        return "".join(out), heads, sorted(self.used)


def render(folder):
    """(path, title, body, headings, paths it leads to) of each header."""
    reference = Reference(folder)
    root = Path(folder).parents[1]
    for header in reference.headers:
        body, heads, leads = reference.page(header)
        path = os.path.relpath(folder, root)
        yield (f"{path}/{header.name}", f"p2p/{header.name}", body, heads,
               [f"{path}/{name}" for name in leads])
