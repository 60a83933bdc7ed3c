/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See download.h. Memory grows with the bytes that came, never with a size that
 * somebody claims. If what came from several sessions has the wrong hash,
 * nobody knows who lied, and the one who sent the end may be honest: it begins
 * anew, from one session alone, which then answers for it.
 */
#include "mesh/sync/download.h"

#include <assert.h>

#include "p2p/err.h"
#include "p2p/hash.h"

void um_download_init(struct um_download *d, const struct um_name *hash,
                      uint64_t size, uint64_t most)
{
    assert(most > 0 && size <= most);
    *d = (struct um_download){.hash = *hash,
                              .size = size,
                              .most = most,
                              .size_known = size > 0,
                              .bytes = UM_BUF_INIT};
}

void um_download_fini(struct um_download *d)
{
    um_buf_fini(&d->bytes);
}

static void drop(struct um_download *d)
{
    um_buf_fini(&d->bytes);
    d->mixed = false;
    if (!d->size_known)
        d->size = 0;
}

/* Something is wrong: the peer's fault, unless others had their hand in it. */
static int blame(struct um_download *d, int err)
{
    bool mixed = d->mixed;

    drop(d);
    return mixed ? 0 : err;
}

/* How long a part is: as long as was asked for, but for the last. */
static uint64_t part_len(const struct um_download_part *part)
{
    uint64_t left = part->size - part->offset;

    return left < part->most ? left : part->most;
}

int um_download_add(struct um_download *d, const struct um_download_part *part)
{
    struct um_name hash;

    assert(!d->whole && part->size > 0);
    if (part->size > d->most || (d->size_known && part->size != d->size)) {
        d->mixed = false;
        return blame(d, P2P_EPROTO);
    }
    if (d->size != 0 && part->size != d->size)
        return blame(d, P2P_EPROTO);
    if (part->offset != d->bytes.len || part->offset >= part->size ||
        part->bytes.len != part_len(part))
        return blame(d, P2P_EPROTO);
    d->size = part->size;
    um_buf_str(&d->bytes, part->bytes);
    if (um_buf_failed(&d->bytes)) {
        d->bytes.failed = false;
        return P2P_ENOMEM;
    }
    if (d->bytes.len < d->size)
        return 0;
    p2p_sha256(d->bytes.p, d->bytes.len, hash.b);
    if (!um_name_eq(&hash, &d->hash))
        return blame(d, P2P_EAUTH);
    d->whole = true;
    return 1;
}
