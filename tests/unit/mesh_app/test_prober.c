/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What probes ask of mesh/fetch, and what of its answers counts. */
#include "mesh/app/prober.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_rig.h"
#include "unit.h"

struct scene {
    struct um_fetch net;
    struct um_prober prober;
    unsigned told;
    unsigned code;
    char text[64];
};

static void done(void *arg, unsigned code, const char *text)
{
    struct scene *s = arg;

    s->told++;
    s->code = code;
    (void)snprintf(s->text, sizeof s->text, "%s", text);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    fetch_rig_init(&s->net);
    um_prober_init(&s->prober, &s->net);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    fetch_rig_fini(&s->net);
    free(s);
    return 0;
}

static void *ask(struct scene *s, const char *socket, const char *host)
{
    const struct um_prober_ask a = {.authority = "127.0.0.1:80",
                                    .socket = socket,
                                    .path = UM_STR("/x?y"),
                                    .host = um_str(host),
                                    .timeout_ms = 1500};
    void *job = s->prober.start(s->prober.user, &a, done, s);

    assert_non_null(job);
    return job;
}

static void test_a_request(void **state)
{
    struct scene *s = *state;
    const struct um_fetch_job *j;

    (void)ask(s, "", "");
    j = fetch_rig_job(&s->net);
    assert_string_equal(j->method, "GET");
    assert_string_equal(j->url, "http://127.0.0.1:80/x?y");
    assert_false(j->req.tls);
    assert_null(j->req.host);
    assert_null(j->req.unix_path);
    assert_null(j->req.body);
    assert_int_equal(j->req.timeout_ms, 1500);
    assert_int_equal(j->req.connect_ms, 1500);
    fetch_rig_answer(&s->net, 204, "");
    assert_int_equal(s->told, 1);
    assert_int_equal(s->code, 204);
    (void)ask(s, "/run/web.sock", "shop");
    j = fetch_rig_job(&s->net);
    assert_string_equal(j->unix_path, "/run/web.sock");
    assert_string_equal(j->host, "shop");
    fetch_rig_fail(&s->net, UM_FETCH_CLOSED);
    assert_int_equal(s->code, 0);
    assert_string_equal(s->text, "no answer");
}

/* Over TLS, with any certificate. */
static void test_a_listener_with_tls(void **state)
{
    struct scene *s = *state;
    const struct um_prober_ask a = {.authority = "127.0.0.1:443",
                                    .socket = "",
                                    .tls = true,
                                    .path = UM_STR("/x"),
                                    .timeout_ms = 1500};
    const struct um_fetch_job *j;

    assert_non_null(s->prober.start(s->prober.user, &a, done, s));
    j = fetch_rig_job(&s->net);
    assert_string_equal(j->url, "https://127.0.0.1:443/x");
    assert_true(j->req.tls);
    fetch_rig_answer(&s->net, 200, "");
    assert_int_equal(s->code, 200);
}

static void test_no_more_than_the_head_has_to_come(void **state)
{
    struct scene *s = *state;
    struct um_fetch_answer big = {.status = UM_FETCH_TOO_BIG,
                                  .text = "too big",
                                  .code = 200,
                                  .body = "",
                                  .server = ""};
    struct um_fetch_job *j;
    size_t cap;

    (void)ask(s, "", "");
    j = fetch_rig_job(&s->net);
    cap = j->req.max_answer;
    j->live = false;
    j->done(j->user, &big);
    assert_int_equal(cap, 65536); /* CAP_PROBER_ANSWER_BYTES */
    assert_int_equal(s->code, 200);
    (void)ask(s, "", "");
    fetch_rig_fail(&s->net, UM_FETCH_TIMEOUT);
    assert_int_equal(s->code, 0);
    assert_string_equal(s->text, "timeout");
    assert_int_equal(s->told, 2);
    assert_int_equal(UM__CAP_PROBER_ANSWER_BYTES, 65536);
}

static void test_one_that_is_ended(void **state)
{
    struct scene *s = *state;
    void *job = ask(s, "", "");

    s->prober.cancel(s->prober.user, job);
    assert_null(fetch_rig_job(&s->net));
    assert_int_equal(s->told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_request),
        T(test_a_listener_with_tls),
        T(test_no_more_than_the_head_has_to_come),
        T(test_one_that_is_ended),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
