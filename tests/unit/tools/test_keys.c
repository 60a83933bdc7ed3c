/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Key files of the tool `p2p` are inputs (T39): what is damaged or open to
 * others is refused with an error of its own, and a file is never replaced. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"
#include "unit.h"

struct rig {
    char dir[64];
    char path[96];
    struct p2p_key *key;
    uint8_t pb[P2P_PRIVKEY_MAX + 8];
    int len;
};

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/p2p-keys-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    (void)snprintf(r->path, sizeof r->path, "%s/key", r->dir);
    assert_int_equal(key_from_number(7, &r->key), 0);
    r->len = p2p_key_encode(r->key, r->pb, sizeof r->pb);
    assert_true(r->len > 0);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    (void)unlink(r->path);
    assert_int_equal(rmdir(r->dir), 0);
    p2p_key_free(r->key);
    free(r);
    return 0;
}

/* Puts `len` bytes of the buffer there and loads them. */
static int load(struct rig *r, size_t len, unsigned mode)
{
    FILE *f = fopen(r->path, "wb");
    struct p2p_key *key = NULL;
    int rv;

    assert_non_null(f);
    assert_int_equal(fwrite(r->pb, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(r->path, mode), 0);
    rv = key_load(r->path, &key);
    assert_true((rv == 0) == (key != NULL));
    p2p_key_free(key);
    return rv;
}

static void test_T39_key_file_that_is_damaged_is_refused(void **state)
{
    struct rig *r = *state;
    const size_t len = (size_t)r->len;

    assert_int_equal(load(r, len, 0600), 0);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(load(r, cut, 0600), P2P_EFORMAT);
    }
    assert_int_equal(load(r, len + 1, 0600), P2P_EFORMAT);
    assert_int_equal(load(r, P2P_PRIVKEY_MAX + 1, 0600), P2P_ETOOBIG);
    assert_int_equal(load(r, sizeof r->pb, 0600), P2P_ETOOBIG);
    r->pb[1] = 9;
    assert_int_equal(load(r, len, 0600), P2P_ENOTSUP);
}

static void test_T39_key_file_of_others_or_none_is_refused(void **state)
{
    struct rig *r = *state;
    struct p2p_key *key;

    assert_int_equal(key_load(r->path, &key), P2P_ENOTFOUND);
    assert_int_equal(key_load(r->dir, &key), P2P_EIO);
    assert_int_equal(load(r, (size_t)r->len, 0644), P2P_EACCES);
    assert_int_equal(load(r, (size_t)r->len, 0660), P2P_EACCES);
    assert_int_equal(load(r, (size_t)r->len, 0400), 0);
}

static void test_T39_key_file_is_never_replaced(void **state)
{
    struct rig *r = *state;
    struct stat st;

    assert_int_equal(key_save(r->path, r->key), 0);
    assert_int_equal(stat(r->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(key_save(r->path, r->key), P2P_EEXIST);
    assert_int_equal(unlink(r->path), 0);
    assert_int_equal(symlink("/nonexistent/key", r->path), 0);
    assert_true(key_save(r->path, r->key) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_T39_key_file_that_is_damaged_is_refused),
        TEST(test_T39_key_file_of_others_or_none_is_refused),
        TEST(test_T39_key_file_is_never_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
