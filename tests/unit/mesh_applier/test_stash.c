/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the applier has of documents: what it asked for, and nothing else. */
#include "mesh/applier/stash.h"

#include <string.h>

#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

static struct um_name hash_of(const char *text)
{
    struct um_name n;

    p2p_sha256(text, strlen(text), n.b);
    return n;
}

static bool has(struct um_stash *s, const char *text)
{
    struct um_vault_papers port = um_stash_port(s);
    struct um_name hash = hash_of(text);
    struct um_str bytes;

    if (!port.has(port.user, &hash)) {
        assert_int_equal(port.get(port.user, &hash, &bytes), P2P_ENOTFOUND);
        return false;
    }
    assert_int_equal(port.get(port.user, &hash, &bytes), 0);
    assert_true(um_str_eq(bytes, um_str(text)));
    return true;
}

static void bring(struct um_stash *s, const char *text)
{
    struct um_name hash = hash_of(text);

    assert_true(um_stash_want(s, &hash));
    assert_int_equal(um_stash_came(s, &hash, um_str(text)), 0);
}

static void test_what_was_asked_for(void **state)
{
    struct um_stash *s = um_stash_new(100);
    struct um_name hash = hash_of("a document");

    (void)state;
    assert_int_equal(um_stash_came(s, &hash, UM_STR("a document")),
                     P2P_ENOTFOUND);
    assert_false(has(s, "a document"));
    assert_true(um_stash_want(s, &hash));
    assert_false(um_stash_want(s, &hash)); /* once */
    assert_int_equal(um_stash_awaits(s), 1);
    assert_int_equal(um_stash_came(s, &hash, UM_STR("a document")), 0);
    assert_int_equal(um_stash_awaits(s), 0);
    assert_false(um_stash_lacks(s));
    assert_true(has(s, "a document"));
    assert_false(um_stash_want(s, &hash)); /* it is here */
    um_stash_free(s);
}

static void test_other_bytes(void **state)
{
    struct um_stash *s = um_stash_new(100);
    struct um_name hash = hash_of("a document");

    (void)state;
    assert_true(um_stash_want(s, &hash));
    assert_int_equal(um_stash_came(s, &hash, UM_STR("another")), P2P_EAUTH);
    assert_true(um_stash_lacks(s));
    assert_false(um_stash_lacks(s));
    assert_false(has(s, "a document"));
    assert_false(has(s, "another"));
    assert_true(um_stash_want(s, &hash)); /* it may be asked for again */
    assert_int_equal(um_stash_came(s, &hash, um_str_n(NULL, 0)), 0);
    assert_true(um_stash_lacks(s));
    um_stash_free(s);
}

static void test_the_oldest_go(void **state)
{
    struct um_stash *s = um_stash_new(10);

    (void)state;
    bring(s, "aaaa");
    bring(s, "bbbb");
    assert_true(has(s, "aaaa")); /* used later */
    bring(s, "cccc");
    assert_true(has(s, "aaaa"));
    assert_true(has(s, "cccc"));
    assert_false(has(s, "bbbb"));
    /* The last one stays, whatever it weighs. */
    bring(s, "dddddddddddddddd");
    assert_true(has(s, "dddddddddddddddd"));
    assert_false(has(s, "aaaa"));
    assert_false(has(s, "cccc"));
    um_stash_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_asked_for),
        cmocka_unit_test(test_other_bytes),
        cmocka_unit_test(test_the_oldest_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
