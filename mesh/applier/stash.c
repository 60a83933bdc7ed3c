/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See stash.h. A list, the one that was used last in front. */
#include "mesh/applier/stash.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"
#include "p2p/hash.h"

struct paper {
    struct paper *next;
    struct um_name hash;
    size_t len;
    char bytes[];
};

struct um_stash {
    size_t max_bytes;
    size_t bytes;
    struct paper *first;
    struct um_buf awaited; /* names */
    bool lacks;
};

struct um_stash *um_stash_new(size_t max_bytes)
{
    struct um_stash *s = um_mem_zalloc(sizeof *s);

    if (s != NULL) {
        s->max_bytes = max_bytes;
    }
    return s;
}

void um_stash_free(struct um_stash *s)
{
    while (s != NULL && s->first != NULL) {
        struct paper *p = s->first;

        s->first = p->next;
        um_mem_free(p);
    }
    if (s != NULL) {
        um_buf_fini(&s->awaited);
        um_mem_free(s);
    }
}

/* The one with a hash, in front now; or NULL. */
static struct paper *find(struct um_stash *s, const struct um_name *hash)
{
    struct paper **at = &s->first, *p;

    while (*at != NULL && !um_name_eq(&(*at)->hash, hash)) {
        at = &(*at)->next;
    }
    p = *at;
    if (p != NULL) {
        *at = p->next;
        p->next = s->first;
        s->first = p;
    }
    return p;
}

/* The oldest ones go; the one in front stays. */
static void trim(struct um_stash *s)
{
    size_t sum = 0;
    struct paper **at = &s->first;

    assert(s->first != NULL);
    while (*at != NULL &&
           (at == &s->first || sum + (*at)->len <= s->max_bytes)) {
        sum += (*at)->len;
        at = &(*at)->next;
    }
    s->bytes = sum;
    assert(s->first == NULL || at != &s->first);
    while (*at != NULL) {
        struct paper *p = *at;

        *at = p->next;
        um_mem_free(p);
    }
}

static struct um_name *awaited(const struct um_stash *s,
                               const struct um_name *hash)
{
    struct um_name *all = (struct um_name *)(void *)s->awaited.p;

    for (size_t i = 0; i < um_stash_awaits(s); i++) {
        if (um_name_eq(&all[i], hash)) {
            return &all[i];
        }
    }
    return NULL;
}

size_t um_stash_awaits(const struct um_stash *s)
{
    return s->awaited.len / UM_NAME_BYTES;
}

bool um_stash_want(struct um_stash *s, const struct um_name *hash)
{
    if (find(s, hash) != NULL || awaited(s, hash) != NULL) {
        return false;
    }
    um_buf_add(&s->awaited, hash, sizeof *hash);
    if (um_buf_failed(&s->awaited)) {
        um_buf_clear(&s->awaited);
        s->lacks = true;
        return false;
    }
    return true;
}

static int keep(struct um_stash *s, const struct um_name *hash,
                struct um_str bytes)
{
    struct paper *p = um_mem_alloc(sizeof *p + bytes.len);

    if (p == NULL) {
        return P2P_ENOMEM;
    }
    p->hash = *hash;
    p->len = bytes.len;
    memcpy(p->bytes, bytes.p, bytes.len);
    p->next = s->first;
    s->first = p;
    s->bytes += p->len;
    if (s->bytes > s->max_bytes) {
        trim(s);
    }
    return 0;
}

int um_stash_came(struct um_stash *s, const struct um_name *hash,
                  struct um_str bytes)
{
    struct um_name *at = awaited(s, hash), is;
    int rv = 0;

    if (at == NULL) {
        return P2P_ENOTFOUND;
    }
    assert(s->awaited.len >= sizeof *at);
    s->awaited.len -= sizeof *at;
    *at = *(struct um_name *)(void *)(s->awaited.p + s->awaited.len);
    if (bytes.p != NULL) {
        p2p_sha256(bytes.p, bytes.len, is.b);
        rv = um_name_eq(&is, hash) ? keep(s, hash, bytes) : P2P_EAUTH;
    }
    s->lacks = s->lacks || bytes.p == NULL || rv != 0;
    return rv;
}

bool um_stash_lacks(struct um_stash *s)
{
    bool lacks = s->lacks;

    s->lacks = false;
    return lacks;
}

static int port_get(void *user, const struct um_name *hash, struct um_str *out)
{
    const struct paper *p = find(user, hash);

    if (p == NULL) {
        return P2P_ENOTFOUND;
    }
    *out = um_str_n(p->bytes, p->len);
    return 0;
}

static bool port_has(void *user, const struct um_name *hash)
{
    return find(user, hash) != NULL;
}

struct um_vault_papers um_stash_port(struct um_stash *s)
{
    return (struct um_vault_papers){s, port_get, port_has};
}
