/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Heads of HTTP as browsers, go, js and reverse proxies send them, and what no
 * WebSocket begins with. */
#include "chan/ws/head.h"

#include <stdio.h>
#include <stdlib.h>

#include "chunker.h"
#include "unit.h"

#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define LINE  "GET /chat HTTP/1.1\r\n"
#define HOST  "Host: server.example.com\r\n"
#define UP    "Upgrade: websocket\r\n"
#define CONN  "Connection: Upgrade\r\n"
#define KEYED "Sec-WebSocket-Key: " KEY "\r\n"
#define V13   "Sec-WebSocket-Version: 13\r\n"
#define END   "\r\n"
#define REST  HOST UP CONN KEYED V13

#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"
#define YES    "Sec-WebSocket-Accept: " ACCEPT "\r\n"

/* Reads a head after a plan; what is behind it stays. Returns rx's word. */
static int feed(struct p2p__ws_head *h, const char *text, size_t len,
                struct chunker *c, size_t *left)
{
    int rv = 0;

    while (len > 0 && rv == 0 && !h->done) {
        size_t n = chunker_next(c, len);
        char *copy = malloc(n);
        struct p2p__slice in = p2p__slice_of(copy, n);

        assert_non_null(copy);
        memcpy(copy, text, n);
        rv = p2p__ws_head_rx(h, &in);
        assert_true(rv != 0 || h->done || in.len == 0);
        text += n - in.len;
        len -= n - in.len;
        free(copy);
    }
    *left = len;
    return rv;
}

static void init(struct p2p__ws_head *h, struct p2p__quota *q, bool server)
{
    p2p__quota_init(q, NULL, "conn");
    if (server) {
        p2p__ws_head_server(h, q);
    } else {
        p2p__ws_head_client(h, q, KEY);
    }
}

/* Under each plan: this is the word, and if a server refuses, this status. */
static void judge(bool server, const char *text, size_t len, int want,
                  uint16_t status)
{
    for (uint64_t seed = 0; seed < 9; seed++) {
        struct p2p__ws_head h;
        struct p2p__quota q;
        struct chunker c;
        size_t left;
        int rv;

        init(&h, &q, server);
        chunker_init(&c, (enum chunk_plan)(seed % CHUNK_PLANS), seed);
        rv = feed(&h, text, len, &c, &left);
        assert_int_equal(rv, want);
        assert_int_equal(h.done, want == 0);
        if (want == 0) {
            assert_int_equal(left, 0);
            assert_string_equal(h.key, KEY);
        } else if (server) {
            assert_int_equal(h.status, status);
        }
        p2p__ws_head_fini(&h);
        p2p__quota_fini(&q);
    }
}

#define SERVES(text) judge(true, text, sizeof(text) - 1, 0, 0)
#define REFUSES(text, err, status) \
    judge(true, text, sizeof(text) - 1, err, status)
#define GOES_ON(text)       judge(false, text, sizeof(text) - 1, 0, 0)
#define GIVES_UP(text, err) judge(false, text, sizeof(text) - 1, err, 0)

static void test_the_answer_of_the_rfc(void **state)
{
    char out[P2P__WS_ACCEPT_CHARS + 1];

    (void)state;
    assert_int_equal(p2p__ws_head_accept(KEY, out), 0);
    assert_string_equal(out, ACCEPT);
}

static void test_requests_of_clients(void **state)
{
    (void)state;
    SERVES(LINE REST END);
    SERVES("GET / HTTP/1.1\r\n" REST END);
    /* The RFC's own, with what browsers add. */
    SERVES(LINE REST
           "Origin: http://example.com\r\n"
           "Sec-WebSocket-Protocol: chat, superchat\r\n"
           "Sec-WebSocket-Extensions: permessage-deflate; "
           "client_max_window_bits\r\n"
           "User-Agent: Mozilla/5.0 (X11) \xc3\xbc\r\n"
           "Cookie: a=b; c=\"d\"\r\n"
           "Pragma: no-cache\r\nCache-Control: no-cache\r\n" END);
    /* In other words: cases, blanks, lists. */
    SERVES(LINE
           "host:a\r\nUPGRADE:\tWebSocket \r\n"
           "connection: keep-alive, Upgrade\r\n"
           "sec-websocket-key:" KEY " \r\nSec-Websocket-Version:13\r\n" END);
    SERVES(
        LINE HOST
        "Upgrade: h2c , websocket\r\nConnection: close\r\n" CONN KEYED V13 END);
}

static void test_requests_through_a_proxy(void **state)
{
    (void)state;
    SERVES("GET /ws?a=b HTTP/1.1\r\n" REST
           "X-Forwarded-For: 203.0.113.7, 10.0.0.1\r\n"
           "X-Forwarded-Proto: https\r\nForwarded: for=203.0.113.7\r\n"
           "X-Real-IP: 203.0.113.7\r\nVia: 1.1 proxy\r\n"
           "Content-Length: 0\r\n" END);
}

static void test_another_first_line(void **state)
{
    (void)state;
    REFUSES("POST / HTTP/1.1\r\n" REST END, P2P_EPROTO, 405);
    REFUSES("get / HTTP/1.1\r\n" REST END, P2P_EPROTO, 405);
    REFUSES("\r\n" LINE REST END, P2P_EPROTO, 405);
    REFUSES("GET / HTTP/1.0\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET / HTTP/2\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET /\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET  HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET chat HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET http://a/ HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET / / HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET /\t HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET /\xc3\xbc HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET / HTTP/1.1 \r\n" REST END, P2P_EPROTO, 400);
    REFUSES("GET /HTTP/1.1\r\n" REST END, P2P_EPROTO, 400);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    REFUSES(LINE HOST END, P2P_ENOPROTO, 426); /* a plain request */
    REFUSES(LINE HOST CONN KEYED V13 END, P2P_ENOPROTO, 426);
    REFUSES(LINE HOST UP KEYED V13 END, P2P_ENOPROTO, 426);
    REFUSES(LINE UP CONN KEYED V13 END, P2P_EPROTO, 400);
    REFUSES(LINE HOST UP CONN V13 END, P2P_EPROTO, 400);
    REFUSES(LINE HOST UP CONN KEYED END, P2P_EPROTO, 400);
    REFUSES(LINE HOST UP CONN KEYED "Sec-WebSocket-Version: 8\r\n" END,
            P2P_ENOPROTO, 426);
    REFUSES(LINE HOST "Upgrade: h2c\r\n" CONN KEYED V13 END, P2P_ENOPROTO, 426);
    REFUSES(LINE HOST "Upgrade: websockets\r\n" CONN KEYED V13 END,
            P2P_ENOPROTO, 426);
}

static void test_what_may_not_be_there(void **state)
{
    (void)state;
    REFUSES(LINE REST HOST END, P2P_EPROTO, 400);
    REFUSES(LINE REST KEYED END, P2P_EPROTO, 400);
    REFUSES(LINE REST V13 END, P2P_EPROTO, 400);
    REFUSES(LINE REST "Content-Length: 5\r\n" END "hello", P2P_EPROTO, 400);
    REFUSES(LINE REST "Content-Length: 0\r\nContent-Length: 0\r\n" END,
            P2P_EPROTO, 400);
    REFUSES(LINE REST "Transfer-Encoding: chunked\r\n" END, P2P_EPROTO, 400);
}

static void test_keys(void **state)
{
    (void)state;
#define WITH_KEY(key) LINE HOST UP CONN "Sec-WebSocket-Key: " key "\r\n" V13 END
    REFUSES(WITH_KEY(""), P2P_EPROTO, 400);
    REFUSES(WITH_KEY("dGhlIHNhbXBsZSBub25jZQ"), P2P_EPROTO, 400);
    REFUSES(WITH_KEY("dGhlIHNhbXBsZSBub25jZQ=a"), P2P_EPROTO, 400);
    REFUSES(WITH_KEY("dGhlIHNhbXBsZSBub25jZR=="), P2P_EPROTO, 400);
    REFUSES(WITH_KEY("dGhl IHNhbXBsZSBub25jZ=="), P2P_EPROTO, 400);
    REFUSES(WITH_KEY(KEY "="), P2P_EPROTO, 400);
}

static void test_lines_in_the_wrong_form(void **state)
{
    (void)state;
    REFUSES("GET / HTTP/1.1\n" REST END, P2P_EPROTO, 400);
    REFUSES(LINE HOST "Upgrade: websocket\n" CONN KEYED V13 END, P2P_EPROTO,
            400);
    REFUSES(LINE REST "\n", P2P_EPROTO, 400);
    REFUSES(LINE REST " folded: yes\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "\tfolded\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "Name : a\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "Na me: a\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "Na\xc3\xbcme: a\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST ": a\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "no colon\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "A: \x01\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "A: b\rC: d\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "A: b\x7f\r\n" END, P2P_EPROTO, 400);
    REFUSES(LINE REST "A: \0b\r\n" END, P2P_EPROTO, 400);
}

static void test_answers_of_servers(void **state)
{
    (void)state;
    GOES_ON(SWITCH UP CONN YES END);
    GOES_ON("HTTP/1.1 101\r\n" UP CONN YES END);
    GOES_ON(SWITCH
            "Server: nginx/1.22.1\r\nDate: Fri, 27 Nov 2026 00:00:00 "
            "GMT\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n" YES END);
    GIVES_UP("HTTP/1.1 404 Not Found\r\n" END, P2P_ENOPROTO);
    GIVES_UP("HTTP/1.1 1010\r\n" UP CONN YES END, P2P_ENOPROTO);
    GIVES_UP("HTTP/1.0 101 Yes\r\n" UP CONN YES END, P2P_EPROTO);
    GIVES_UP("SSH-2.0-OpenSSH_9.2\r\n", P2P_EPROTO);
    GIVES_UP(SWITCH CONN YES END, P2P_ENOPROTO);
    GIVES_UP(SWITCH UP YES END, P2P_ENOPROTO);
    GIVES_UP(SWITCH UP CONN END, P2P_EPROTO);
    GIVES_UP(SWITCH UP CONN YES YES END, P2P_EPROTO);
    GIVES_UP(SWITCH UP CONN
             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=\r\n" END,
             P2P_EAUTH);
    GIVES_UP(SWITCH UP CONN "Sec-WebSocket-Accept: \r\n" END, P2P_EAUTH);
    GIVES_UP(SWITCH UP CONN YES "Sec-WebSocket-Protocol: chat\r\n" END,
             P2P_EPROTO);
    GIVES_UP(SWITCH UP CONN YES
             "Sec-WebSocket-Extensions: permessage-deflate\r\n" END,
             P2P_EPROTO);
}

static void test_frames_behind_the_head_stay(void **state)
{
    static const char text[] = LINE REST END "\x82\x80";
    struct p2p__ws_head h;
    struct p2p__quota q;
    struct chunker c;
    size_t left;

    (void)state;
    init(&h, &q, true);
    chunker_init(&c, CHUNK_ALL, 0);
    assert_int_equal(feed(&h, text, sizeof text - 1, &c, &left), 0);
    assert_int_equal(left, 2);
    p2p__ws_head_fini(&h);
    p2p__quota_fini(&q);
}

/* A request of `len` bytes in all; the last header fills it. */
static char *request_of(size_t len)
{
    static const char begin[] = LINE REST "X: ";
    char *text = malloc(len + 1);

    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, begin, sizeof begin - 1);
    memcpy(text + len - 4, "\r\n\r\n", 4);
    return text;
}

static void test_the_longest_head(void **state)
{
    char *text = request_of(P2P__CAP_WS_HEAD_BYTES);

    (void)state;
    judge(true, text, P2P__CAP_WS_HEAD_BYTES, 0, 0);
    free(text);
    text = request_of(P2P__CAP_WS_HEAD_BYTES + 1);
    judge(true, text, P2P__CAP_WS_HEAD_BYTES + 1, P2P_ETOOBIG, 431);
    free(text);
}

static void test_the_most_headers(void **state)
{
    char text[4096];

    (void)state;
    for (unsigned extra = P2P__CAP_WS_HEADERS - 5;
         extra <= P2P__CAP_WS_HEADERS - 4; extra++) {
        size_t n = sizeof(LINE REST) - 1;
        bool fits = extra + 5 <= P2P__CAP_WS_HEADERS;

        memcpy(text, LINE REST, n);
        for (unsigned i = 0; i < extra; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "A%u: b\r\n", i);
        }
        memcpy(text + n, "\r\n", 2);
        judge(true, text, n + 2, fits ? 0 : P2P_ETOOBIG, 431);
    }
}

static void test_a_line_is_charged(void **state)
{
    struct p2p__ws_head h;
    struct p2p__quota q;
    struct chunker c;
    size_t left;

    (void)state;
    init(&h, &q, true);
    chunker_init(&c, CHUNK_ONE, 0);
    assert_int_equal(feed(&h, "GET /", 5, &c, &left), 0);
    assert_true(q.used[P2P__Q_MEMORY] > 0);
    assert_true(q.used[P2P__Q_MEMORY] < 1000);
    p2p__ws_head_fini(&h);
    q.limit[P2P__Q_MEMORY] = 100;
    p2p__ws_head_server(&h, &q);
    assert_int_equal(feed(&h, "GET /", 5, &c, &left), P2P_ELIMIT);
    assert_int_equal(h.status, 503);
    p2p__ws_head_fini(&h);
    p2p__quota_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_answer_of_the_rfc),
        cmocka_unit_test(test_requests_of_clients),
        cmocka_unit_test(test_requests_through_a_proxy),
        cmocka_unit_test(test_another_first_line),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_what_may_not_be_there),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_lines_in_the_wrong_form),
        cmocka_unit_test(test_answers_of_servers),
        cmocka_unit_test(test_frames_behind_the_head_stay),
        cmocka_unit_test(test_the_longest_head),
        cmocka_unit_test(test_the_most_headers),
        cmocka_unit_test(test_a_line_is_charged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
