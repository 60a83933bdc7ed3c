# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: watcher.py ETCD UNIT

Stands beside a Unit, as an agent does where etcd has the configuration: each
value of the key `config` goes to the Unit by PUT /config. Nothing but that, so
that etcd's side costs as little as it can.
"""

import base64
import json
import socket
import sys

KEY = base64.b64encode(b"config").decode()


def connection(address):
    host, port = address.rsplit(":", 1)
    sock = socket.create_connection((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def put(unit, body):
    with connection(unit) as sock:
        sock.sendall(b"PUT /config HTTP/1.1\r\nHost: unit\r\nContent-Length: "
                     b"%d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        said = sock.recv(65536)
    if b" 200 " not in said.split(b"\r\n", 1)[0]:
        print(f"Unit said {said[:200]!r}", flush=True)


def lines(sock):
    """What a stream of chunks says, a line each; sizes of chunks are lines,
    too, and no JSON objects."""
    text = b""
    while more := sock.recv(65536):
        text += more
        *whole, text = text.split(b"\n")
        yield from (line for line in whole if line.startswith(b"{"))


def main():
    etcd, unit = sys.argv[1:]
    body = json.dumps({"create_request": {"key": KEY}}).encode()
    sock = connection(etcd)
    sock.sendall(b"POST /v3/watch HTTP/1.1\r\nHost: etcd\r\nContent-Length: "
                 b"%d\r\n\r\n%s" % (len(body), body))
    for line in lines(sock):
        result = json.loads(line)["result"]
        if result.get("created"):
            print("watching", flush=True)
        for event in result.get("events", ()):
            put(unit, base64.b64decode(event["kv"]["value"]))


if __name__ == "__main__":
    main()
