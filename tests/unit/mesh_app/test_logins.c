/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sessions over REST, with the server's part played by the test. */
#include "mesh/app/logins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { NOW = 1000 };

struct um_http_req {
    const char *cookie;
    unsigned status; /* of the answer, and what it says */
    char answer[256];
};

const char *um_http_method(const struct um_http_req *req)
{
    (void)req;
    return "GET";
}

const char *um_http_header(const struct um_http_req *req, const char *name)
{
    return strcmp(name, "Cookie") == 0 ? req->cookie : NULL;
}

const char *um_http_query(const struct um_http_req *req, const char *name)
{
    (void)req;
    (void)name;
    return NULL;
}

const char *um_http_body(const struct um_http_req *req, size_t *len)
{
    (void)req;
    *len = 0;
    return "";
}

const char *um_http_client(const struct um_http_req *req)
{
    (void)req;
    return "127.0.0.1";
}

void um_http_reply_header(struct um_http_req *req, const char *name,
                          const char *value)
{
    (void)req;
    (void)name;
    (void)value;
}

void um_http_reply(struct um_http_req *req, unsigned status, const char *type,
                   const void *body, size_t len)
{
    (void)type;
    req->status = status;
    (void)snprintf(req->answer, sizeof req->answer, "%.*s", (int)len,
                   (const char *)body);
}

/* The time that a test says. */
static uint64_t clock_ms(void *user)
{
    const uint64_t *at_ms = user;

    return *at_ms;
}

/* A session may end between the look at who asks and the answer. */
static void test_a_session_that_ended_meanwhile(void **state)
{
    static const unsigned char random[UM_SESSION_BYTES] = {1, 2, 3};
    struct um_daemon *d = calloc(1, sizeof *d);
    uint64_t at_ms = NOW + UM_SESSION_MS;
    const struct um_session *s;
    struct um_http_req req = {.status = 0};
    char cookie[128];

    (void)state;
    assert_non_null(d);
    d->loop.alarms = (struct um_alarms){.user = &at_ms, .now_ms = clock_ms};
    (void)snprintf(d->remote_auth.cookie, sizeof d->remote_auth.cookie, "c");
    s = um_sessions_begin(&d->remote_auth.sessions, UM_RIGHT_READ, random, NOW);
    (void)snprintf(cookie, sizeof cookie, "c=%s", s->id);
    req.cookie = cookie;
    um_logins_show(d, &req);
    assert_int_equal(req.status, 401);
    assert_non_null(strstr(req.answer, "The session has ended."));
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_that_ended_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
