# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a node that does not run has on its disk: each revision, read out of
its envelope (docs/reference/formats.md) and by nothing of the product."""

import hashlib
import sqlite3

KIND_REVISION = 1
# Fields of a signed envelope, and of the payload of a revision.
PAYLOAD = 3
BY, PARENTS, NUMBER, DOC, MESSAGE = 4, 5, 6, 8, 16


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """{number: [value, …]}: integers, or bytes."""
    out, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            size = value
            value, at = data[at:at + size], at + size
        out.setdefault(key >> 3, []).append(value)
    return out


class Revision:
    """One of them."""

    def __init__(self, envelope):
        payload = fields(envelope)[PAYLOAD][0]
        f = fields(payload)
        self.id = hashlib.sha256(payload).hexdigest()
        self.by = f[BY][0].hex()
        parents = b"".join(f.get(PARENTS, []))
        self.parents = [parents[i:i + 32].hex()
                        for i in range(0, len(parents), 32)]
        self.number = f[NUMBER][0]
        self.doc = f[DOC][0].hex()
        self.message = f.get(MESSAGE, [b""])[0].decode()


class Stored:
    """All of a store: `revisions` and `documents` by their names."""

    def __init__(self, folder):
        self.revisions = {}
        with sqlite3.connect(f"file:{folder}/mesh.db?mode=ro",
                             uri=True) as db:
            for name, envelope in db.execute(
                    "SELECT id, envelope FROM items WHERE kind = ?",
                    (KIND_REVISION,)):
                r = Revision(bytes(envelope))
                assert r.id == bytes(name).hex(), f"{r.id} is not what it says"
                self.revisions[r.id] = r
            self.documents = {bytes(h).hex(): bytes(b) for h, b in db.execute(
                "SELECT hash, bytes FROM documents")}

    def descent(self, heads):
        """The ids of these and of all that they are built upon."""
        found, todo = set(), list(heads)
        while todo:
            name = todo.pop()
            if name in found or name not in self.revisions:
                continue
            found.add(name)
            todo += self.revisions[name].parents
        return found
