/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See signer.h. */
#include "mesh/model/signer.h"

static int sign_revision(const void *user, struct um_revision *r,
                         struct um_buf *out)
{
    return um_revision_seal(r, user, out);
}

static int sign_fact(const void *user, struct um_fact *f, struct um_buf *out)
{
    return um_fact_seal(f, user, out);
}

static int sign_row(const void *user, struct um_row *row, struct um_buf *out)
{
    return um_row_seal(row, user, out);
}

struct um_signer um_signer_of(const struct p2p_key *key)
{
    return (struct um_signer){sign_revision, sign_fact, sign_row, key};
}
