/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who leaves a probe without a listener is told, and the change is made. */
#include "control_rig.h"

#define BASE                                                             \
    "\"base\":{\"listeners\":{\"*:80\":{\"pass\":\"routes\"},\"*:81\":{" \
    "\"pass\":\"routes\"}},\"routes\":[{\"action\":{\"return\":200}}]}"
#define DOCUMENT                                                     \
    "{" BASE                                                         \
    ",\"probes\":{\"a\":{\"listener\":\"*:80\"},\"b\":{"             \
    "\"listener\":\"*:{{port}}\"},\"far\":{\"listener\":\"*:99\"}}," \
    "\"variables\":{\"port\":81}}"
#define DONE "{\"success\":\"Reconfiguration done.\""
#define LOST(name, listener)                       \
    "\"The probe \\\"" name                        \
    "\\\" finds nothing to ask: this node has no " \
    "such listener (" listener "). A node that runs this is not healthy.\""

/* A change is made, and this is said to it. */
static void warns(struct rig *r, const char *method, const char *path,
                  const char *body, const char *said)
{
    rig_change(r, method, path, body);
    assert_string_equal(rig_body(r), said);
}

static void test_a_listener_goes(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    /* What was astray before is not told of each time. */
    warns(&r, "PUT", "/config/routes", "[]", DONE "}");
    r.req.dry_run = true;
    assert_int_equal(rig_ask(&r, "DELETE", "/config/listeners/*:80", ""), 200);
    assert_non_null(strstr(rig_body(&r), "\"changes\":["));
    assert_non_null(
        strstr(rig_body(&r), ",\"warnings\":[" LOST("a", "*:80") "]}"));
    r.req.dry_run = false;
    warns(&r, "DELETE", "/config/listeners/*:80", "",
          DONE ",\"warnings\":[" LOST("a", "*:80") "]}");
    warns(&r, "PUT", "/config/routes", "[{\"action\":{\"return\":204}}]",
          DONE "}");
    warns(&r, "PUT", "/mesh/variables/port", "8080",
          DONE ",\"warnings\":[" LOST("b", "*:8080") "]}");
    warns(&r, "PUT", "/config/listeners/*:8080", "{\"pass\":\"routes\"}",
          DONE "}");
    rig_fini(&r);
}

static void test_a_probe_comes(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{" BASE "}");
    warns(&r, "PUT", "/mesh/probes/p", "{\"listener\":\"*:80\"}", DONE "}");
    warns(&r, "PUT", "/mesh/probes/p", "{\"listener\":\"*:82\"}",
          DONE ",\"warnings\":[" LOST("p", "*:82") "]}");
    warns(&r, "PUT", "/mesh/probes/p", "{\"listener\":\"*:83\"}",
          DONE ",\"warnings\":[" LOST("p", "*:83") "]}");
    warns(&r, "PUT", "/mesh/probes/p",
          "{\"listener\":\"*:83\",\"path\":\"/x\"}", DONE "}");
    /* Of another node's, this one can say nothing. */
    warns(&r, "PUT", "/mesh/overlays/node:web2",
          "{\"probes\":{\"p\":{\"listener\":\"*:84\"}}}", DONE "}");
    warns(&r, "PUT", "/mesh/overlays/node:web1",
          "{\"probes\":{\"p\":{\"listener\":\"*:84\"}}}",
          DONE ",\"warnings\":[" LOST("p", "*:84") "]}");
    warns(&r, "DELETE", "/mesh/probes/p", "", DONE "}");
    rig_fini(&r);
}

/* A probe that an overlay alone has is one, too; a node without a Unit checks
 * nothing. */
static void test_who_is_not_asked(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{" BASE "}");
    warns(&r, "PUT", "/mesh/overlays/all",
          "{\"probes\":{\"p\":{\"listener\":\"*:84\"}}}",
          DONE ",\"warnings\":[" LOST("p", "*:84") "]}");
    r.state.node = NULL;
    warns(&r, "PUT", "/mesh/overlays/all",
          "{\"probes\":{\"p\":{\"listener\":\"*:85\"}}}", DONE "}");
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listener_goes),
        cmocka_unit_test(test_a_probe_comes),
        cmocka_unit_test(test_who_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
