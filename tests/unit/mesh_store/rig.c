/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p2p/hash.h"
#include "p2p/key.h"
#include "unit.h"

void rig_folder(struct rig *g)
{
    const char *tmp = getenv("TMPDIR");

    memset(g, 0, sizeof *g);
    (void)snprintf(g->folder, sizeof g->folder, "%.40s/um-store-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(g->folder));
    (void)snprintf(g->path, sizeof g->path, "%s/mesh.db", g->folder);
}

void rig_init(struct rig *g)
{
    rig_folder(g);
    if (um_store_open(&g->s, g->path, UM_STORE_CREATE) != 0)
        fail_msg("%s", g->s.text);
}

void rig_again(struct rig *g)
{
    um_store_close(&g->s);
    if (um_store_open(&g->s, g->path, UM_STORE_EXISTING) != 0)
        fail_msg("%s", g->s.text);
}

void rig_fini(struct rig *g)
{
    DIR *dir = opendir(g->folder);
    struct dirent *entry;

    um_store_close(&g->s);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
    }
    (void)closedir(dir);
    assert_int_equal(rmdir(g->folder), 0);
}

const char *rig_file(struct rig *g, const char *suffix)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s%s", g->path, suffix);
    return path;
}

void rig_read(const char *path, struct um_buf *b)
{
    FILE *f = fopen(path, "rb");
    char part[4096];
    size_t n;

    assert_non_null(f);
    um_buf_clear(b);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        um_buf_add(b, part, n);
    assert_int_equal(ferror(f), 0);
    (void)fclose(f);
    assert_false(um_buf_failed(b));
}

void rig_write(const char *path, const void *p, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, len), len);
    assert_int_equal(close(fd), 0);
}

struct um_name rig_name(uint64_t n)
{
    struct um_name name;

    p2p_sha256(&n, sizeof n, name.b);
    return name;
}

struct um_stored rig_item(uint64_t n, struct um_buf *b)
{
    static const uint8_t seed[32] = {7};
    struct um_revision r = {.mesh = rig_name(0),
                            .parents = {rig_name(n)},
                            .parents_n = 1,
                            .number = n + 1,
                            .wall_ms = T0,
                            .doc = rig_name(n + 1),
                            .doc_bytes = 1,
                            .message = UM_STR("something was changed")};
    struct p2p_key *key = NULL;

    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    um_buf_clear(b);
    assert_int_equal(um_revision_seal(&r, key, b), 0);
    p2p_key_free(key);
    return (struct um_stored){.seen_ms = T0 + n,
                              .id = r.id,
                              .kind = UM_REVISION,
                              .envelope = um_buf_view(b)};
}

struct um_name rig_doc(uint64_t n, size_t len, struct um_buf *b)
{
    struct um_name hash;
    uint64_t x = n * 2 + 1;

    um_buf_clear(b);
    for (size_t i = 0; i < len; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407U;
        um_buf_byte(b, (char)(x >> 56));
    }
    assert_false(um_buf_failed(b));
    p2p_sha256(b->p, b->len, hash.b);
    return hash;
}

void rig_add(struct um_store *s, uint64_t first, uint64_t last)
{
    struct um_buf b = UM_BUF_INIT;

    assert_int_equal(um_store_begin(s), 0);
    for (uint64_t n = first; n <= last; n++) {
        struct um_stored item = rig_item(n, &b);

        assert_int_equal(um_items_add(s, &item), 0);
    }
    assert_int_equal(um_store_commit(s), 0);
    um_buf_fini(&b);
}

int rig_count_put(struct um_store *s, uint64_t n)
{
    return um_self_own_put(s, um_str_n((const char *)&n, sizeof n));
}

int rig_count_get(struct um_store *s, uint64_t *n)
{
    struct um_str own;
    int err = um_self_own_get(s, &own);

    *n = 0;
    if (err == 0 && own.len == sizeof *n)
        memcpy(n, own.p, sizeof *n);
    return err;
}

void rig_has(struct um_store *s, uint64_t n)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item = {0};
    uint64_t i = 0;
    uint64_t count;
    int rv;

    while ((rv = um_items_next(s, item.place, &item)) == 1) {
        struct um_stored want = rig_item(++i, &b);

        assert_int_equal(item.place, i);
        assert_int_equal(item.kind, UM_REVISION);
        assert_int_equal(item.seen_ms, T0 + i);
        assert_true(um_name_eq(&item.id, &want.id));
        assert_true(um_str_eq(item.envelope, want.envelope));
    }
    assert_int_equal(rv, 0);
    assert_int_equal(i, n);
    assert_int_equal(um_items_count(s, &count), 0);
    assert_int_equal(count, n);
    um_buf_fini(&b);
}
