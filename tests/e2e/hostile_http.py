#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A host that answers GET /config at port 8888 as it is told on standard
input: a mode a line (see MODES). Prints a line for each request."""

import itertools
import json
import socketserver
import sys
import threading
import time

FINE = {"listeners": {}, "routes": [], "applications": {}, "settings": {}}


class State:
    """What the next request gets."""

    mode = "fine"
    numbers = itertools.count(1)


def head(sock, text):
    sock.sendall(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")


def whole(sock, body, code="200 OK"):
    head(sock, f"HTTP/1.1 {code}\nContent-Length: {len(body)}\n"
         "Connection: close")
    sock.sendall(body)


def fine(sock):
    whole(sock, json.dumps(FINE).encode())


def each_other(sock):
    """A new configuration each time, after a while."""
    time.sleep(0.3)
    number = next(State.numbers)
    whole(sock, json.dumps({"routes": [{"action": {"return": 200 + number}}]}
                           ).encode())


def endless(sock):
    """Chunks without an end, as fast as they are taken."""
    head(sock, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    while True:
        sock.sendall(chunk)


def drip(sock):
    """A byte every now and then, for ever."""
    head(sock, "HTTP/1.1 200 OK\nContent-Length: 1000")
    while True:
        sock.sendall(b" ")
        time.sleep(0.2)


def huge(sock):
    head(sock, "HTTP/1.1 200 OK\nContent-Length: 1000000000")
    while True:
        sock.sendall(b"x" * 65536)


def redirect(sock):
    head(sock, "HTTP/1.1 302 Found\nLocation: http://127.0.0.1:8800/config\n"
         "Content-Length: 0\nConnection: close")


def own_path(sock):
    head(sock, "HTTP/1.1 301 Moved\nLocation: /elsewhere\nContent-Length: 0\n"
         "Connection: close")


def no_json(sock):
    whole(sock, b"<html>log in first</html>")


def no_object(sock):
    whole(sock, b"[{}]")


def deep(sock):
    """Enough to kill a Unit's parser."""
    whole(sock, b'{"x": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}")


def full(sock):
    whole(sock, b'{"x": [' + b"1," * 4_000_000 + b"1]}")


def many(sock):
    """More members than a document of a mesh may have; a Unit runs it."""
    sources = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(150000)]
    whole(sock, json.dumps({"routes": [
        {"match": {"source": sources}, "action": {"return": 200}}]}).encode())


def no_unit(sock):
    whole(sock, b'{"bogus": true}')


def short(sock):
    head(sock, "HTTP/1.1 200 OK\nContent-Length: 1000")
    sock.sendall(b"{}")


def no_http(sock):
    sock.sendall(b"\x00\x01\x02 220 smtp.example.org\n" * 100)


def missing(sock):
    whole(sock, b"no", "404 Not Found")


def heads(sock):
    """Headers without an end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"X-Header: " + b"y" * 1000 + b"\r\n")


def mute(sock):
    while sock.recv(1000):
        pass


MODES = {f.__name__: f for f in (
    fine, each_other, endless, drip, huge, redirect, own_path, no_json,
    no_object, deep, full, many, no_unit, short, no_http, missing, heads, mute)}


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        request = b""
        while b"\r\n\r\n" not in request:
            part = self.request.recv(4096)
            if not part:
                return
            request += part
        line = request.split(b"\r\n")[0].decode("latin-1")
        print(f"request {line}", flush=True)
        try:
            MODES[State.mode](self.request)
            word = "done"
        except OSError:
            word = "cut"
        print(f"{word} {State.mode}", flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main():
    with Server(("0.0.0.0", 8888), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("ready", flush=True)
        for line in sys.stdin:
            State.mode = line.strip()
            print(f"mode {State.mode}", flush=True)


if __name__ == "__main__":
    main()
