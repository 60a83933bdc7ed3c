/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The form of the file `webhooks` within its frame, both ways, byte by byte:
 * docs/reference/compatibility.md says that it is kept. What is here is never
 * written again; a later form comes beside it.
 */
#include <string.h>

#include "hex.h"
#include "mesh/hook/hooks.h"
#include "unit.h"

static const char golden[] =
    "0801"                                       /* version */
    "10838df0cca134"                             /* last */
    "1a6b"                                       /* a hook */
    "0a036f7073"                                 /* name */
    "121368747470733a2f2f682e6578616d706c652f78" /* url */
    "1a0877687365635f3030"                       /* secret */
    "220d64726966742c72656675736564"             /* events */
    "28e889f0cca134"                             /* made_ms */
    "3001"                                       /* link_local */
    "3801"                                       /* off */
    "40818df0cca134"                             /* next */
    "4803"                                       /* tries */
    "50dc8df0cca134"                             /* since_ms */
    "58ac02"                                     /* delivered */
    "6002"                                       /* failed */
    "6801"                                       /* dropped */
    "70f703"                                     /* status */
    "78d091f0cca134"                             /* last_ms */
    "82010974696d6564206f7574"                   /* error */
    "1a12"                                       /* one with what it needs */
    "0a0162"                                     /* name */
    "1208687474703a2f2f62"                       /* url */
    "1a0173"                                     /* secret */
    "4007"                                       /* next */
    "2220"                                       /* an event */
    "08828df0cca134"                             /* number */
    "10868ef0cca134"                             /* wall_ms */
    "1a076170706c696564"                         /* word */
    "22077b226e223a317d";                        /* body */

static struct um_hook *add(struct um_hooks *h, const struct um_hook *plan)
{
    assert_int_equal(um_hooks_add(h, plan), 0);
    return um_hooks_find(h, plan->name);
}

static void test_what_is_written(void **state)
{
    static const struct um_hook ops = {.name = "ops",
                                       .url = "https://h.example/x",
                                       .secret = "whsec_00",
                                       .events = "drift,refused",
                                       .made_ms = 1795725985000,
                                       .link_local = true};
    static const struct um_hook b = {
        .name = "b", .url = "http://b", .secret = "s"};
    struct um_buf out = UM_BUF_INIT;
    struct um_hooks h;
    struct um_hook *k;

    (void)state;
    um_hooks_init(&h, 0);
    k = add(&h, &ops);
    k->off = true;
    k->next = 1795725985409;
    k->tries = 3;
    k->since_ms = 1795725985500;
    k->delivered = 300;
    k->failed = 2;
    k->dropped = 1;
    k->status = 503;
    k->last_ms = 1795725986000;
    memcpy(k->error, "timed out", sizeof "timed out");
    add(&h, &b)->next = 7;
    um_hooks_happened(&h, 1795725985410, 1795725985542, "applied",
                      UM_STR("{\"n\":1}"));
    h.last = 1795725985411; /* of which nobody was told */
    um_hooks_write(&h, &out);
    assert_hex(out.p, out.len, golden);
    um_buf_fini(&out);
    um_hooks_fini(&h);
}

static void test_what_is_read(void **state)
{
    struct um_hooks_send s;
    struct um_hooks h;
    const struct um_hook *k;
    char bytes[256];
    size_t len = unhex(golden, (uint8_t *)bytes, sizeof bytes);

    (void)state;
    um_hooks_init(&h, 0);
    assert_int_equal(um_hooks_read(&h, um_str_n(bytes, len)), 0);
    assert_int_equal(h.last, 1795725985411);
    assert_int_equal(h.n, 2);
    assert_non_null(k = um_hooks_find(&h, "ops"));
    assert_string_equal(k->url, "https://h.example/x");
    assert_string_equal(k->secret, "whsec_00");
    assert_string_equal(k->events, "drift,refused");
    assert_int_equal(k->made_ms, 1795725985000);
    assert_true(k->link_local && k->off);
    assert_int_equal(k->next, 1795725985409);
    assert_int_equal(k->tries, 3);
    assert_int_equal(k->since_ms, 1795725985500);
    assert_int_equal(k->delivered, 300);
    assert_int_equal(k->failed, 2);
    assert_int_equal(k->dropped, 1);
    assert_int_equal(k->status, 503);
    assert_int_equal(k->last_ms, 1795725986000);
    assert_string_equal(k->error, "timed out");
    assert_non_null(k = um_hooks_find(&h, "b"));
    assert_false(k->link_local || k->off);
    assert_int_equal(k->next, 7);
    assert_true(um_hooks_next(&h, 0, &s));
    assert_ptr_equal(s.hook, k);
    assert_int_equal(s.event->number, 1795725985410);
    assert_int_equal(s.event->wall_ms, 1795725985542);
    assert_string_equal(s.event->word, "applied");
    assert_true(
        um_str_eq(um_str_n(s.event->body, s.event->len), UM_STR("{\"n\":1}")));
    um_hooks_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written),
        cmocka_unit_test(test_what_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
