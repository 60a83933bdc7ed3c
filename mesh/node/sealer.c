/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See sealer.h. */
#include "mesh/node/sealer.h"

#include <string.h>

#include "mesh/doc/value.h"
#include "mesh/node/random.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"

size_t um_sealer_readers(struct um_roster *r, struct um_name *out)
{
    size_t n = 0;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if ((k->now & UM_SEALER_ROLES) != 0 && out != NULL)
            out[n] = k->name;
        n += (k->now & UM_SEALER_ROLES) != 0;
    }
    return n;
}

int um_sealer_seal(const struct um_sealer *s, struct um_str name,
                   struct um_str bytes, struct um_name *hash)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf object = UM_BUF_INIT;
    uint8_t entropy[32];
    size_t n = um_sealer_readers(s->roster, NULL);
    struct um_name *members = um_arena_zalloc(&a, n + 1, sizeof *members);
    int rv =
        members == NULL ? P2P_ENOMEM : um_random_fill(entropy, sizeof entropy);

    if (rv == 0) {
        const struct um_sealed_plan plan = {
            .mesh = *s->mesh,
            .name = name,
            .content = bytes,
            .members = {members, um_sealer_readers(s->roster, members)},
            .entropy = entropy};

        rv = um_sealed_make(&plan, &object);
    }
    explicit_bzero(entropy, sizeof entropy);
    if (rv == 0)
        rv = um_papers_put(s->papers, um_buf_view(&object), hash);
    um_buf_fini(&object);
    um_arena_fini(&a);
    return rv;
}
