/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates and scripts: they come before the configuration that names
 * them, and what they replaced goes after it; nothing else does. */
#include "runner_scene.h"

#include <stdio.h>
#include <string.h>

#include "mesh/applier/stock.h"
#include "p2p/err.h"
#include "pem_make.h"
#include "unit.h"

#define PLAIN "{\"routes\":[{\"action\":{\"return\":200}}]}"
#define TLS                                                          \
    "{\"listeners\":{\"*:443\":{\"pass\":\"routes\",\"tls\":"        \
    "{\"certificate\":\"%s\"}}},\"routes\":[{\"action\":{\"return\"" \
    ":200}}]}"
#define JS                                                           \
    "{\"settings\":{\"js_module\":\"%s\"},\"routes\":[{\"action\":{" \
    "\"return\":200}}]}"
#define SCRIPT "export default {}\n"

/* A certificate with its key. */
static void make_pem(struct um_buf *out)
{
    EVP_PKEY *key = pem_key(0);
    const struct pem_cert cert = {.common_name = "a.example"};

    pem_add_cert(out, key, &cert);
    pem_add_key(out, key, false);
    um_buf_byte(out, '\0');
    EVP_PKEY_free(key);
}

static struct um_runner_bundle certificate(const char *called,
                                           const struct um_buf *pem)
{
    return (struct um_runner_bundle){.kind = UM_BUNDLE_CERTIFICATE,
                                     .called = um_str(called),
                                     .bytes = um_str(pem->p)};
}

static struct um_runner_bundle script(const char *called)
{
    return (struct um_runner_bundle){.kind = UM_BUNDLE_SCRIPT,
                                     .called = um_str(called),
                                     .bytes = UM_STR(SCRIPT)};
}

static const char *with(const char *form, const char *name)
{
    static char text[512];

    (void)snprintf(text, sizeof text, form, name);
    return text;
}

/* A scene that has a certificate to give, and has looked. */
static struct scene *begin(struct um_buf *pem)
{
    struct scene *s = scene_new();

    make_pem(pem);
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    return s;
}

static void end(struct scene *s, struct um_buf *pem)
{
    scene_free(s);
    um_buf_fini(pem);
}

/* Applies a configuration with one bundle, and waits until all is done. */
static void apply(struct scene *s, uint8_t n, const char *form,
                  const struct um_runner_bundle *b, const char *told)
{
    char name[128];

    (void)snprintf(name, sizeof name, "%.*s", UM_STR_ARG(b->called));
    scene_apply_with(s, n, with(form, name), b, 1);
    scene_until_told(s);
    scene_told(s, told);
}

static void test_a_certificate_is_replaced(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = certificate("a.9f3c0a12", &pem);

    (void)state;
    /* What others put there stays, whatever it is called. */
    scene_by_hand(s, "PUT", "/certificates/hand", pem.p);
    scene_by_hand(s, "PUT", "/certificates/b.0123abcd", pem.p);
    scene_by_hand(s, "PUT", "/certificates/a.20261123", pem.p);
    apply(s, 1, TLS, &b, "shown 1\napplied 1 done\n");
    scene_changed(s, "PUT /certificates/a.9f3c0a12\nPUT /config\n");
    /* Under the same name in the document: new, switch, delete. */
    b = certificate("a.00000001", &pem);
    apply(s, 2, TLS, &b, "shown 2\napplied 2 done\n");
    scene_changed(s,
                  "PUT /certificates/a.00000001\nPUT /config\n"
                  "DELETE /certificates/a.9f3c0a12\n");
    /* The same once more with another route: it is there. */
    scene_apply_with(s, 3,
                     "{\"listeners\":{\"*:443\":{\"pass\":\"routes\",\"tls\":{"
                     "\"certificate\":[\"a.00000001\"]}}},\"routes\":[]}",
                     &b, 1);
    scene_until_told(s);
    scene_told(s, "shown 3\napplied 3 done\n");
    scene_changed(s, "PUT /config\n");
    /* Without it: it goes, though its name could be a date. */
    scene_apply(s, 4, PLAIN);
    scene_until_told(s);
    scene_told(s, "shown 4\napplied 4 done\n");
    scene_changed(s, "PUT /config\nDELETE /certificates/a.00000001\n");
    assert_int_equal(rig_status(&s->rig, "GET", "/certificates/hand", NULL),
                     200);
    assert_int_equal(
        rig_status(&s->rig, "GET", "/certificates/b.0123abcd", NULL), 200);
    assert_int_equal(
        rig_status(&s->rig, "GET", "/certificates/a.20261123", NULL), 200);
    end(s, &pem);
}

static void test_a_script_is_replaced(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = script("a_9f3c0a12");

    (void)state;
    scene_by_hand(s, "PUT", "/js_modules/b_9f3c0a12", SCRIPT);
    apply(s, 1, JS, &b, "shown 1\napplied 1 done\n");
    scene_changed(s, "PUT /js_modules/a_9f3c0a12\nPUT /config\n");
    b = script("a_0000000f");
    apply(s, 2, JS, &b, "shown 2\napplied 2 done\n");
    scene_changed(s,
                  "PUT /js_modules/a_0000000f\nPUT /config\n"
                  "DELETE /js_modules/a_9f3c0a12\n");
    end(s, &pem);
}

/* What the mesh has no more goes, though no configuration named it; after the
 * node began anew, too. What others put there stays. */
static void test_what_the_mesh_removed(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = script("a_9f3c0a12");

    (void)state;
    scene_by_hand(s, "PUT", "/js_modules/b_9f3c0a12", SCRIPT);
    for (unsigned again = 0; again < 2; again++) {
        apply(s, 1, PLAIN, &b, "shown 1\napplied 1 done\n");
        scene_changed(s, again > 0 ? "PUT /js_modules/a_9f3c0a12\n"
                                   : "PUT /js_modules/a_9f3c0a12\n"
                                     "PUT /config\n");
        if (again > 0) {
            scene_stop(s);
            scene_start(s, NULL);
            um_runner_listed(s->runner, &b, 1);
            scene_until_told(s);
            scene_told(s, "live 1.35.0\nwell\n");
        }
        scene_apply_with(s, 2, PLAIN, NULL, 0);
        scene_until_told(s);
        scene_told(s, "shown 2\napplied 2 done\n");
        scene_changed(s, "DELETE /js_modules/a_9f3c0a12\n");
    }
    end(s, &pem);
}

/* A version before called the same content otherwise: what it put goes, be it
 * all digits and named by no configuration. What others put there stays. */
static void test_what_was_called_otherwise(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = certificate("a.12345678", &pem);

    (void)state;
    scene_by_hand(s, "PUT", "/certificates/b.12345678", pem.p);
    apply(s, 1, PLAIN, &b, "shown 1\napplied 1 done\n");
    scene_changed(s, "PUT /certificates/a.12345678\nPUT /config\n");
    b = certificate("a.9f3c0a12", &pem);
    b.was = UM_STR("a.12345678");
    scene_stop(s);
    scene_start(s, NULL);
    um_runner_listed(s->runner, &b, 1);
    scene_until_told(s);
    scene_told(s, "live 1.35.0\nwell\n");
    apply(s, 2, PLAIN, &b, "shown 2\napplied 2 done\n");
    scene_changed(s,
                  "PUT /certificates/a.9f3c0a12\n"
                  "DELETE /certificates/a.12345678\n");
    end(s, &pem);
}

/* A new node on a Unit that has an edition from before: it goes. */
static void test_an_edition_that_was_left_over(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = certificate("a.9f3c0a12", &pem);

    (void)state;
    scene_by_hand(s, "PUT", "/certificates/a.0000000f", pem.p);
    apply(s, 1, TLS, &b, "shown 1\napplied 1 done\n");
    scene_changed(s,
                  "PUT /certificates/a.9f3c0a12\nPUT /config\n"
                  "DELETE /certificates/a.0000000f\n");
    end(s, &pem);
}

/* What the node says that Unit showed before takes nothing away that Unit does
 * not show. */
static void test_a_word_of_what_was_before(void **state)
{
    const struct um_runner_cfg more = {
        .effective = scene_name(9),
        .shown = UM_STR("{\"listeners\":{\"*:443\":{\"tls\":{\"certificate\":"
                        "[\"hand.0123abcd\"]}}}}")};
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = scene_new();

    (void)state;
    make_pem(&pem);
    scene_by_hand(s, "PUT", "/certificates/hand.0123abcd", pem.p);
    scene_start(s, &more);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    scene_apply(s, 1, PLAIN);
    scene_until_told(s);
    scene_told(s, "shown 1\napplied 1 done\n");
    scene_changed(s, "PUT /config\n");
    assert_int_equal(
        rig_status(&s->rig, "GET", "/certificates/hand.0123abcd", NULL), 200);
    end(s, &pem);
}

static void test_what_is_refused(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = {.kind = UM_BUNDLE_CERTIFICATE,
                                 .called = UM_STR("a.9f3c0a12"),
                                 .bytes = UM_STR("none")};

    (void)state;
    apply(s, 1, TLS, &b, "applied 1 refused\n");
    assert_non_null(strstr(s->reason, "certificate \"a.9f3c0a12\": "));
    assert_non_null(strstr(s->reason, "Invalid certificate."));
    scene_changed(s, "PUT /certificates/a.9f3c0a12\n");
    b = script("a_9f3c0a12");
    b.bytes = UM_STR("export default {");
    apply(s, 2, JS, &b, "applied 2 refused\n");
    scene_changed(s, "PUT /js_modules/a_9f3c0a12\n");
    end(s, &pem);
}

static void test_a_unit_that_takes_no_scripts(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = scene_new();
    struct um_runner_bundle b = script("a_9f3c0a12");

    (void)state;
    rig_fini(&s->rig);
    rig_init(&s->rig);
    rig_start(&s->rig);
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    apply(s, 1, JS, &b, "applied 1 refused\n");
    assert_string_equal(s->reason, "This Unit takes no scripts.");
    scene_changed(s, "");
    end(s, &pem);
}

static const char *pem_bytes;

static void put_it(struct scene *s)
{
    scene_by_hand(s, "PUT", "/certificates/a.9f3c0a12", pem_bytes);
}

/* EOF at the upload, done or not, and a list that cannot be read whole. */
static void test_uploads_without_an_answer(void **state)
{
    struct um_buf pem = UM_BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct scene *s = begin(&pem);
        struct um_runner_bundle b = certificate("a.9f3c0a12", &pem);

        pem_bytes = pem.p;
        s->trick = (struct trick){.method = "PUT",
                                  .path = "/certificates/a.9f3c0a12",
                                  .times = 1,
                                  .act = i == 0 ? put_it : NULL,
                                  .lost = UM_FETCH_CLOSED};
        if (i == 2) {
            put_it(s);
            s->trick.method = "GET";
            s->trick.path = "/certificates";
            s->trick.times = 4;
        }
        apply(s, 1, TLS, &b, "shown 1\napplied 1 done\n");
        scene_changed(s, i == 2 ? "PUT /certificates/a.9f3c0a12\nPUT /config\n"
                                : "PUT /certificates/a.9f3c0a12\n"
                                  "PUT /certificates/a.9f3c0a12\n"
                                  "PUT /config\n");
        assert_int_equal(s->trick.times, 0);
        end(s, &pem);
    }
}

static void test_uploads_in_vain(void **state)
{
    struct um_buf pem = UM_BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct scene *s = begin(&pem);
        struct um_runner_bundle b = certificate("a.9f3c0a12", &pem);

        s->trick = (struct trick){.method = "PUT",
                                  .path = "/certificates/a.9f3c0a12",
                                  .times = 100,
                                  .code = i == 1 ? 500 : 0,
                                  .body = "{}",
                                  .lost = UM_FETCH_CLOSED};
        s->gone = i == 2;
        apply(s, 1, TLS, &b, "applied 1 no answer\n");
        assert_null(strstr(s->requests, "/config"));
        s->gone = false;
        end(s, &pem);
    }
}

/* A DELETE that fails changes nothing about what runs; the next one waits
 * until all is done. */
static void test_what_unit_keeps(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = certificate("a.9f3c0a12", &pem);

    (void)state;
    apply(s, 1, TLS, &b, "shown 1\napplied 1 done\n");
    scene_changed(s, "PUT /certificates/a.9f3c0a12\nPUT /config\n");
    s->trick = (struct trick){.method = "DELETE",
                              .path = "/certificates/a.9f3c0a12",
                              .times = 1,
                              .lost = UM_FETCH_CLOSED};
    scene_apply(s, 2, PLAIN);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    assert_int_equal(fetch_rig_said(&s->net, "keeps an old certificate"), 1);
    scene_ring(s, 2);
    scene_told(s, "");
    end(s, &pem);
}

#define OTHER "{\"routes\":[{\"action\":{\"return\":204}}]}"

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    (void)text;
    assert_int_equal(outcome, UM_RESULT_DONE);
    ++*(unsigned *)user;
}

static unsigned tried;

/* Tries a configuration; what um_runner_try() says. */
static int try_it(struct scene *s, uint8_t n, const char *config)
{
    const struct um_runner_config c = {
        .effective = scene_name(n), .config = um_str(config), .why = "a trial"};

    return um_runner_try(s->runner, &c, on_tried, &tried);
}

static void try_another(struct scene *s)
{
    assert_int_equal(tried, 1);
    assert_int_equal(try_it(s, 3, OTHER), 0);
    assert_int_equal(try_it(s, 4, OTHER), P2P_EAGAIN);
}

/* Who was told what became of a trial may try the next thing, though what the
 * first replaced is still being swept up. */
static void test_a_trial_while_old_ones_go(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = script("a_9f3c0a12");

    (void)state;
    tried = 0;
    apply(s, 1, PLAIN, &b, "shown 1\napplied 1 done\n");
    s->trick = (struct trick){.method = "DELETE",
                              .path = "/js_modules/a_9f3c0a12",
                              .times = 1,
                              .act = try_another};
    assert_int_equal(try_it(s, 2, OTHER), 0);
    assert_int_equal(try_it(s, 3, PLAIN), P2P_EAGAIN);
    scene_ring(s, 4);
    assert_int_equal(tried, 2);
    scene_changed(s,
                  "PUT /js_modules/a_9f3c0a12\nPUT /config\nPUT /config\n"
                  "DELETE /js_modules/a_9f3c0a12\n");
    end(s, &pem);
}

static unsigned at_get[2], gets;
static bool runs[2];

static void count_get(struct scene *s)
{
    const struct um_runner_config c = {.effective = scene_name(2),
                                       .config = UM_STR(OTHER)};

    runs[gets] = um_runner_runs(s->runner, &c);
    at_get[gets++] = tried;
}

/* Unit's answer to the PUT is the answer, and is believed; how it shows that
 * comes after. */
static void test_a_trial_is_told_with_the_put(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);

    (void)state;
    tried = gets = 0;
    s->trick = (struct trick){
        .method = "GET", .path = "/config", .times = 2, .act = count_get};
    assert_int_equal(try_it(s, 2, OTHER), 0);
    scene_ring(s, 1);
    assert_int_equal(gets, 2);
    assert_int_equal(at_get[0], 0);
    assert_int_equal(at_get[1], 1);
    assert_false(runs[0]);
    assert_true(runs[1]);
    assert_int_equal(tried, 1);
    scene_changed(s, "PUT /config\n");
    end(s, &pem);
}

/* Names as they are in a path. */
static void test_a_name_with_everything(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = certificate("a b?\xc3\xa9.9f3c0a12", &pem);

    (void)state;
    apply(s, 1, TLS, &b, "shown 1\napplied 1 done\n");
    scene_changed(s,
                  "PUT /certificates/a%20b%3F%C3%A9.9f3c0a12\nPUT /config\n");
    end(s, &pem);
}

static void test_the_end_during_an_upload(void **state)
{
    struct um_buf pem = UM_BUF_INIT;
    struct scene *s = begin(&pem);
    struct um_runner_bundle b = certificate("a.9f3c0a12", &pem);

    (void)state;
    scene_apply_with(s, 1, with(TLS, "a.9f3c0a12"), &b, 1);
    assert_true(fetch_rig_ring(&s->net)); /* the list is asked for */
    scene_stop(s);
    scene_pump(s);
    scene_told(s, "");
    end(s, &pem);
}

static void test_what_counts_as_replaced(void **state)
{
    const struct um_runner_bundle list[] = {
        {.kind = UM_BUNDLE_CERTIFICATE, .called = UM_STR("a.0000000a")},
        {.kind = UM_BUNDLE_SCRIPT, .called = UM_STR("s_0000000a")},
    };
    const struct um_stock_sweep sweep = {
        .list = {list, 2},
        .now = UM_STR("{\"x\":\"a.000000ff\"}"),
        .before = UM_STR("{\"x\":[\"c.00000001\",\"d.0000000\",\"e\","
                         "\"ff.00000001\",\"h.0000000g\",\"c_0000000b\"]}"),
    };
    static const struct {
        enum um_bundle_kind kind;
        const char *name;
        bool replaced;
    } rows[] = {
        {UM_BUNDLE_CERTIFICATE, "a.0000000a", false}, /* is in the list */
        {UM_BUNDLE_CERTIFICATE, "a.000000ff", false}, /* is named */
        {UM_BUNDLE_CERTIFICATE, "a.000000fe", true},  /* another edition */
        {UM_BUNDLE_CERTIFICATE, "a.20260101", false}, /* perhaps a date */
        {UM_BUNDLE_CERTIFICATE, "a_000000fe", false}, /* a script's name */
        {UM_BUNDLE_CERTIFICATE, "A.000000fe", false},
        {UM_BUNDLE_CERTIFICATE, "a.000000FE", false},
        {UM_BUNDLE_CERTIFICATE, "aa.000000fe", false},
        {UM_BUNDLE_CERTIFICATE, "s.000000fe", false}, /* one of scripts */
        {UM_BUNDLE_CERTIFICATE, "c.00000001", true},  /* was named before */
        {UM_BUNDLE_CERTIFICATE, "d.0000000", false},
        {UM_BUNDLE_CERTIFICATE, "e", false},
        {UM_BUNDLE_CERTIFICATE, "f.00000001", false}, /* ff was */
        {UM_BUNDLE_CERTIFICATE, "h.0000000g", false},
        {UM_BUNDLE_CERTIFICATE, ".0000000a", false},
        {UM_BUNDLE_CERTIFICATE, "", false},
        {UM_BUNDLE_SCRIPT, "s_000000fe", true},
        {UM_BUNDLE_SCRIPT, "c_0000000b", true},
        {UM_BUNDLE_SCRIPT, "c.00000001", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (um_stock_replaced(&sweep, rows[i].kind, um_str(rows[i].name)) !=
            rows[i].replaced)
            fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_replaced),
        cmocka_unit_test(test_a_script_is_replaced),
        cmocka_unit_test(test_what_the_mesh_removed),
        cmocka_unit_test(test_what_was_called_otherwise),
        cmocka_unit_test(test_an_edition_that_was_left_over),
        cmocka_unit_test(test_a_word_of_what_was_before),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_a_unit_that_takes_no_scripts),
        cmocka_unit_test(test_uploads_without_an_answer),
        cmocka_unit_test(test_uploads_in_vain),
        cmocka_unit_test(test_what_unit_keeps),
        cmocka_unit_test(test_a_trial_while_old_ones_go),
        cmocka_unit_test(test_a_trial_is_told_with_the_put),
        cmocka_unit_test(test_a_name_with_everything),
        cmocka_unit_test(test_the_end_during_an_upload),
        cmocka_unit_test(test_what_counts_as_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
