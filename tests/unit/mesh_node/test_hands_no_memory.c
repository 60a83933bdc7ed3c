/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hands when memory runs out: whoever waits is told, or the connection is said
 * to be of no use; nothing leaks.
 */
#include <string.h>

#include "failing_mem.h"
#include "mesh/node/hands.h"
#include "p2p/err.h"
#include "unit.h"

/* What is said to the hands, made before memory runs out. */
struct words {
    struct um_buf first;  /* what Unit shows, a WANT, a record */
    struct um_buf second; /* what came of what they asked */
};

struct life {
    struct words words;
    struct um_hands *hands;
    bool lost; /* there was no memory for a message */
    unsigned live, shown, absent, applied, tried, got;
};

static struct um_name name(uint8_t c)
{
    struct um_name n;

    memset(n.b, c, sizeof n.b);
    return n;
}

static void on_live(void *user, const struct um_runner_live *live)
{
    struct life *l = user;
    const char *modules = um_hands_modules(l->hands);

    (void)live;
    assert_true(modules == NULL || strcmp(modules, "[]") == 0);
    l->live++;
}

static void on_absent(void *user, const char *text)
{
    assert_string_equal(text, "gone");
    ((struct life *)user)->absent++;
}

static void on_applied(void *user, enum um_result outcome,
                       const struct um_name *revision,
                       const struct um_name *effective, struct um_str text)
{
    (void)outcome;
    (void)revision;
    (void)effective;
    (void)text;
    ((struct life *)user)->applied++;
}

static void on_shown(void *user, const struct um_name *effective,
                     struct um_str config)
{
    (void)effective;
    (void)config;
    ((struct life *)user)->shown++;
}

static void on_health(void *user, bool healthy)
{
    (void)user;
    (void)healthy;
}

static const struct um_runner_cb cb = {on_live,  on_absent, on_applied,
                                       on_shown, on_health, NULL};

static int on_paper(void *user, const struct um_name *hash, struct um_str *out)
{
    (void)user;
    (void)hash;
    *out = UM_STR("{}");
    return 0;
}

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    (void)outcome;
    (void)text;
    ((struct life *)user)->tried++;
}

static void on_got(void *user, const struct um_unit_answer *a)
{
    assert_true(a->status == UM_UNIT_BUSY || strcmp(a->body, "{}") == 0);
    ((struct life *)user)->got++;
}

static void on_send(void *user, struct um_str bytes)
{
    struct life *l = user;

    l->lost = l->lost || bytes.p == NULL;
}

static void write_words(struct words *w)
{
    const struct um_name names[1] = {name(4)};
    const struct um_wire_msg first[] = {
        {.what = UM_WIRE_LIVE,
         .effective = name(1),
         .text = UM_STR("1.35.0"),
         .modules = UM_STR("[]"),
         .bytes = UM_STR("{}")},
        {.what = UM_WIRE_SHOWN, .effective = name(1), .bytes = UM_STR("{ }")},
        {.what = UM_WIRE_ABSENT, .text = UM_STR("gone")},
        {.what = UM_WIRE_WANT, .hash = name(2)},
        {.what = UM_WIRE_RECORD, .names = {names, 1}}};
    const struct um_wire_msg second[] = {
        {.what = UM_WIRE_GOT,
         .number = 1,
         .code = 200,
         .bytes = UM_STR("{}"),
         .text = UM_STR("fine")},
        {.what = UM_WIRE_OUTCOME, .number = 2, .text = UM_STR("fine")},
        {.what = UM_WIRE_OUTCOME, .number = 3, .outcome = 1}};

    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        um_wire_write(&w->first, &first[i]);
    for (size_t i = 0; i < sizeof second / sizeof *second; i++)
        um_wire_write(&w->second, &second[i]);
    assert_false(um_buf_failed(&w->first) || um_buf_failed(&w->second));
}

static int live(struct life *l, struct um_hands *h)
{
    const struct um_hands_member m = {.mesh = name(1),
                                      .effective = name(3),
                                      .shown = UM_STR("{}"),
                                      .cb = &cb,
                                      .paper = on_paper,
                                      .user = l};
    const struct um_hands_order o = {
        .revision = name(5), .effective = name(6), .why = "r2.aa"};
    struct um_name doc = name(9);
    int rv;

    um_hands_get(h, "/config", on_got, l);
    if (l->got > 0)
        return P2P_ENOMEM; /* busy */
    um_hands_start(h, &m);
    um_hands_apply(h, &o);
    assert_int_equal(um_hands_try(h, &doc, &doc, on_tried, l), 0);
    rv = um_hands_recv(h, um_buf_view(&l->words.first));
    if (rv == 0)
        rv = um_hands_recv(h, um_buf_view(&l->words.second));
    if (rv == 0) {
        assert_int_equal(l->live, 1);
        assert_int_equal(l->shown, 1);
        assert_int_equal(l->applied, 1);
        assert_int_equal(l->tried, 1);
        assert_int_equal(l->got, 1);
    }
    um_hands_stop(h);
    return rv;
}

static int body(void *arg)
{
    const struct words *w = arg;
    struct life l = {.words = *w};
    const struct um_hands_cfg cfg = {NULL, on_send, &l, NULL};
    struct um_hands *h = um_hands_new(&cfg);
    int rv;

    l.hands = h;
    rv = h != NULL ? live(&l, h) : P2P_ENOMEM;
    um_hands_free(h);
    if (rv == 0 && !failing_mem_hit()) {
        assert_false(l.lost);
        assert_int_equal(l.absent, 1);
    }
    return rv == 0 && l.lost ? P2P_ENOMEM : rv;
}

static void test_each(void **state)
{
    struct words w = {.first = UM_BUF_INIT, .second = UM_BUF_INIT};

    (void)state;
    write_words(&w);
    assert_true(failing_mem_each(body, &w) > 10);
    um_buf_fini(&w.first);
    um_buf_fini(&w.second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
