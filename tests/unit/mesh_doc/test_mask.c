/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Secrets stay out of what is shown. */
#include "mesh/doc/mask.h"

#include "doc_rig.h"
#include "p2p/err.h"

/* Opens what is called so in an object of values. */
static int open_one(void *user, struct um_str name, const struct um_val *sealed,
                    struct um_arena *a, struct um_val *out)
{
    const struct um_val *v = um_val_member(user, name);

    (void)sealed;
    (void)a;
    if (v == NULL)
        return P2P_EACCES;
    *out = *v;
    return 0;
}

struct scene {
    struct rig rig;
    struct um_mask mask;
};

/* A mask of secrets {NAME: VALUE}; there is one more that cannot be opened, and
 * a variable that is none. */
static void begin(struct scene *s, const char *secrets)
{
    struct um_val all, *values;
    const struct um_secrets by = {NULL, open_one};
    struct um_secrets with = by;

    s->rig = (struct rig){.arena = UM_ARENA_INIT};
    values = um_arena_zalloc(&s->rig.arena, 1, sizeof *values);
    assert_non_null(values);
    *values = *rig_val(&s->rig, secrets);
    assert_true(um_val_object(&s->rig.arena, values->count + 2, &all));
    for (size_t i = 0; i < all.count; i++) {
        bool sealed = i <= values->count;

        all.members.p[i].name =
            i < values->count ? values->members.p[i].name : UM_STR("other");
        all.members.p[i].value =
            *rig_val(&s->rig, sealed ? "{\"sealed\":\"00\"}" : "\"public\"");
    }
    with.user = values;
    assert_int_equal(um_mask_open(&s->rig.arena, &all, &with, &s->mask), 0);
}

static void config(const char *secrets, size_t shortest, const char *is,
                   const char *want)
{
    struct scene s;
    struct um_val out;
    const struct um_val *v;

    begin(&s, secrets);
    v = rig_val(&s.rig, is);
    assert_int_equal(um_mask_config(&s.rig.arena, &s.mask, shortest, v, &out),
                     0);
    assert_string_equal(rig_text(&s.rig, &out), want);
    assert_string_equal(rig_text(&s.rig, v), is);
    rig_fini(&s.rig);
}

static void words(const char *secrets, const char *is, const char *want)
{
    struct scene s;
    struct um_buf room = UM_BUF_INIT;

    begin(&s, secrets);
    assert_string_equal(um_mask_say(&s.mask, um_str(is), &room), want);
    um_buf_fini(&room);
    rig_fini(&s.rig);
}

static void test_configurations(void **state)
{
    (void)state;
    config("{\"pw\":\"s3same\"}", 0,
           "{\"a\":\"s3same\",\"b\":[\"x s3same y s3same\",7],"
           "\"s3same/k\":{\"c\":\"public\"}}",
           "{\"a\":\"{{pw}}\",\"b\":[\"x {{pw}} y {{pw}}\",7],"
           "\"{{pw}}/k\":{\"c\":\"public\"}}");
    /* the longest one first */
    config("{\"a\":\"abcd\",\"b\":\"abcdef\"}", 0, "[\"abcdefabcd\",\"abcde\"]",
           "[\"{{b}}{{a}}\",\"{{a}}e\"]");
    /* one that is short is all of a text, or a number */
    config("{\"n\":8443,\"k\":\"x\"}", 0,
           "{\"a\":8443,\"b\":84430,\"c\":\"*:8443\",\"d\":\"x\",\"e\":\"xy\"}",
           "{\"a\":\"{{n}}\",\"b\":84430,\"c\":\"*:{{n}}\",\"d\":\"{{k}}\","
           "\"e\":\"xy\"}");
    /* what is in a value; that true is true is no secret */
    config("{\"o\":{\"user\":\"alice\",\"pw\":[\"s3same\"],\"on\":true}}", 0,
           "[{\"user\":\"alice\",\"pw\":[\"s3same\"],\"on\":true}]",
           "[{\"user\":\"{{o}}\",\"pw\":[\"{{o}}\"],\"on\":true}]");
    config("{}", 0, "{\"a\":\"public\"}", "{\"a\":\"public\"}");
}

/* Where a text has to come to the same again, short ones may be chance. */
static void test_only_long_ones(void **state)
{
    (void)state;
    config("{\"n\":8443,\"k\":\"short\",\"l\":\"long enough\"}", 8,
           "[8443,\"short\",\"a long enough one\"]",
           "[8443,\"short\",\"a {{l}} one\"]");
}

static void test_words(void **state)
{
    (void)state;
    words("{\"pw\":\"s3same-0pen\"}", "The value \"s3same-0pen\" is bad.",
          "The value \"{{pw}}\" is bad.");
    /* a part of it, be it cut off or in pieces */
    words("{\"pw\":\"s3same-0pen:door\"}", "bad: s3same-0pe...",
          "bad: {{pw}}...");
    words("{\"pw\":\"s3same-0pen:door-handle\"}",
          "at s3same-0pen, no door-handle", "at {{pw}}, no {{pw}}");
    words("{\"pw\":\"s3same-0pen\"}", "s3same- and 0pen stay",
          "s3same- and 0pen stay");
    /* short ones anywhere, very short ones as words */
    words("{\"k\":\"hush\"}", "hush hushed", "{{k}} {{k}}ed");
    words("{\"k\":\"us\",\"n\":80}", "us users *:80, 800",
          "{{k}} users *:{{n}}, 800");
    words("{}", "nothing", "nothing");
    words("{\"k\":\"longer than these\"}", "words", "words");
}

/* As Unit quotes it in an answer that is JSON. */
static void test_words_in_json(void **state)
{
    (void)state;
    words("{\"k\":\"a\\\"b\\nc\"}", "{\"detail\":\"is a\\\"b\\nc.\"}",
          "{\"detail\":\"is {{k}}.\"}");
    words("{\"k\":\"a\\\"b\\nc\"}", "is a\"b\nc.", "is {{k}}.");
}

static void test_copies(void **state)
{
    struct scene s, t;
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf room = UM_BUF_INIT;
    struct um_mask copy;

    (void)state;
    begin(&s, "{\"a\":\"first one\"}");
    begin(&t, "{\"b\":\"second one\"}");
    assert_int_equal(um_mask_join(&s.rig.arena, &s.mask, &t.mask), 0);
    assert_int_equal(um_mask_copy(&a, &s.mask, &copy), 0);
    rig_fini(&s.rig);
    rig_fini(&t.rig);
    assert_int_equal(copy.count, 2);
    assert_string_equal(
        um_mask_say(&copy, UM_STR("the first one, the second one"), &room),
        "the {{a}}, the {{b}}");
    um_buf_fini(&room);
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configurations),
        cmocka_unit_test(test_only_long_ones),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_in_json),
        cmocka_unit_test(test_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
