/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Side by side with a stand-in that has the same configuration: the same
 * requests, whose answers are the same bytes, and after each the two hold the
 * same.
 */
#include "control_rig.h"

#include "mesh/standin/print.h"

enum { ROUNDS = 20000 };

/* A stand-in of which only the answers are looked at; unit_rig.h's has this
 * rig's names. */
struct other {
    struct um_standin *s;
    struct um_standin_time now;
};

static int no_file(void *ctx, struct um_str name, struct um_buf *out)
{
    (void)ctx;
    (void)name;
    (void)out;
    return P2P_ENOTFOUND;
}

static int store(void *ctx, struct um_str name, struct um_str bytes)
{
    (void)ctx;
    (void)name;
    (void)bytes;
    return 0;
}

static int forget(void *ctx, struct um_str name)
{
    (void)ctx;
    (void)name;
    return 0;
}

static int list(void *ctx, struct um_str folder,
                void (*each)(void *arg, struct um_str name), void *arg)
{
    (void)ctx;
    (void)folder;
    (void)each;
    (void)arg;
    return 0;
}

static int bind_any(void *ctx, struct um_str name, const struct um_addr *addr)
{
    (void)ctx;
    (void)name;
    (void)addr;
    return 0;
}

static void unbind(void *ctx, struct um_str name, const struct um_addr *addr)
{
    (void)ctx;
    (void)name;
    (void)addr;
}

static int start(void *ctx, const struct um_standin_app *app)
{
    (void)ctx;
    (void)app;
    return 0;
}

static struct other other_new(enum um_standin_flavour flavour)
{
    const struct um_standin_cfg cfg = {
        .flavour = flavour,
        .njs = true,
        .any_module = true,
        .world = {NULL, no_file, store, forget, list, bind_any, unbind, start,
                  forget}};
    struct other o = {.now = {1, 0}};

    o.s = um_standin_new(&cfg, &o.now);
    assert_non_null(o.s);
    return o;
}

/* Its answer, in out; empty: none. */
static void other_ask(struct other *o, const struct um_control_request *req,
                      struct um_buf *out)
{
    const struct um_standin_peer peer = {.is_unix = true};
    struct um_standin_conn *c = um_standin_accept(o->s, &peer, &o->now);
    struct um_buf head = UM_BUF_INIT;
    struct um_str body = req->body;

    assert_non_null(c);
    um_buf_fmt(&head, "%.*s %.*s HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
               UM_STR_ARG(req->method), UM_STR_ARG(req->path), body.len);
    assert_true(head.len <= um_standin_room(c));
    um_standin_rx(c, um_buf_view(&head), &o->now);
    while (body.len > 0 && um_standin_room(c) > 0) {
        size_t n = um_standin_room(c);

        um_standin_rx(c, um_str_head(body, n), &o->now);
        body = um_str_skip(body, n);
    }
    um_buf_clear(out);
    if (um_standin_next(o->s) == c)
        um_buf_str(out, um_standin_tx(c));
    um_standin_hangup(c);
    um_buf_fini(&head);
}

static unsigned status_of(const struct um_buf *b)
{
    return b->len < 12 ? 0 : (unsigned)strtoul(b->p + 9, NULL, 10);
}

static struct um_str body_of(const struct um_buf *b)
{
    struct um_str s = um_buf_view(b);

    while (s.len > 0 && !um_str_starts(s, UM_STR("\r\n\r\n")))
        s = um_str_skip(s, 1);
    return um_str_skip(s, 4);
}

/* Both hold the same: the base, and what the stand-in has in force. */
static void same_state(struct rig *r, const struct other *o)
{
    struct um_buf theirs = UM_BUF_INIT;
    const struct um_val *base = um_val_member(&r->document, UM_STR("base"));
    struct um_buf ours = UM_BUF_INIT;

    um_sjson_compact(&theirs, um_standin_conf(o->s));
    assert_int_equal(um_doc_print(&ours, base), 0);
    if (!um_str_eq(um_buf_view(&theirs), um_buf_view(&ours)))
        fail_msg("we:   %.*s\nthey: %.*s", UM_STR_ARG(um_buf_view(&ours)),
                 UM_STR_ARG(um_buf_view(&theirs)));
    um_buf_fini(&theirs);
    um_buf_fini(&ours);
}

static void both(struct rig *r, struct other *o, const char *method,
                 const char *path, const char *body)
{
    struct um_buf theirs = UM_BUF_INIT;
    unsigned ours = rig_ask(r, method, path, body);

    other_ask(o, &r->req, &theirs);
    if (ours != status_of(&theirs) || !um_str_eq(r->out.body, body_of(&theirs)))
        fail_msg("%s %s %s:\n%u %.*sthey: %.*s", method, path, body, ours,
                 UM_STR_ARG(r->out.body), UM_STR_ARG(um_buf_view(&theirs)));
    if (r->out.kind == UM_CONTROL_CHANGE)
        rig_keep(r);
    same_state(r, o);
    um_buf_fini(&theirs);
}

/* Requests of parts that fit sometimes. */
static const char *const paths[] = {
    "/config",
    "/config/",
    "/config/listeners",
    "/config/listeners/*:80",
    "/config/listeners/*%3A80/pass",
    "/config/listeners/nope",
    "/config/routes",
    "/config/routes/0",
    "/config/routes/1",
    "/config/routes/2/",
    "/config/routes/main",
    "/config/routes/0/action",
    "/config/routes/00/match/uri",
    "/config/applications",
    "/config/applications/a",
    "/config/applications/a/processes",
    "/config/applications/b%2Fc",
    "/config/settings",
    "/config/settings/http",
    "/config//upstreams/../settings/",
    "/config/access_log",
};

static const char *const bodies[] = {
    "{}",
    "[]",
    "null",
    "\"routes\"",
    "\"applications/a\"",
    "\"routes/main\"",
    "200",
    "2",
    "1.0",
    "{\"pass\": \"routes\"}",
    "{\"pass\": \"applications/a\"}",
    "{\"*:80\": {\"pass\": \"routes\"}}",
    "{\"return\": 404}",
    "{\"action\": {\"return\": 200}}",
    "{\"match\": {\"uri\": \"/a\"}, \"action\": {\"return\": 2e2}}",
    "[{\"action\": {\"return\": 200}}]",
    "{\"main\": [{\"action\": {\"return\": 200}}]}",
    "{\"type\": \"external\", \"executable\": \"/x\"}",
    "{\"a\": {\"type\": \"python\", \"module\": \"m\"}}",
    "{\"listeners\": {\"*:80\": {\"pass\": \"routes\"}}, \"routes\": []}",
    "{\"listeners\": {}, \"routes\": {\"main\": []}, \"applications\": {}}",
    "{\"http\": {\"header_read_timeout\": 10}}",
    "{\"a\": 1, \"a\": 2}",
    "{\"a\": tru}",
    "",
    " // c\n {} ",
    "\"/log\"",
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* xorshift: the same everywhere. */
static uint32_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static unsigned run(enum um_standin_flavour flavour, uint64_t seed)
{
    static const char *const methods[] = {"PUT", "PUT", "PUT",    "POST",
                                          "GET", "PUT", "DELETE", "OPTIONS"};
    struct other o = other_new(flavour);
    unsigned changes = 0;
    struct rig r;

    rig_init(&r,
             "{\"base\":{\"listeners\":{},\"routes\":[],"
             "\"applications\":{}}}");
    r.node.flavour = flavour;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const char *method = methods[next(&seed) % COUNT(methods)];
        const char *path = paths[next(&seed) % COUNT(paths)];
        const char *body = bodies[next(&seed) % COUNT(bodies)];

        if (strcmp(method, "POST") == 0 && strlen(path) <= 8)
            continue; /* adopts */
        both(&r, &o, method, path, body);
        changes += r.out.kind == UM_CONTROL_CHANGE;
    }
    rig_fini(&r);
    um_standin_free(o.s);
    return changes;
}

static void test_random_requests(void **state)
{
    (void)state;
    /* enough of them are accepted to go far */
    assert_true(run(UM_STANDIN_UNIT, 0x9e3779b97f4a7c15) > 500);
    assert_true(run(UM_STANDIN_FREEUNIT, 0xbf58476d1ce4e5b9) > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
