# SPDX-License-Identifier: MIT OR Apache-2.0
"""Our WebSocket server behind reverse proxies, which end TLS for it, and what
it answers who speaks HTTP alone. A proxy that is not there is skipped."""

import http.client
import shutil
import socket
import ssl
import subprocess
import textwrap

import pytest
from checks import check_pubsub, check_services
from peer import Peer, require

HERE = "127.88.0.1"  # the server
FRONT = "127.88.0.2"  # the proxy

HAPROXY = """
    defaults
        mode http
        timeout connect 5s
        timeout client 30s
        timeout server 30s
        timeout tunnel 60s
    frontend web
        bind {front}:{http}
        bind {front}:{https} ssl crt {folder}/both.pem
        option forwardfor
        default_backend ours
    backend ours
        server one {here}:{port}
"""

NGINX = """
    daemon off;
    pid {folder}/nginx.pid;
    error_log stderr;
    events {{}}
    http {{
        access_log off;
        client_body_temp_path {folder}/body;
        proxy_temp_path {folder}/proxy;
        fastcgi_temp_path {folder}/fastcgi;
        uwsgi_temp_path {folder}/uwsgi;
        scgi_temp_path {folder}/scgi;
        server {{
            listen {front}:{http};
            listen {front}:{https} ssl;
            ssl_certificate {folder}/cert.pem;
            ssl_certificate_key {folder}/key.pem;
            location / {{
                proxy_pass http://{here}:{port};
                proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection "keep-alive, Upgrade";
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
            }}
        }}
    }}
"""

PROXIES = {
    "haproxy": (HAPROXY, lambda conf: ["-f", conf, "-db"]),
    "nginx": (NGINX, lambda conf: ["-c", conf, "-e", "stderr"]),
}


def certificate(folder):
    """A certificate of localhost that is its own authority."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out",
         "cert.pem", "-days", "30", "-subj", "/CN=localhost", "-addext",
         f"subjectAltName=DNS:localhost,IP:{FRONT}"],
        cwd=folder, check=True, capture_output=True)
    both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(both)


def free_ports(count):
    """Ports of the proxy's address that nobody has."""
    socks = [socket.create_server((FRONT, 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


class Proxy:
    """A proxy in front of a port, in a folder of its own."""

    def __init__(self, name, folder, port):
        program = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
        if program is None:
            pytest.skip(f"no {name} here: apt-get install {name}")
        self.http, self.https = free_ports(2)
        text, args = PROXIES[name]
        conf = folder / f"{name}.conf"
        conf.write_text(textwrap.dedent(text).format(
            front=FRONT, here=HERE, http=self.http, https=self.https,
            port=port, folder=folder))
        self.process = subprocess.Popen(
            [program, *args(str(conf))], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd=folder)

    def wait(self):
        """Until both ports answer; its words if it ends before."""
        waiting = [self.http, self.https]
        while waiting:
            assert self.process.poll() is None, self.process.stdout.read()
            try:
                socket.create_connection((FRONT, waiting[0]), 0.2).close()
                waiting.pop(0)
            except OSError:
                pass

    def __enter__(self):
        self.wait()
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(name="server")
def fixture_server(tmp_path):
    require("c")
    certificate(tmp_path)
    with Peer("c", ["--listen", f"/ip4/{HERE}/tcp/0/ws", "--topic",
                    "news"]) as server:
        yield server.ready()


def port_of(server):
    return int(server.addrs[0].split("/")[4])


@pytest.mark.parametrize("name", sorted(PROXIES))
@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_ours_through_a_proxy(tmp_path, server, name, secure):
    with Proxy(name, tmp_path, port_of(server)) as proxy, \
            Peer("c", ["--topic", "news", "--tls-ca",
                       str(tmp_path / "cert.pem")]) as other:
        other.ready()
        addr = f"/ip4/{FRONT}/tcp/{proxy.https}/tls/sni/localhost/ws" \
            if secure else f"/ip4/{FRONT}/tcp/{proxy.http}/ws"
        other.cmd(f"connect {addr}/p2p/{server.id}")
        c = other.wait_connected(server)
        assert c["transport"] == ("wss" if secure else "ws")
        for x, y in ((other, server), (server, other)):
            check_services(x, y)
            check_pubsub(x, y)


@pytest.mark.parametrize("name", sorted(PROXIES))
def test_who_is_not_believed(tmp_path, server, name):
    """The system's authorities do not know the proxy's certificate."""
    with Proxy(name, tmp_path, port_of(server)) as proxy, \
            Peer("c", []) as other:
        other.ready()
        addr = f"/ip4/{FRONT}/tcp/{proxy.https}/tls/ws/p2p/{server.id}"
        answer = other.cmd(f"connect {addr}", check=False)
        assert not answer["ok"]
        assert answer["error"] in ("authentication failed", "not found")


@pytest.mark.parametrize("name", sorted(PROXIES))
def test_plain_http_through_a_proxy(tmp_path, server, name):
    """Who looks with a browser, or checks whether it is up, hears 426."""
    with Proxy(name, tmp_path, port_of(server)) as proxy:
        context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        for conn in (http.client.HTTPConnection(FRONT, proxy.http, timeout=10),
                     http.client.HTTPSConnection(FRONT, proxy.https,
                                                 timeout=10,
                                                 context=context)):
            conn.request("GET", "/")
            answer = conn.getresponse()
            assert answer.status == 426
            assert answer.getheader("Upgrade") == "websocket"
            conn.close()
