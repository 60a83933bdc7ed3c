/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers of HTTP, whole, byte by byte and in pieces. */
#include <stdio.h>
#include <stdlib.h>

#include "chunker.h"
#include "proto/portmap/http.h"
#include "unit.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* Reads it in pieces; then the connection ends, if that is wanted. */
static int read_as(struct p2p__http *h, enum chunk_plan plan, const char *text,
                   size_t len, bool ends)
{
    struct chunker c;
    int rv = 0;

    p2p__http_init(h);
    chunker_init(&c, plan, 7);
    while (len > 0 && rv == 0) {
        const size_t n = chunker_next(&c, len);

        rv = p2p__http_rx(h, p2p__slice_of(text, n));
        text += n;
        len -= n;
    }
    return rv == 0 && ends ? p2p__http_ended(h) : rv;
}

/* In every way it is read to the end, with this body. */
static void assert_reads(const char *text, bool ends, unsigned status,
                         const char *body)
{
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        struct p2p__http h;

        assert_int_equal(
            read_as(&h, (enum chunk_plan)plan, text, strlen(text), ends), 0);
        assert_int_equal(h.state, P2P__HTTP_DONE);
        assert_int_equal(h.status, status);
        assert_int_equal(h.len, strlen(body));
        assert_string_equal(h.body != NULL ? h.body : "", body);
        p2p__http_fini(&h);
    }
}

static void assert_refused(const char *text, bool ends, int err)
{
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        struct p2p__http h;

        assert_int_equal(
            read_as(&h, (enum chunk_plan)plan, text, strlen(text), ends), err);
        p2p__http_fini(&h);
    }
}

static void test_a_body_ends_by_its_length(void **state)
{
    (void)state;
    assert_reads(OK "Server: x\r\nContent-Length: 5\r\n\r\nhello, more", false,
                 200, "hello");
    assert_reads("HTTP/1.0 500 Oh no\nCONTENT-LENGTH:3\n\nabc", false, 500,
                 "abc");
    assert_reads(OK "content-length: 0\r\n\r\n", false, 200, "");
}

static void test_or_with_the_connection(void **state)
{
    (void)state;
    assert_reads(OK "\r\nall of it", true, 200, "all of it");
    assert_refused(OK "Content-Length: 9\r\n\r\nhalf", true, P2P_EPROTO);
    assert_refused(OK "Content-Le", true, P2P_EPROTO);
}

static void test_or_comes_in_chunks(void **state)
{
    (void)state;
    assert_reads(OK
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "5;x=y\r\nhello\r\nA\r\n, and more\r\n0\r\nT: x\r\n\r\n",
                 false, 200, "hello, and more");
    assert_refused(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhellox\r\n",
                   false, P2P_EPROTO);
    assert_refused(OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", false,
                   P2P_EPROTO);
    assert_refused(OK "Transfer-Encoding: gzip\r\n\r\n", false, P2P_EPROTO);
}

static void test_what_is_no_answer(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\r\n", false, P2P_EPROTO);
    assert_refused("HTTP/1.1\r\n", false, P2P_EPROTO);
    assert_refused("HTTP/1.1 20000 OK\r\n", false, P2P_EPROTO);
    assert_refused("HTTP/1.1 100 Continue\r\n", false, P2P_EPROTO);
    assert_refused(OK "Content-Length: many\r\n\r\n", false, P2P_EPROTO);
    assert_refused(OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", false,
                   P2P_EPROTO);
}

/* It is refused before it is read where its length is told, and else as soon as
 * it is too long. */
static void test_a_page_has_a_cap(void **state)
{
    static const char head[] = OK "\r\n";
    const size_t most = P2P__CAP_PORTMAP_PAGE_BYTES, n = sizeof head - 1;
    char *text = malloc(n + most + 1), line[64];
    struct p2p__http h;

    (void)state;
    assert_non_null(text);
    assert_refused(OK "Content-Length: 65537\r\n\r\n", false, P2P_ETOOBIG);
    assert_refused(OK "Content-Length: 99999999999999999999\r\n\r\n", false,
                   P2P_ETOOBIG);
    assert_refused(OK "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", false,
                   P2P_ETOOBIG);
    memcpy(text, head, n);
    memset(text + n, 'x', most + 1);
    assert_int_equal(read_as(&h, CHUNK_RANDOM, text, n + most, true), 0);
    assert_int_equal(h.len, most);
    p2p__http_fini(&h);
    assert_int_equal(read_as(&h, CHUNK_RANDOM, text, n + most + 1, false),
                     P2P_ETOOBIG);
    p2p__http_fini(&h);
    /* Chunks, too, together. */
    (void)snprintf(line, sizeof line,
                   OK "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", most);
    p2p__http_init(&h);
    assert_int_equal(p2p__http_rx(&h, p2p__slice_of(line, strlen(line))), 0);
    assert_int_equal(p2p__http_rx(&h, p2p__slice_of(text + n, most)), 0);
    assert_int_equal(p2p__http_rx(&h, p2p__slice_of("\r\n1\r\nx", 6)),
                     P2P_ETOOBIG);
    p2p__http_fini(&h);
    free(text);
}

static void test_lines_have_a_cap(void **state)
{
    static const char chunk[] = "1\r\nx\r\n";
    static char line[1024];
    struct p2p__http h;
    size_t n = 0;
    int rv = 0;

    (void)state;
    memset(line, 'x', sizeof line); /* one that does not end */
    p2p__http_init(&h);
    while (rv == 0 && n < 100) {
        rv = p2p__http_rx(&h, p2p__slice_of(line, sizeof line));
        n++;
    }
    assert_int_equal(rv, P2P_ETOOBIG);
    assert_int_equal(n, P2P__CAP_PORTMAP_HEAD_BYTES / sizeof line + 1);
    p2p__http_fini(&h);
    /* Chunks of a byte each cost lines. */
    rv = read_as(&h, CHUNK_ALL, OK "Transfer-Encoding: chunked\r\n\r\n",
                 sizeof OK "Transfer-Encoding: chunked\r\n\r\n" - 1, false);
    for (n = 0; rv == 0 && n < 100000; n++) {
        rv = p2p__http_rx(&h, p2p__slice_of(chunk, sizeof chunk - 1));
    }
    assert_int_equal(rv, P2P_ETOOBIG);
    assert_true(n < P2P__CAP_PORTMAP_HEAD_BYTES / 5);
    p2p__http_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_ends_by_its_length),
        cmocka_unit_test(test_or_with_the_connection),
        cmocka_unit_test(test_or_comes_in_chunks),
        cmocka_unit_test(test_what_is_no_answer),
        cmocka_unit_test(test_a_page_has_a_cap),
        cmocka_unit_test(test_lines_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
