/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See papers.h. A list, the last used first; what is on its way to the disk
 * cannot be read from there yet, so it stays until it is written.
 */
#include "mesh/node/papers.h"

#include <string.h>

#include "mesh/base/mem.h"
#include "mesh/doc/value.h"
#include "mesh/store/documents.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* By the first byte of the hash. */
#define SLOTS 256

struct paper {
    struct paper *next; /* that was used before it */
    struct paper *prev;
    struct paper *beside; /* in the same slot */
    struct um_papers *of; /* NULL: they were freed meanwhile */
    struct um_name hash;
    bool writing;
    size_t len;
    char bytes[];
};

struct um_papers {
    struct um_disk *disk;
    struct paper *first;
    struct paper *last;
    struct paper *slots[SLOTS];
    size_t bytes; /* of those that are not being written */
    size_t n;     /* of the same */
    size_t writing;
};

static size_t size_of(const struct paper *x)
{
    return sizeof *x + x->len;
}

struct um_papers *um_papers_new(struct um_disk *disk)
{
    struct um_papers *p = um_mem_zalloc(sizeof *p);

    if (p != NULL) {
        p->disk = disk;
    }
    return p;
}

void um_papers_free(struct um_papers *p)
{
    if (p == NULL) {
        return;
    }
    while (p->first != NULL) {
        struct paper *x = p->first;

        p->first = x->next;
        x->of = NULL;
        if (!x->writing) {
            um_mem_free(x);
        }
    }
    um_mem_free(p);
}

static void push(struct um_papers *p, struct paper *x)
{
    x->prev = NULL;
    x->next = p->first;
    *(p->first != NULL ? &p->first->prev : &p->last) = x;
    p->first = x;
}

static void pull(struct um_papers *p, struct paper *x)
{
    *(x->prev != NULL ? &x->prev->next : &p->first) = x->next;
    *(x->next != NULL ? &x->next->prev : &p->last) = x->prev;
}

static struct paper **slot_of(struct um_papers *p, const struct um_name *hash)
{
    return &p->slots[hash->b[0]];
}

/* Takes one out, and frees it. */
static void forget(struct um_papers *p, struct paper *x)
{
    struct paper **at = slot_of(p, &x->hash);

    while (*at != x) {
        at = &(*at)->beside;
    }
    *at = x->beside;
    pull(p, x);
    um_mem_free(x);
}

/* Forgets those that were not used for longest, but for the first. */
static void shrink(struct um_papers *p)
{
    struct paper *x = p->last, *prev;

    while (x != p->first &&
           (p->bytes > UM__CAP_PAPERS_BYTES || p->n > UM_PAPERS_KEPT)) {
        prev = x->prev;
        if (!x->writing) {
            p->bytes -= size_of(x);
            p->n--;
            forget(p, x);
        }
        x = prev;
    }
}

/* The one with a hash, which is first then; NULL: it is not in memory. */
static struct paper *find(struct um_papers *p, const struct um_name *hash)
{
    struct paper *x = *slot_of(p, hash);

    while (x != NULL && !um_name_eq(&x->hash, hash)) {
        x = x->beside;
    }
    if (x != NULL) {
        pull(p, x);
        push(p, x);
    }
    return x;
}

static struct paper *make(struct um_papers *p, const struct um_name *hash,
                          struct um_str bytes, bool writing)
{
    struct paper *x = um_mem_alloc(sizeof *x + bytes.len);

    if (x == NULL) {
        return NULL;
    }
    *x = (struct paper){.beside = *slot_of(p, hash),
                        .of = p,
                        .hash = *hash,
                        .writing = writing,
                        .len = bytes.len};
    if (bytes.len > 0)
        memcpy(x->bytes, bytes.p, bytes.len);
    *slot_of(p, hash) = x;
    push(p, x);
    if (writing) {
        p->writing += size_of(x);
    } else {
        p->bytes += size_of(x);
        p->n++;
        shrink(p);
    }
    return x;
}

static int write_it(void *arg, struct um_store *s)
{
    const struct paper *x = arg;
    int rv = um_documents_add(s, &x->hash, um_str_n(x->bytes, x->len));

    return rv == P2P_EDUP ? 0 : rv;
}

/* The same with one that is on its way to the disk. */
static void drop(struct paper *x)
{
    x->of->writing -= size_of(x);
    forget(x->of, x);
}

static void written(void *arg, int err)
{
    struct paper *x = arg;

    if (x->of == NULL) {
        um_mem_free(x);
    } else if (err != 0) {
        drop(x); /* it is nowhere */
    } else {
        x->writing = false;
        x->of->writing -= size_of(x);
        x->of->bytes += size_of(x);
        x->of->n++;
        shrink(x->of);
    }
}

int um_papers_put(struct um_papers *p, struct um_str bytes,
                  struct um_name *hash)
{
    struct paper *x;
    struct um_disk_job job = {.write = write_it, .done = written};
    int rv;

    if (bytes.len > UM__CAP_DOC_BYTES) {
        return P2P_ETOOBIG;
    }
    p2p_sha256(bytes.p, bytes.len, hash->b);
    if (find(p, hash) != NULL) {
        return 0;
    }
    if (p->writing + bytes.len > UM__CAP_PAPERS_WRITING)
        return P2P_ELIMIT;
    x = make(p, hash, bytes, true);
    if (x == NULL)
        return P2P_ENOMEM;
    job.arg = x;
    rv = um_disk_write(p->disk, &job);
    if (rv != 0)
        drop(x);
    return rv;
}

int um_papers_get(struct um_papers *p, const struct um_name *hash,
                  struct um_str *out)
{
    const struct paper *x = find(p, hash);
    struct um_buf bytes = UM_BUF_INIT;
    int rv;

    if (x == NULL) {
        rv = um_documents_get(um_disk_lock(p->disk), hash, &bytes);
        um_disk_unlock(p->disk);
        x = rv == 0 ? make(p, hash, um_buf_view(&bytes), false) : NULL;
        um_buf_fini(&bytes);
        if (x == NULL) {
            return rv == 0 ? P2P_ENOMEM : rv;
        }
    }
    *out = um_str_n(x->bytes, x->len);
    return 0;
}

void um_papers_names(const struct um_papers *p, struct um_buf *out)
{
    for (const struct paper *x = p->first; x != NULL; x = x->next)
        um_buf_add(out, x->hash.b, sizeof x->hash.b);
}

bool um_papers_has(struct um_papers *p, const struct um_name *hash)
{
    uint64_t size;
    int rv;

    if (find(p, hash) != NULL) {
        return true;
    }
    rv = um_documents_size(um_disk_lock(p->disk), hash, &size);
    um_disk_unlock(p->disk);
    return rv == 0;
}

static int port_get(void *user, const struct um_name *hash, struct um_str *out)
{
    return um_papers_get(user, hash, out);
}

static bool port_has(void *user, const struct um_name *hash)
{
    return um_papers_has(user, hash);
}

struct um_vault_papers um_papers_port(struct um_papers *p)
{
    return (struct um_vault_papers){p, port_get, port_has};
}
