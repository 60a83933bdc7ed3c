/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node's key signs beside what nodes sign: words of an owner, if it was
 * made one, and the second revision of a mesh that is being begun. */
#include "mesh/applier/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/trust/revision.h"
#include "mesh/trust/statement.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "unit.h"

enum { OWNER, NODE };

struct scene {
    struct mesh_maker mesh;
    struct um_roster roster;
    struct um_keyring keys;
    struct um_keyring_place place;
};

static int begin(void **state)
{
    static const struct um_log none = {.level = UM_LOG_ERROR};
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    mesh_maker_init(&s->mesh, 2);
    mesh_maker_roster(&s->mesh, &s->roster);
    s->keys = (struct um_keyring){
        .node = s->mesh.keys[NODE], .owner = s->mesh.keys[OWNER], .log = &none};
    s->place = (struct um_keyring_place){
        .roster = &s->roster, .mesh = s->mesh.mesh, .wall_ms = MESH_MAKER_T0};
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct scene *s = *state;

    um_roster_fini(&s->roster);
    mesh_maker_fini(&s->mesh);
    free(s);
    return 0;
}

static void put(struct um_buf *out, struct um_str part)
{
    um_pb_put_varint(out, part.len);
    um_buf_str(out, part);
}

/* Asks for a signature of an envelope with that payload. */
static int sign(struct scene *s, enum um_keyring_key which, const char *domain,
                const char *type, struct um_str payload)
{
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t len = sizeof sig;
    struct um_buf text = UM_BUF_INIT;
    int rv;

    put(&text, um_str(domain));
    put(&text, um_str(type));
    put(&text, payload);
    rv = um_keyring_sign(&s->keys,
                         &(struct um_keyring_text){which, um_buf_view(&text)},
                         &s->place, sig, &len);
    um_buf_fini(&text);
    return rv;
}

static int say(struct scene *s, enum um_keyring_key which,
               struct um_statement said)
{
    struct um_buf payload = UM_BUF_INIT;
    int rv;

    said.by = s->mesh.names[which == UM_KEYRING_NODE ? NODE : OWNER];
    assert_int_equal(um_statement_plan(&said, &payload), 0);
    rv = sign(s, which, "unitmesh-roster", "/unitmesh/roster",
              um_buf_view(&payload));
    um_buf_fini(&payload);
    return rv;
}

static void test_a_node_that_is_an_owner_says_so(void **state)
{
    struct scene *s = *state;
    struct um_statement grant = {.what = UM_GRANT,
                                 .mesh = s->mesh.mesh,
                                 .key = s->mesh.names[2],
                                 .roles = UM_WRITER,
                                 .wall_ms = MESH_MAKER_T0};
    struct um_buf b = UM_BUF_INIT;

    assert_int_equal(say(s, UM_KEYRING_OWNER, grant), 0);
    assert_int_equal(say(s, UM_KEYRING_NODE, grant), P2P_EACCES);
    mesh_maker_sign(
        &s->mesh, OWNER,
        (struct um_statement){
            .what = UM_GRANT, .key = s->mesh.names[NODE], .roles = UM_OWNER},
        &b);
    assert_int_equal(mesh_maker_add(&s->roster, um_buf_view(&b)), 0);
    assert_int_equal(say(s, UM_KEYRING_NODE, grant), 0);
    grant.wall_ms += UM_KEYRING_SKEW_MS + 1; /* not for another day */
    assert_int_equal(say(s, UM_KEYRING_NODE, grant), P2P_EACCES);
    grant.wall_ms = MESH_MAKER_T0;
    grant.mesh.b[0] ^= 1;
    assert_int_equal(say(s, UM_KEYRING_NODE, grant), P2P_EACCES);
    grant.mesh = s->mesh.mesh;
    um_buf_clear(&b);
    mesh_maker_sign(
        &s->mesh, OWNER,
        (struct um_statement){
            .what = UM_REVOKE, .key = s->mesh.names[NODE], .roles = UM_OWNER},
        &b);
    assert_int_equal(mesh_maker_add(&s->roster, um_buf_view(&b)), 0);
    assert_int_equal(say(s, UM_KEYRING_NODE, grant), P2P_EACCES);
    um_buf_fini(&b);
}

/* The payload of a revision by the node. */
static int revise(struct scene *s, const struct um_name *mesh, uint64_t number)
{
    struct um_revision r = {.mesh = *mesh,
                            .parents = {s->mesh.r1_id},
                            .parents_n = 1,
                            .number = number,
                            .wall_ms = MESH_MAKER_T0,
                            .doc = s->mesh.document_hash,
                            .doc_bytes = 2};
    struct um_buf envelope = UM_BUF_INIT;
    int rv;

    assert_int_equal(um_revision_seal(&r, s->mesh.keys[NODE], &envelope), 0);
    rv = sign(s, UM_KEYRING_NODE, "unitmesh-revision", "/unitmesh/revision",
              um_item_payload(um_buf_view(&envelope), UM_REVISION));
    um_buf_fini(&envelope);
    return rv;
}

/* Nothing but the second one, and only of the mesh whose genesis was signed
 * here just now. */
static void test_the_second_revision_of_a_mesh_that_is_begun(void **state)
{
    struct scene *s = *state;
    struct um_name other = s->mesh.mesh;
    struct um_str genesis =
        um_item_payload(um_buf_view(&s->mesh.statements[0]), UM_STATEMENT);

    other.b[0] ^= 1;
    s->place.roster = NULL;
    s->place.fresh = true;
    assert_int_equal(revise(s, &s->mesh.mesh, 2), P2P_EACCES);
    assert_int_equal(sign(s, UM_KEYRING_OWNER, "unitmesh-roster",
                          "/unitmesh/roster", genesis),
                     0);
    assert_int_equal(revise(s, &s->mesh.mesh, 2), 0);
    assert_int_equal(revise(s, &s->mesh.mesh, 3), P2P_EACCES);
    assert_int_equal(revise(s, &other, 2), P2P_EACCES);
    s->place.fresh = false;
    assert_int_equal(revise(s, &s->mesh.mesh, 2), P2P_EACCES);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(test_a_node_that_is_an_owner_says_so),
        T(test_the_second_revision_of_a_mesh_that_is_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
