/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A client and a server of WebSocket, cut in any way: the opening, data both
 * ways, the end. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "chan/ws/head.h"
#include "unit.h"
#include "ws_end.h"

static void fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(i * 131 + (i >> 8));
    }
}

static void test_the_request(void **state)
{
    struct ws_end *e = ws_end_new(true);
    char *end, *key;

    (void)state;
    assert_int_equal(ws_end_draw(e, 7), 0);
    e->wire[e->wire_len] = '\0';
    key = strstr((char *)e->wire, "Sec-WebSocket-Key: ");
    assert_non_null(key);
    end = strchr(key, '\r');
    assert_int_equal(end - key, 19 + P2P__WS_KEY_CHARS);
    memset(key + 19, '?', P2P__WS_KEY_CHARS);
    assert_string_equal((char *)e->wire,
                        "GET / HTTP/1.1\r\n"
                        "Host: 127.0.0.1:4001\r\n"
                        "Upgrade: websocket\r\n"
                        "Connection: Upgrade\r\n"
                        "Sec-WebSocket-Key: ????????????????????????\r\n"
                        "Sec-WebSocket-Version: 13\r\n\r\n");
    ws_end_free(e);
}

static void test_the_answer(void **state)
{
    static const char request[] =
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\n"
        "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n";
    struct ws_end *e = ws_end_new(false);

    (void)state;
    assert_int_equal(ws_end_feed(e, request, sizeof request - 1, NULL), 0);
    assert_int_equal(ws_end_draw(e, 5), 0);
    e->wire[e->wire_len] = '\0';
    assert_string_equal(
        (char *)e->wire,
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    ws_end_free(e);
}

static void test_nothing_is_said_before_the_opening(void **state)
{
    struct ws_end *client = ws_end_new(true), *server = ws_end_new(false);
    size_t request;

    (void)state;
    client->app = server->app = (const uint8_t *)"early";
    client->app_len = server->app_len = 5;
    assert_int_equal(ws_end_draw(client, 0), 0);
    assert_int_equal(ws_end_draw(server, 0), 0);
    assert_int_equal(server->wire_len, 0);
    assert_int_equal(client->app_len, 5);
    request = client->wire_len;
    assert_int_equal(ws_end_carry(client, server, NULL), 0);
    assert_true(request > 100);
    assert_int_equal(ws_end_draw(server, 0), 0);
    assert_int_equal(ws_end_carry(server, client, NULL), 0);
    assert_int_equal(client->up_len, 5);
    assert_int_equal(ws_end_draw(client, 0), 0);
    assert_int_equal(ws_end_carry(client, server, NULL), 0);
    assert_int_equal(server->up_len, 5);
    ws_end_free(client);
    ws_end_free(server);
}

static void test_bytes_pass_in_any_pieces(void **state)
{
    static uint8_t text[40000];

    (void)state;
    fill(text, sizeof text);
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct ws_end *client, *server;
        struct chunker c;

        chunker_init(&c, (enum chunk_plan)(seed % CHUNK_PLANS), seed);
        ws_end_pair(&client, &server, &c);
        client->app = server->app = text;
        client->app_len = server->app_len = sizeof text;
        assert_int_equal(ws_end_draw(client, 20 + (size_t)seed * 977), 0);
        assert_int_equal(ws_end_draw(server, 16 + (size_t)seed * 9770), 0);
        assert_int_equal(ws_end_carry(client, server, &c), 0);
        assert_int_equal(ws_end_carry(server, client, &c), 0);
        assert_int_equal(server->up_len, sizeof text);
        assert_int_equal(client->up_len, sizeof text);
        assert_memory_equal(server->up, text, sizeof text);
        assert_memory_equal(client->up, text, sizeof text);
        ws_end_free(client);
        ws_end_free(server);
    }
}

static void test_a_client_masks_and_a_server_does_not(void **state)
{
    static const uint8_t text[] = "in the clear";
    struct ws_end *client, *server;

    (void)state;
    ws_end_pair(&client, &server, NULL);
    client->app = server->app = text;
    client->app_len = server->app_len = sizeof text;
    assert_int_equal(ws_end_draw(client, 0), 0);
    assert_int_equal(ws_end_draw(server, 0), 0);
    assert_int_equal(client->wire_len, 2 + 4 + sizeof text);
    assert_int_equal(client->wire[0], 0x82);
    assert_int_equal(client->wire[1], 0x80 | sizeof text);
    assert_memory_not_equal(client->wire + 6, text, sizeof text);
    assert_int_equal(server->wire_len, 2 + sizeof text);
    assert_memory_equal(server->wire, "\x82\x0d", 2);
    assert_memory_equal(server->wire + 2, text, sizeof text);
    ws_end_free(client);
    ws_end_free(server);
}

/* What a server answers to what is no WebSocket. */
static void refused(const char *request, const char *answer, int err)
{
    struct ws_end *e = ws_end_new(false);

    assert_int_equal(ws_end_feed(e, request, strlen(request), NULL), err);
    assert_true(p2p__ws_ops.deadline(e->chan) == P2P_NEVER);
    assert_int_equal(ws_end_draw(e, 9), 0);
    e->wire[e->wire_len] = '\0';
    assert_string_equal((char *)e->wire, answer);
    ws_end_free(e);
}

static void test_a_server_says_why_not(void **state)
{
    (void)state;
    refused("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nConnection: Upgrade, close\r\n"
            "Content-Length: 0\r\n\r\n",
            P2P_ENOPROTO);
    refused("POST / HTTP/1.1\r\n",
            "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n"
            "Connection: close\r\nContent-Length: 0\r\n\r\n",
            P2P_EPROTO);
    refused("GET / HTTP/0.9\r\n",
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
            "Content-Length: 0\r\n\r\n",
            P2P_EPROTO);
}

static void test_a_client_that_is_refused(void **state)
{
    static const char no[] = "HTTP/1.1 404 Not Found\r\n\r\n";
    struct ws_end *e = ws_end_new(true);

    (void)state;
    assert_int_equal(ws_end_draw(e, 0), 0);
    e->wire_len = 0;
    assert_int_equal(ws_end_feed(e, no, sizeof no - 1, NULL), P2P_ENOPROTO);
    assert_int_equal(ws_end_draw(e, 0), 0);
    assert_int_equal(e->wire_len, 0); /* it has nothing to say */
    ws_end_free(e);
}

static void test_a_client_takes_no_answer_before_it_asked(void **state)
{
    static const char early[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n";
    struct ws_end *e = ws_end_new(true);

    (void)state;
    assert_true(ws_end_feed(e, early, sizeof early - 1, NULL) < 0);
    ws_end_free(e);
}

static void test_an_opening_that_takes_too_long(void **state)
{
    struct ws_end *e = ws_end_new(false);
    p2p_ns at = p2p__ws_ops.deadline(e->chan);

    (void)state;
    assert_true(at == P2P__WS_TIMEOUT);
    assert_int_equal(ws_end_feed(e, "GET / HT", 8, NULL), 0);
    assert_int_equal(p2p__ws_ops.expire(e->chan, at - 1), 0);
    assert_int_equal(p2p__ws_ops.expire(e->chan, at), P2P_ETIMEDOUT);
    assert_int_equal(ws_end_draw(e, 0), 0);
    assert_memory_equal(e->wire, "HTTP/1.1 408 ", 13);
    ws_end_free(e);
    e = ws_end_server();
    assert_true(p2p__ws_ops.deadline(e->chan) == P2P_NEVER);
    ws_end_free(e);
}

static void test_an_open_channel_holds_nothing_of_a_peer(void **state)
{
    struct ws_end *e = ws_end_server();

    (void)state;
    assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0);
    ws_end_free(e);
}

static void test_no_memory_for_a_request_is_503(void **state)
{
    static const char request[] =
        "GET /chat HTTP/1.1\r\nHost: a\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n";
    struct ws_end *e = ws_end_new(false);

    (void)state;
    e->quota.limit[P2P__Q_MEMORY] = 1;
    /* A part of it: the rest has to be waited for. */
    assert_int_equal(ws_end_feed(e, request, 9, NULL), P2P_ELIMIT);
    assert_int_equal(ws_end_draw(e, 0), 0);
    assert_memory_equal(e->wire, "HTTP/1.1 503 ", 13);
    ws_end_free(e);
}

static void test_hosts(void **state)
{
    char longest[P2P__WS_HOST_MAX + 2];
    struct test_env env;
    struct p2p__ws_cfg cfg = {.dialer = true, .env = &env.env};
    const char *const bad[] = {NULL,  "",     "a\r\nX: y",
                               "a b", "\x7f", "h\xc3\xb6st"};
    void *chan;

    (void)state;
    test_env_init(&env, 1);
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        cfg.host = bad[i];
        assert_int_equal(p2p__ws_new(&cfg, &chan, 0), P2P_EINVAL);
        assert_null(chan);
    }
    memset(longest, 'a', sizeof longest);
    longest[P2P__WS_HOST_MAX + 1] = '\0';
    cfg.host = longest;
    assert_int_equal(p2p__ws_new(&cfg, &chan, 0), P2P_EINVAL);
    longest[P2P__WS_HOST_MAX] = '\0';
    assert_int_equal(p2p__ws_new(&cfg, &chan, 0), 0);
    p2p__ws_ops.fini(chan);
    p2p__free(chan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_request),
        cmocka_unit_test(test_the_answer),
        cmocka_unit_test(test_nothing_is_said_before_the_opening),
        cmocka_unit_test(test_bytes_pass_in_any_pieces),
        cmocka_unit_test(test_a_client_masks_and_a_server_does_not),
        cmocka_unit_test(test_a_server_says_why_not),
        cmocka_unit_test(test_a_client_that_is_refused),
        cmocka_unit_test(test_a_client_takes_no_answer_before_it_asked),
        cmocka_unit_test(test_an_opening_that_takes_too_long),
        cmocka_unit_test(test_an_open_channel_holds_nothing_of_a_peer),
        cmocka_unit_test(test_no_memory_for_a_request_is_503),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
