/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a document comes to on a node, and with what; what is not here yet, and
 * what no configuration can be made of. */
#include "mesh/applier/maker.h"

#include <stdio.h>
#include <string.h>

#include "p2p/err.h"
#include "p2p/hash.h"
#include "sealing.h"
#include "unit.h"

enum { TEXT = 2048 };

/* Makes it by the vault of a key, for a node that is called so. */
static int make(struct sealing *s, unsigned by, const char *name,
                const char *doc, struct um_maker_out *out)
{
    const struct um_maker m = {
        .vault = &s->vault[by],
        .facts = {.id = UM_STR("12D3"), .name = um_str(name)}};

    return um_maker_make(&m, um_str(doc), out);
}

static void test_overlays_and_facts(void **state)
{
    const char *doc =
        "{\"base\":{ \"routes\" : [] },"
        "\"overlays\":{\"node:web1\":{\"merge\":{\"listeners\":{}}}}}";
    struct sealing *s = *state;
    struct um_maker_out out;
    struct um_name hash;

    assert_int_equal(make(s, 1, "web1", doc, &out), 0);
    assert_true(
        um_str_eq(out.config, UM_STR("{\"routes\":[],\"listeners\":{}}")));
    um_maker_fini(&out);
    assert_int_equal(make(s, 1, "web2", doc, &out), 0);
    assert_true(um_str_eq(out.config, UM_STR("{\"routes\":[]}")));
    p2p_sha256(out.config.p, out.config.len, hash.b);
    assert_true(um_name_eq(&hash, &out.effective));
    assert_int_equal(out.bundles_n, 0);
    um_maker_fini(&out);
    assert_null(out.config.p);
    um_maker_fini(&out); /* twice is no harm */
}

#define TLS                                                                 \
    "{\"base\":{\"listeners\":{\"*:443\":{\"pass\":\"routes\",\"tls\":{"    \
    "\"certificate\":\"web\"}}},\"routes\":[],\"settings\":{\"js_module\":" \
    "\"lib\"}},\"certificates\":{\"web\":{\"sealed\":\"%s\"}},"             \
    "\"js_modules\":{\"lib\":\"%s\"}}"

/* Certificates and scripts are called by what is in them: another content is
 * another configuration, and the same one that was sealed anew is none. */
static void test_bundles(void **state)
{
    struct sealing *s = *state;
    struct um_name first = sealing_seal(s, "certificates/web", "PEM 1");
    struct um_name second = sealing_seal(s, "certificates/web", "PEM 2");
    struct um_name anew = sealing_seal(s, "certificates/web", "PEM 1");
    const char *script = sealing_put(s, "export default {}");
    struct um_maker_out a, b, c, d;
    char doc[TEXT];

    (void)snprintf(doc, sizeof doc, TLS, sealing_hex(s, &first), script);
    assert_int_equal(make(s, 1, "", doc, &a), 0);
    assert_int_equal(make(s, 2, "", doc, &c), 0);
    (void)snprintf(doc, sizeof doc, TLS, sealing_hex(s, &second), script);
    assert_int_equal(make(s, 1, "", doc, &b), 0);
    (void)snprintf(doc, sizeof doc, TLS, sealing_hex(s, &anew), script);
    assert_int_equal(make(s, 1, "", doc, &d), 0);
    assert_false(um_name_eq(&first, &anew));
    assert_int_equal(a.bundles_n, 2);
    assert_int_equal(a.bundles[0].kind, UM_BUNDLE_CERTIFICATE);
    assert_true(um_str_eq(a.bundles[0].bytes, UM_STR("PEM 1")));
    assert_int_equal(a.bundles[1].kind, UM_BUNDLE_SCRIPT);
    assert_true(um_str_eq(a.bundles[1].bytes, UM_STR("export default {}")));
    assert_false(um_str_eq(a.bundles[0].called, b.bundles[0].called));
    assert_true(um_str_eq(a.bundles[1].called, b.bundles[1].called));
    assert_false(um_name_eq(&a.effective, &b.effective));
    assert_true(um_name_eq(&a.effective, &c.effective));
    assert_true(um_name_eq(&a.effective, &d.effective));
    assert_true(um_str_eq(a.bundles[0].called, d.bundles[0].called));
    /* Versions before called it by the object. */
    assert_true(um_str_starts(a.bundles[0].was, UM_STR("web.")));
    assert_memory_equal(a.bundles[0].was.p + 4, um_name_text(&first, doc), 8);
    assert_int_equal(a.bundles[0].was.len, 12);
    assert_int_equal(a.bundles[1].was.len, 0);
    um_maker_fini(&a);
    um_maker_fini(&b);
    um_maker_fini(&c);
    um_maker_fini(&d);
}

/* All that is missing is told of at once, and nothing is wrong with it. */
static void test_what_is_not_here_yet(void **state)
{
    const char *a =
        "1111111111111111111111111111111111111111111111111111111111"
        "111111";
    const char *b =
        "2222222222222222222222222222222222222222222222222222222222"
        "222222";
    struct sealing *s = *state;
    struct um_maker_out out;
    char doc[TEXT];

    (void)snprintf(doc, sizeof doc, TLS, a, b);
    assert_int_equal(make(s, 1, "", doc, &out), P2P_ENOTFOUND);
    assert_int_equal(s->missing, 2);
    um_maker_fini(&out);
    (void)snprintf(doc, sizeof doc,
                   "{\"base\":{\"routes\":\"{{x}}\"},\"variables\":{\"x\":{"
                   "\"sealed\":\"%s\"}}}",
                   a);
    assert_int_equal(make(s, 1, "", doc, &out), P2P_ENOTFOUND);
    assert_int_equal(s->missing, 3);
    um_maker_fini(&out);
}

/* That it has no slot is said, and no secret is in what is said. */
static void test_what_is_not_for_this_node(void **state)
{
    struct sealing *s = *state;
    struct um_name hash = sealing_seal(s, "certificates/web", "PEM");
    struct um_name secret = sealing_seal(s, "variables/x", "[]");
    const char *script = sealing_put(s, "export default {}");
    struct um_maker_out out;
    char doc[TEXT];

    (void)snprintf(doc, sizeof doc, TLS, sealing_hex(s, &hash), script);
    assert_int_equal(make(s, 3, "", doc, &out), P2P_EFORMAT);
    assert_true(
        um_str_eq(out.why, UM_STR("a certificate is sealed, and not for this "
                                  "node (web)")));
    um_maker_fini(&out);
    (void)snprintf(doc, sizeof doc,
                   "{\"base\":{\"routes\":\"{{x}}\"},\"variables\":{\"x\":{"
                   "\"sealed\":\"%s\"}}}",
                   sealing_hex(s, &secret));
    assert_int_equal(make(s, 3, "", doc, &out), P2P_EFORMAT);
    assert_true(out.why.len > 0);
    um_maker_fini(&out);
    assert_int_equal(make(s, 2, "", doc, &out), 0);
    assert_true(um_str_eq(out.config, UM_STR("{\"routes\":[]}")));
    assert_int_equal(out.mask.count, 0); /* nothing in it can be hidden */
    um_maker_fini(&out);
    secret = sealing_seal(s, "variables/x", "\"open\"");
    (void)snprintf(doc, sizeof doc,
                   "{\"base\":{\"routes\":\"{{x}}\"},\"variables\":{\"x\":{"
                   "\"sealed\":\"%s\"},\"y\":\"public\"}}",
                   sealing_hex(s, &secret));
    assert_int_equal(make(s, 2, "", doc, &out), 0);
    assert_int_equal(out.mask.count, 1);
    assert_true(um_str_eq(out.mask.items[0].name, UM_STR("x")));
    assert_true(um_str_eq(out.mask.items[0].text, UM_STR("open")));
    um_maker_fini(&out);
}

static void test_what_is_no_document(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{\"base\":1}",
        "{\"base\":{},\"certificates\":[]}",
        "{\"base\":{},\"certificates\":{\"a\":1}}",
        "{\"base\":{},\"js_modules\":{\"a\":\"12\"}}",
        "{\"base\":{},\"variables\":[]}",
        "{\"base\":{\"routes\":\"{{x}}\"}}",
        "{\"base\":{},\"more\":1}",
    };
    struct sealing *s = *state;
    struct um_maker_out out;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (make(s, 1, "", bad[i], &out) != P2P_EFORMAT)
            fail_msg("%s", bad[i]);
        assert_true(out.why.len > 0);
        um_maker_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_overlays_and_facts, sealing_begin,
                                        sealing_end),
        cmocka_unit_test_setup_teardown(test_bundles, sealing_begin,
                                        sealing_end),
        cmocka_unit_test_setup_teardown(test_what_is_not_here_yet,
                                        sealing_begin, sealing_end),
        cmocka_unit_test_setup_teardown(test_what_is_not_for_this_node,
                                        sealing_begin, sealing_end),
        cmocka_unit_test_setup_teardown(test_what_is_no_document, sealing_begin,
                                        sealing_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
