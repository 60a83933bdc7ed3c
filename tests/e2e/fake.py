# SPDX-License-Identifier: MIT OR Apache-2.0
"""A daemon that answers what it was told to, whatever it is asked."""

import contextlib
import re
import socket
import threading

HEAD = 'HTTP/1.1 {}\r\nETag: "r2.{}"\r\nContent-Length: {}\r\n' \
    "Connection: close\r\n\r\n"


def _request(conn):
    """Reads one; its first line."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = conn.recv(65536)
        if not more:
            return ""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        more = conn.recv(65536)
        if not more:
            break
        body += more
    return head.split(b"\r\n")[0].decode()


class FakeDaemon:
    """At a socket, an answer a request: the body of a 200; None: it ends
    before it answers; a whole answer that begins with HTTP is sent so. Behind
    the last one it is gone. `asked` are the first lines of requests."""

    def __init__(self, control, *answers):
        self.control, self.answers, self.asked = control, answers, []
        self.server = socket.socket(socket.AF_UNIX)
        self.thread = threading.Thread(target=self._serve)

    def _serve(self):
        for answer in self.answers:
            try:
                conn, _ = self.server.accept()
            except OSError:
                return
            with conn, contextlib.suppress(OSError):
                self.asked.append(_request(conn))
                if answer is None:
                    continue
                if not answer.startswith("HTTP/"):
                    answer = HEAD.format("200 OK", "9f" * 32,
                                         len(answer)) + answer
                conn.sendall(answer.encode())
        self.server.close()

    def __enter__(self):
        self.control.unlink(missing_ok=True)
        self.server.bind(str(self.control))
        self.server.listen()
        self.thread.start()
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.server.close()
