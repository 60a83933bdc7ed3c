/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What stands beside documents: sealed by one node, opened by another, and not
 * by who has no slot, nor as what it is not. */
#include "mesh/applier/vault.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"
#include "sealing.h"
#include "unit.h"

/* Reads a bundle by the vault of a key; the error. */
static int read(struct sealing *s, unsigned by, enum um_bundle_kind kind,
                const char *name, const char *hash, const char *want)
{
    struct um_buf out = UM_BUF_INIT;
    int rv = um_vault_bundle(&s->vault[by], kind,
                             name != NULL ? um_str(name) : um_str_n(NULL, 0),
                             um_str(hash), &out);

    if (rv == 0)
        assert_true(um_str_eq(um_buf_view(&out), um_str(want)));
    else
        assert_int_equal(out.len, 0);
    um_buf_fini(&out);
    return rv;
}

static void test_sealed_by_one_opened_by_another(void **state)
{
    struct sealing *s = *state;
    struct um_name hash = sealing_seal(s, "certificates/web", "PEM");
    const char *hex = sealing_hex(s, &hash);

    for (unsigned i = 1; i <= 2; i++)
        assert_int_equal(read(s, i, UM_BUNDLE_CERTIFICATE, "web", hex, "PEM"),
                         0);
    /* The genesis gave the owner's key all roles. */
    assert_int_equal(read(s, 0, UM_BUNDLE_CERTIFICATE, "web", hex, "PEM"), 0);
    assert_int_equal(read(s, 3, UM_BUNDLE_CERTIFICATE, "web", hex, ""),
                     P2P_EACCES);
    assert_int_equal(read(s, 1, UM_BUNDLE_CERTIFICATE, NULL, hex, "PEM"), 0);
    assert_int_equal(s->missing, 0);
}

/* Who lost its roles has no slot in what is sealed from then on. */
static void test_who_is_revoked_has_no_slot(void **state)
{
    struct sealing *s = *state;
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash;

    mesh_maker_sign(
        &s->mesh, 0,
        (struct um_statement){.what = UM_REVOKE, .key = s->mesh.names[2]}, &b);
    assert_int_equal(mesh_maker_add(&s->roster, um_buf_view(&b)), 0);
    um_buf_fini(&b);
    hash = sealing_seal(s, "certificates/web", "PEM");
    assert_int_equal(
        read(s, 2, UM_BUNDLE_CERTIFICATE, "web", sealing_hex(s, &hash), ""),
        P2P_EACCES);
    assert_int_equal(
        read(s, 1, UM_BUNDLE_CERTIFICATE, "web", sealing_hex(s, &hash), "PEM"),
        0);
}

/* What was sealed for a node's old key is open to who has both. */
static void test_a_key_in_the_place_of_another(void **state)
{
    struct sealing *s = *state;
    struct um_name hash = sealing_seal(s, "certificates/web", "PEM");
    const char *hex = sealing_hex(s, &hash);

    s->vault[3].old = s->mesh.keys[2];
    assert_int_equal(read(s, 3, UM_BUNDLE_CERTIFICATE, "web", hex, "PEM"), 0);
    assert_true(um_vault_ready(&s->vault[3], um_str(hex)));
}

/* An object says what it is: a secret is no certificate, nor is one
 * certificate another. */
static void test_one_is_not_shown_as_another(void **state)
{
    struct sealing *s = *state;
    struct um_name cert = sealing_seal(s, "certificates/web", "PEM");
    struct um_name secret = sealing_seal(s, "variables/web", "\"pw\"");

    assert_int_equal(
        read(s, 1, UM_BUNDLE_CERTIFICATE, "other", sealing_hex(s, &cert), ""),
        P2P_EAUTH);
    assert_int_equal(
        read(s, 1, UM_BUNDLE_CERTIFICATE, "web", sealing_hex(s, &secret), ""),
        P2P_EAUTH);
    assert_int_equal(
        read(s, 1, UM_BUNDLE_CERTIFICATE, NULL, sealing_hex(s, &secret), ""),
        P2P_EAUTH);
    s->vault[1].mesh.b[0] ^= 1;
    assert_int_equal(
        read(s, 1, UM_BUNDLE_CERTIFICATE, "web", sealing_hex(s, &cert), ""),
        P2P_EAUTH);
}

static void test_scripts_are_as_they_are(void **state)
{
    struct sealing *s = *state;
    const char *hex = sealing_put(s, "export default {}");
    const char *none =
        "00112233445566778899AABBCCDDEEFF"
        "00112233445566778899aabbccddeeff";

    assert_int_equal(
        read(s, 3, UM_BUNDLE_SCRIPT, "a", hex, "export default {}"), 0);
    assert_int_equal(read(s, 1, UM_BUNDLE_CERTIFICATE, "a", hex, ""),
                     P2P_EFORMAT);
    assert_int_equal(read(s, 1, UM_BUNDLE_SCRIPT, "a", none, ""),
                     P2P_ENOTFOUND);
    assert_int_equal(s->missing, 1);
    assert_int_equal(s->what.b[15], 0xff);
    assert_int_equal(read(s, 1, UM_BUNDLE_SCRIPT, "a", "12", ""), P2P_EFORMAT);
    assert_int_equal(s->missing, 1);
    assert_true(um_vault_has(&s->vault[1], um_str(hex)));
    assert_false(um_vault_has(&s->vault[1], um_str(none)));
    assert_int_equal(s->missing, 2);
    assert_true(um_vault_has(&s->vault[1], UM_STR("no hash")));
    s->vault[1].missing = NULL;
    assert_false(um_vault_has(&s->vault[1], um_str(none)));
}

static void test_hashes(void **state)
{
    char text[] =
        "00112233445566778899aAbBcCdDeEfF"
        "00112233445566778899aabbccddeeff";
    struct um_name h;

    (void)state;
    assert_true(um_vault_hash(um_str(text), &h));
    assert_int_equal(h.b[0], 0);
    assert_int_equal(h.b[10], 0xaa);
    assert_int_equal(h.b[31], 0xff);
    assert_false(um_vault_hash(um_str(text + 1), &h));
    assert_false(um_vault_hash(um_str_n(text, 0), &h));
    for (const char *bad = "g/:@G`"; *bad != '\0'; bad++) {
        text[63] = *bad;
        assert_false(um_vault_hash(um_str(text), &h));
    }
}

/* Opens the secret "x" from {"sealed": HASH}. */
static int open(struct sealing *s, unsigned by, struct um_str hex,
                struct um_arena *a, struct um_val *out)
{
    struct um_secrets secrets = um_vault_secrets(&s->vault[by]);
    struct um_val text = um_val_string(hex);
    struct um_member m = {UM_STR("sealed"), text};
    struct um_val sealed = {
        .kind = UM_VAL_OBJECT, .count = 1, .members = {.p = &m}};

    return secrets.open(secrets.user, UM_STR("x"), &sealed, a, out);
}

static void test_secrets(void **state)
{
    struct sealing *s = *state;
    struct um_name good = sealing_seal(s, "variables/x", "[\"a\",1]");
    struct um_name other = sealing_seal(s, "variables/y", "1");
    struct um_name no_json = sealing_seal(s, "variables/x", "[");
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;

    assert_int_equal(open(s, 2, um_str(sealing_hex(s, &good)), &a, &v), 0);
    assert_int_equal(v.kind, UM_VAL_ARRAY);
    assert_int_equal(v.count, 2);
    assert_int_equal(open(s, 3, um_str(sealing_hex(s, &good)), &a, &v),
                     P2P_EACCES);
    assert_int_equal(open(s, 2, um_str(sealing_hex(s, &other)), &a, &v),
                     P2P_EACCES);
    assert_int_equal(open(s, 2, um_str(sealing_hex(s, &no_json)), &a, &v),
                     P2P_EACCES);
    assert_int_equal(open(s, 2, UM_STR("12"), &a, &v), P2P_EACCES);
    um_arena_fini(&a);
}

static bool may_come;

static bool locked(void *user, const struct um_name *object)
{
    struct sealing *s = user;

    s->missing++;
    s->what = *object;
    return may_come;
}

/* A slot that another member made opens it; one that is none is forgotten, and
 * asked for anew. */
static void test_slots_of_others(void **state)
{
    struct sealing *s = *state;
    struct um_vault *v = &s->vault[3];
    struct um_name object = sealing_seal(s, "certificates/web", "PEM");
    const char *hex = sealing_hex(s, &object);
    const uint8_t entropy[32] = {7};
    const struct um_sealed_opener by = {s->mesh.keys[1], NULL};
    uint8_t slot[UM_SEALED_SLOT_BYTES] = {1};
    struct um_sealed_opener mine;
    struct um_sealed sealed;
    struct um_str bytes;

    v->locked = locked;
    may_come = false;
    assert_int_equal(read(s, 3, UM_BUNDLE_CERTIFICATE, "web", hex, ""),
                     P2P_EACCES);
    assert_true(um_vault_ready(v, um_str(hex))); /* it will not change */
    may_come = true;
    assert_int_equal(read(s, 3, UM_BUNDLE_CERTIFICATE, "web", hex, ""),
                     P2P_ENOTFOUND);
    assert_false(um_vault_ready(v, um_str(hex)));
    assert_true(um_name_eq(&s->what, &object));
    um_vault_slot(v, &object, slot);
    s->missing = 0;
    assert_int_equal(read(s, 3, UM_BUNDLE_CERTIFICATE, "web", hex, ""),
                     P2P_ENOTFOUND);
    assert_int_equal(s->missing, 1);
    assert_int_equal(v->slots.len, 0);
    assert_int_equal(um_papers_get(s->papers, &object, &bytes), 0);
    assert_int_equal(um_sealed_read(bytes, &sealed), 0);
    assert_int_equal(
        um_sealed_slot_make(&sealed, &by, entropy, &s->mesh.names[3], slot), 0);
    um_vault_slot(v, &object, slot);
    um_vault_slot(v, &object, slot);
    mine = um_vault_opener(v, &sealed, &object);
    assert_true(mine.key == v->key);
    assert_memory_equal(mine.slot, slot, sizeof slot);
    /* What the object has itself comes first. */
    um_vault_slot(&s->vault[1], &object, slot);
    assert_null(um_vault_opener(&s->vault[1], &sealed, &object).slot);
    um_vault_fini(&s->vault[1]);
    assert_true(um_vault_ready(v, um_str(hex)));
    assert_int_equal(read(s, 3, UM_BUNDLE_CERTIFICATE, "web", hex, "PEM"), 0);
    assert_int_equal(s->missing, 1);
    um_vault_fini(v);
}

static void test_what_cannot_be_sealed(void **state)
{
    struct sealing *s = *state;
    struct um_name hash;
    struct um_str long_text = {calloc(1, UM__CAP_SEALED_CONTENT_BYTES + 1),
                               UM__CAP_SEALED_CONTENT_BYTES + 1};

    assert_non_null(long_text.p);
    assert_int_not_equal(
        um_sealer_seal(&s->sealer, UM_STR("variables/x"), long_text, &hash), 0);
    assert_int_not_equal(
        um_sealer_seal(&s->sealer, UM_STR(""), UM_STR("1"), &hash), 0);
    s->disk.no_memory = true;
    assert_int_equal(
        um_sealer_seal(&s->sealer, UM_STR("variables/x"), UM_STR("1"), &hash),
        P2P_ENOMEM);
    free((char *)(uintptr_t)long_text.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sealed_by_one_opened_by_another,
                                        sealing_begin, sealing_end),
        cmocka_unit_test_setup_teardown(test_who_is_revoked_has_no_slot,
                                        sealing_begin, sealing_end),
        cmocka_unit_test_setup_teardown(test_a_key_in_the_place_of_another,
                                        sealing_begin, sealing_end),
        cmocka_unit_test_setup_teardown(test_one_is_not_shown_as_another,
                                        sealing_begin, sealing_end),
        cmocka_unit_test_setup_teardown(test_scripts_are_as_they_are,
                                        sealing_begin, sealing_end),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test_setup_teardown(test_secrets, sealing_begin,
                                        sealing_end),
        cmocka_unit_test_setup_teardown(test_slots_of_others, sealing_begin,
                                        sealing_end),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_sealed,
                                        sealing_begin, sealing_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
