/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One request, one answer: where heads and bodies end, who is let in. */
#include <stdlib.h>
#include <string.h>

#include "mesh/standin/head.h"
#include "unit.h"
#include "unit_rig.h"

static struct rig *rig_of(void **state)
{
    return *state;
}

static int setup(void **state)
{
    struct rig *r = malloc(sizeof(*r));

    rig_init(r);
    rig_start(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(rig_of(state));
    free(*state);
    return 0;
}

static void test_an_answer(void **state)
{
    struct rig *r = rig_of(state);

    assert_string_equal(rig_ask(r, "GET", "/config", NULL),
                        "HTTP/1.1 200 OK\r\n"
                        "Server: Unit/1.35.0\r\n"
                        "Date: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
                        "Content-Type: application/json\r\n"
                        "Content-Length: 62\r\n"
                        "Connection: close\r\n"
                        "\r\n"
                        "{\r\n"
                        "\t\"listeners\": {},\r\n"
                        "\t\"routes\": [],\r\n"
                        "\t\"applications\": {}\r\n"
                        "}\r\n");
    assert_true(r->closed);
}

static void test_requests_in_pieces(void **state)
{
    static const char request[] =
        "PUT /config/listeners HTTP/1.1\r\n"
        "Host: x\r\nContent-Length: 31\r\n\r\n"
        "{\"*:8080\": {\"pass\": \"routes\"}}\n";
    struct rig *r = rig_of(state);

    for (int plan = 0; plan < CHUNK_PLANS; plan++) {
        struct um_standin_conn *c = rig_connect(r);

        rig_send(r, c, request, sizeof(request) - 2, (enum chunk_plan)plan);
        assert_false(rig_take_answer(r, c));
        rig_send(r, c, "\n", 1, CHUNK_ALL);
        assert_true(rig_take_answer(r, c));
        assert_non_null(strstr(r->answer, "Reconfiguration done."));
    }
    assert_true(rig_is_open(r, "*:8080"));
}

static void test_a_body_without_length_is_empty(void **state)
{
    struct rig *r = rig_of(state);

    rig_raw(r, "PUT /config HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(r->answer, "An empty JSON payload isn't allowed."));
}

/* What one read brings behind the end of a body is body too. */
static void test_surplus_in_the_same_read_is_body(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_conn *c;

    rig_raw(r, "PUT /config HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET ");
    assert_non_null(strstr(r->answer, "Unexpected character after the end"));
    rig_raw(r, "PUT /config HTTP/1.1\r\n\r\n{}");
    assert_non_null(strstr(r->answer, "Reconfiguration done."));
    /* another read's bytes are not looked at */
    c = rig_connect(r);
    rig_send(r, c, "PUT /config HTTP/1.1\r\nContent-Length: 2\r\n\r\n", 43,
             CHUNK_ALL);
    rig_send(r, c, "{}", 2, CHUNK_ALL);
    assert_int_equal(um_standin_room(c), 0);
    assert_true(rig_take_answer(r, c));
    assert_non_null(strstr(r->answer, "Reconfiguration done."));
}

/* A body that does not fit behind the head has a buffer of its exact size. */
static void test_no_surplus_fits_a_long_body(void **state)
{
    static const char head[] =
        "PUT /config HTTP/1.1\r\nContent-Length: 2000\r\n\r\n";
    struct rig *r = rig_of(state);
    struct um_standin_conn *c = rig_connect(r);
    char body[2000];

    memset(body, ' ', sizeof(body));
    memcpy(body, "{}", 2);
    rig_send(r, c, head, sizeof(head) - 1, CHUNK_ALL);
    assert_int_equal(um_standin_room(c), sizeof(body));
    rig_send(r, c, body, 1500, CHUNK_ALL);
    assert_int_equal(um_standin_room(c), 500);
    rig_send(r, c, body + 1500, 500, CHUNK_ALL);
    assert_true(rig_take_answer(r, c));
    assert_non_null(strstr(r->answer, "Reconfiguration done."));
}

static void send_head(struct rig *r, size_t length)
{
    struct um_buf b = UM_BUF_INIT;

    um_buf_text(&b, "GET /config HTTP/1.1\r\nX: ");
    um_buf_fill(&b, 'x', length - b.len - 4);
    um_buf_text(&b, "\r\n\r\n");
    assert_int_equal(b.len, length);
    um_buf_byte(&b, '\0');
    rig_raw(r, b.p);
    um_buf_fini(&b);
}

static void test_cap_head_bytes(void **state)
{
    struct rig *r = rig_of(state);

    send_head(r, UM__CAP_STANDIN_HEAD_BYTES);
    assert_non_null(strstr(r->answer, "200 OK"));
    send_head(r, UM__CAP_STANDIN_HEAD_BYTES + 1);
    assert_true(r->closed);
    assert_int_equal(r->answer_len, 0);
}

static void test_malformed_heads_are_closed_without_a_word(void **state)
{
    static const char *const bad[] = {
        "get / HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "\x16\x03\x01 a TLS hello\r\n\r\n",
    };
    struct rig *r = rig_of(state);

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rig_raw(r, bad[i]);
        assert_true(r->closed);
        assert_int_equal(r->answer_len, 0);
    }
}

static void test_an_end_before_the_end(void **state)
{
    static const char *const parts[] = {
        "", "GET /config",
        "PUT /config HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}"};
    struct rig *r = rig_of(state);

    for (size_t i = 0; i < 3; i++) {
        struct um_standin_conn *c = rig_connect(r);

        rig_send(r, c, parts[i], strlen(parts[i]), CHUNK_ALL);
        assert_false(rig_take_answer(r, c));
        um_standin_eof(c);
        assert_true(rig_take_answer(r, c));
        assert_int_equal(r->answer_len, 0);
    }
}

/* A complete request is answered though its client has finished sending. */
static void test_half_closed(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_conn *c = rig_connect(r);

    rig_send(r, c, "GET /status HTTP/1.1\r\n\r\n", 24, CHUNK_ALL);
    um_standin_eof(c);
    assert_true(rig_take_answer(r, c));
    assert_non_null(strstr(r->answer, "200 OK"));
}

static void test_methods_and_places(void **state)
{
    struct rig *r = rig_of(state);

    assert_int_equal(rig_status(r, "PATCH", "/config", "{}"), 405);
    assert_int_equal(rig_status(r, "HEAD", "/config", NULL), 405);
    assert_int_equal(rig_status(r, "POST", "/config", "{}"), 405);
    assert_int_equal(rig_status(r, "PUT", "/", "{}"), 405);
    assert_int_equal(rig_status(r, "PUT", "/status", "{}"), 405);
    assert_int_equal(rig_status(r, "GET", "/", NULL), 200);
    assert_int_equal(rig_status(r, "GET", "/nothing", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/configs", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/config/", NULL), 200);
    assert_int_equal(rig_status(r, "GET", "/config/none", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/status/none", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/js_modules", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/control", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/config?x=y", NULL), 200);
}

/* Unit forgets a connection for whose body it finds no memory. */
static void test_no_memory_for_a_body(void **state)
{
    static const char head[] =
        "PUT /config HTTP/1.1\r\nContent-Length: 8589934593\r\n\r\n";
    struct rig *r = rig_of(state);
    struct um_standin_conn *c = rig_connect(r);

    rig_send(r, c, head, sizeof(head) - 1, CHUNK_ALL);
    assert_int_equal(um_standin_room(c), 0);
    assert_false(rig_take_answer(r, c));
    um_standin_hangup(c);
    um_standin_free(r->s);
    r->cfg.flavour = UM_STANDIN_FREEUNIT;
    rig_start(r);
    rig_raw(r, head);
    assert_true(r->closed);
    assert_int_equal(r->answer_len, 0);
}

/* Kept on a heap of our own: what is sent beyond the cap is not. */
static void test_cap_body_bytes(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_conn *c = rig_connect(r);
    struct um_buf head = UM_BUF_INIT;
    static char piece[65536];
    size_t sent = 0;

    um_buf_fmt(&head, "PUT /config HTTP/1.1\r\nContent-Length: %llu\r\n\r\n",
               2ULL * UM__CAP_STANDIN_BODY_BYTES);
    rig_send(r, c, head.p, head.len, CHUNK_ALL);
    while (um_standin_room(c) > 0) {
        rig_send(r, c, piece, sizeof(piece), CHUNK_ALL);
        sent += sizeof(piece);
    }
    assert_true(sent > UM__CAP_STANDIN_BODY_BYTES);
    assert_true(sent <= UM__CAP_STANDIN_BODY_BYTES + sizeof(piece));
    um_standin_hangup(c);
    um_buf_fini(&head);
}

static void test_cap_conns(void **state)
{
    static struct um_standin_conn *c[UM__CAP_STANDIN_CONNS];
    struct rig *r = rig_of(state);

    for (size_t i = 0; i < UM__CAP_STANDIN_CONNS; i++) {
        c[i] = rig_connect(r);
        assert_non_null(c[i]);
    }
    assert_null(rig_connect(r));
    um_standin_hangup(c[7]);
    c[7] = rig_connect(r);
    assert_non_null(c[7]);
    for (size_t i = 0; i < UM__CAP_STANDIN_CONNS; i++)
        um_standin_hangup(c[i]);
}

static bool let_in(struct rig *r, bool is_unix, uint32_t uid)
{
    const struct um_standin_peer peer = {is_unix, uid};
    struct um_standin_conn *c = um_standin_accept(r->s, &peer, &r->now);

    if (c != NULL)
        um_standin_hangup(c);
    return c != NULL;
}

static void test_freeunit_asks_who_comes(void **state)
{
    struct rig *r = rig_of(state);

    assert_true(let_in(r, true, 1234));
    um_standin_free(r->s);
    r->cfg.flavour = UM_STANDIN_FREEUNIT;
    r->cfg.own_uid = 77;
    rig_start(r);
    assert_true(let_in(r, true, 0));
    assert_true(let_in(r, true, 77));
    assert_false(let_in(r, true, 1234));
    assert_true(let_in(r, false, 1234));
}

static void test_a_user_pointer(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_conn *c = rig_connect(r);

    assert_null(um_standin_user(c));
    um_standin_set_user(c, r);
    assert_ptr_equal(um_standin_user(c), r);
    /* connections that are open when the stand-in goes are freed with it */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer),
        TEST(test_requests_in_pieces),
        TEST(test_a_body_without_length_is_empty),
        TEST(test_surplus_in_the_same_read_is_body),
        TEST(test_no_surplus_fits_a_long_body),
        TEST(test_cap_head_bytes),
        TEST(test_malformed_heads_are_closed_without_a_word),
        TEST(test_an_end_before_the_end),
        TEST(test_half_closed),
        TEST(test_methods_and_places),
        TEST(test_no_memory_for_a_body),
        TEST(test_cap_body_bytes),
        TEST(test_cap_conns),
        TEST(test_freeunit_asks_who_comes),
        TEST(test_a_user_pointer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
