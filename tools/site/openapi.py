# SPDX-License-Identifier: MIT OR Apache-2.0
"""An OpenAPI description as a page: by tag, each request with its parameters,
its body, its answers; then the schemas."""
import html
import re

import yaml


def words(text):
    """A description: `code`, paragraphs."""
    text = html.escape(" ".join((text or "").split("\n\n")[0].split()),
                       quote=False)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


class Page:
    def __init__(self, spec):
        self.spec = spec
        self.out = []
        self.heads = []

    def whole(self, node):
        """What a $ref stands for."""
        while "$ref" in node:
            at = self.spec
            for part in node["$ref"].split("/")[1:]:
                at = at[part.replace("~1", "/").replace("~0", "~")]
            node = at
        return node

    def type_of(self, s):
        """A schema in a few words, with a link where it has a name."""
        if s is True or not s:
            return "anything"
        if "$ref" in s:
            name = s["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{name}">{name}</a>'
        for key, join in (("oneOf", " or "), ("anyOf", " or "),
                          ("allOf", " and ")):
            if key in s:
                return join.join(self.type_of(x) for x in s[key])
        if "const" in s:
            return f"<code>{html.escape(str(s['const']).strip())}</code>"
        if "enum" in s:
            return " ".join(f"<code>{html.escape(str(x))}</code>"
                            for x in s["enum"])
        kind = s.get("type", "anything")
        if isinstance(kind, list):
            kind = " or ".join(kind)
        if kind == "array":
            return "array of " + self.type_of(s.get("items", {}))
        if kind == "object" and "properties" in s:
            return "object: " + self.members(s)
        return html.escape(kind) + limits(s)

    def members(self, s):
        rows = []
        for name, p in s["properties"].items():
            said = words(None if p is True else p.get("description"))
            rows.append(f"<li><code>{html.escape(name)}</code>" + (
                "" if name in s.get("required", []) else
                " <i>may be missing</i>") + f": {self.type_of(p)}" +
                (f" – {said}" if said else ""))
        return f"<ul class=members>{''.join(rows)}</ul>"

    def table(self, head, rows):
        if rows:
            cells = "".join(f"<th>{h}" for h in head)
            self.out.append(f"<div class=wide><table><thead><tr>{cells}</thead>"
                            "<tbody>" + "".join(
                                "<tr>" + "".join(f"<td>{c}" for c in r)
                                for r in rows) + "</tbody></table></div>")

    def request(self, path, method, op, shared):
        name = op["operationId"]
        self.out.append(
            f'<section class=op id="{name}"><h3><span class="m {method}">'
            f'{method.upper()}</span> <code>{html.escape(path)}</code></h3>'
            f'<p><b>{words(op.get("summary"))}.</b> '
            f'{words(op.get("description"))}</p><details><summary>'
            'Parameters and answers</summary>')
        self.table(("parameter", "in", "", ""), [
            (f"<code>{html.escape(p['name'])}</code>", p["in"],
             self.type_of(p.get("schema", {})), words(p.get("description")))
            for p in map(self.whole, shared + op.get("parameters", []))])
        if "requestBody" in op:
            body = self.whole(op["requestBody"])
            self.table(("body", ""), [
                (kind, self.type_of(c.get("schema", {})))
                for kind, c in body["content"].items()])
        self.table(("answer", "", "content"), [
            (f"<code>{code}</code>", words(r.get("description")), "<br>".join(
                f"{kind}: {self.type_of(c.get('schema', {}))}"
                for kind, c in r.get("content", {}).items()))
            for code, r in ((c, self.whole(r)) for c, r in
                            op["responses"].items())])
        self.out.append("</details></section>")

    def tag(self, tag):
        anchor = "tag-" + tag["name"]
        self.heads.append(("h2", anchor, tag["name"].capitalize()))
        self.out.append(f'<h2 id="{anchor}">{tag["name"].capitalize()}</h2>'
                        f'<p>{words(tag.get("description"))}</p>')
        for path, item in self.spec["paths"].items():
            for method in ("get", "put", "post", "patch", "delete"):
                op = item.get(method)
                if op and op.get("tags", [""])[0] == tag["name"]:
                    self.request(path, method, op, item.get("parameters", []))

    def schemas(self):
        self.heads.append(("h2", "schemas", "Schemas"))
        self.out.append('<h2 id="schemas">Schemas</h2>')
        for name, s in self.spec["components"]["schemas"].items():
            self.out.append(
                f'<section class=op id="schema-{name}"><h3>{name}</h3>'
                f'<p>{words(s.get("description"))}</p>'
                f'<div>{self.type_of(s)}</div></section>')


def limits(s):
    said = [f"{label} {s[key]}" for key, label in (
        ("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"))
        if key in s]
    if "pattern" in s:
        said.append(f"<code>{html.escape(s['pattern'])}</code>")
    return " (" + ", ".join(said) + ")" if said else ""


def render(path):
    """The body of the page, and its headings."""
    with open(path, encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    page = Page(spec)
    info = spec["info"]
    page.out.append("<h1>REST, request by request</h1>" + "".join(
        f"<p>{words(p)}</p>" for p in info["description"].split("\n\n")) +
        '<p>For programs: <a href="openapi.yaml">openapi.yaml</a>, OpenAPI '
        "3.1. What requests mean: <a href=\"rest-config.html\">Unit's paths"
        '</a>, <a href="rest-mesh.html">the mesh\'s</a>.</p>')
    for tag in spec["tags"]:
        page.tag(tag)
    page.schemas()
    return "\n".join(page.out), page.heads
