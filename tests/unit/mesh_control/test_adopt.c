/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* POST /config: what the Unit runs becomes what the mesh runs. */
#include "control_rig.h"

#define APPLIED                                                               \
    "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{\"certificate\":" \
    "\"c.9f3c0a12\"}}},\"routes\":[{\"action\":{\"return\":200}}],"           \
    "\"access_log\":\"/web1.log\"}"
#define DOCUMENT                                                             \
    "{\"base\":{\"listeners\":{\"*:{{port}}\":{\"pass\":\"routes\","         \
    "\"tls\":{\"certificate\":\"c\"}}},\"routes\":[{\"action\":{\"return\":" \
    "200}}],\"access_log\":\"/x.log\"},"                                     \
    "\"certificates\":{\"c\":{\"sealed\":\"" HASH_A                          \
    "\"}},"                                                                  \
    "\"variables\":{\"port\":80},\"overlays\":{\"node:web1\":{\"merge\":{"   \
    "\"access_log\":\"/web1.log\"}}}}"

static void adopt(struct rig *r, const char *applied, const char *config)
{
    struct um_control_unit unit = {.config = um_str(config)};

    if (applied != NULL)
        unit.applied = um_str(applied);
    r->req.method = UM_STR("POST");
    r->req.path = UM_STR("/config");
    um_control_adopt(&r->arena, &r->state, &r->req, &unit, &r->out);
}

/* Nothing was applied yet: the base is what is there. */
static void test_first(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    adopt(&r, NULL, "{\"routes\": [{\"action\": {\"return\": 2e2}}]}");
    rig_expect(&r, 200, "{\"success\":\"Reconfiguration done.\"}");
    rig_keep(&r);
    assert_string_equal(rig_now(&r),
                        "{\"base\":{\"routes\":[{\"action\":{"
                        "\"return\":2e2}}]}}");
    /* a certificate that nobody has is not adopted */
    adopt(&r, NULL,
          "{\"listeners\":{\"*:1\":{\"pass\":\"routes\",\"tls\":{"
          "\"certificate\":\"mine\"}}},\"routes\":[]}");
    assert_int_equal(r.out.status, 400);
    rig_fini(&r);
}

/* What was changed by hand is changed in the base, and nothing else is. */
static void test_changes(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    adopt(&r, APPLIED, APPLIED);
    assert_int_equal(r.out.status, 200);
    assert_true(r.out.unchanged);
    adopt(&r, APPLIED,
          "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{"
          "\"certificate\":\"c.9f3c0a12\"}},\"*:81\":{\"pass\":\"routes\","
          "\"tls\":{\"certificate\":[\"c.9f3c0a12\"]}}},"
          "\"routes\":[{\"action\":{\"return\":204}}],"
          "\"access_log\":\"/web1.log\"}");
    assert_int_equal(r.out.status, 200);
    rig_keep(&r);
    rig_ask(&r, "GET", "/config", "");
    rig_expect(&r, 200,
               "{\"listeners\":{\"*:81\":{\"pass\":\"routes\",\"tls\":{"
               "\"certificate\":[\"c\"]}},\"*:{{port}}\":{\"pass\":"
               "\"routes\",\"tls\":{\"certificate\":\"c\"}}},"
               "\"routes\":[{\"action\":{\"return\":204}}],"
               "\"access_log\":\"/x.log\"}");
    rig_fini(&r);
}

static int read_pem(void *user, enum um_bundle_kind kind, struct um_str hash,
                    struct um_buf *out)
{
    (void)user;
    assert_int_equal(kind, UM_BUNDLE_CERTIFICATE);
    assert_true(um_str_eq(hash, UM_STR(HASH_A)));
    um_buf_text(out, "PEM");
    return 0;
}

/* A certificate that can be opened is known by its content, as this node's
 * Unit calls it; and still as versions before called it. */
static void test_names_by_content(void **state)
{
    const struct um_control_vault vault = {.read = read_pem};
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{},\"certificates\":{\"c\":{\"sealed\":\"" HASH_A
                 "\"}}}");
    r.state.vault = &vault;
    r.state.node = NULL; /* "PEM" is none, for who looks */
    adopt(&r, NULL,
          "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{"
          "\"certificate\":[\"c.ebdcd49e\",\"c.9f3c0a12\"]}}},"
          "\"routes\":[]}");
    rig_keep(&r);
    rig_ask(&r, "GET", "/config/listeners/*:80/tls", "");
    rig_expect(&r, 200, "{\"certificate\":[\"c\",\"c\"]}");
    rig_fini(&r);
}

static int open_word(void *user, struct um_str name,
                     const struct um_val *sealed, struct um_arena *a,
                     struct um_val *out)
{
    (void)user;
    (void)sealed;
    (void)a;
    *out = um_val_string(um_str_eq(name, UM_STR("word")) ? UM_STR("s3same-0pen")
                                                         : UM_STR("short"));
    return 0;
}

/* A secret that somebody put elsewhere by hand is a variable there, too. */
static void test_secrets(void **state)
{
    const struct um_secrets secrets = {.open = open_word};
    struct rig r;

    (void)state;
    rig_init(&r,
             "{\"base\":{\"access_log\":\"/{{word}}\"},"
             "\"variables\":{\"word\":{\"sealed\":\"" HASH_A
             "\"},\"k\":{\"sealed\":\"" HASH_A "\"}}}");
    r.node.secrets = &secrets;
    adopt(&r, "{\"access_log\":\"/s3same-0pen\"}",
          "{\"access_log\":\"/s3same-0pen\",\"routes\":[{\"action\":{"
          "\"return\":301,\"location\":\"/s3same-0pen/short\"}}]}");
    assert_int_equal(r.out.status, 200);
    rig_keep(&r);
    rig_ask(&r, "GET", "/config", "");
    rig_expect(&r, 200,
               "{\"access_log\":\"/{{word}}\",\"routes\":[{\"action\":{"
               "\"return\":301,\"location\":\"/{{word}}/short\"}}]}");
    rig_fini(&r);
}

/* Where an overlay has a say, nobody can know what was meant. */
static void test_conflicts(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    adopt(&r, APPLIED,
          "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{"
          "\"certificate\":\"c.9f3c0a12\"}}},\"routes\":[{\"action\":{"
          "\"return\":200}}],\"access_log\":\"/other.log\"}");
    rig_expect(&r, 409,
               "{\"error\":\"The changes at the Unit can't be adopted.\","
               "\"detail\":\"Places where an overlay, a variable or another "
               "revision has a say: 1.\",\"location\":{\"path\":"
               "\"/access_log\",\"of\":\"effective\"}}");
    adopt(&r, APPLIED, "cut off {");
    assert_int_equal(r.out.status, 409);
    adopt(&r, APPLIED, "[]");
    assert_int_equal(r.out.status, 409);
    assert_string_equal(rig_now(&r), DOCUMENT);
    rig_fini(&r);
}

static void test_conditions(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    r.req.if_match = UM_STR("\"r6\"");
    adopt(&r, NULL, "{\"routes\":[]}");
    assert_int_equal(r.out.status, 412);
    r.req.if_match = um_str_n(NULL, 0);
    r.req.dry_run = true;
    adopt(&r, NULL, "{\"routes\":[]}");
    rig_expect(&r, 200,
               "{\"success\":\"Nothing was changed: this was a dry run.\","
               "\"changes\":[\"+ /base/routes: []\"]}");
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_names_by_content),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
