/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Noise as a security protocol of hosts. */
#include "base/mem.h"
#include "chan/noise/noise.h"

static int id_new(struct p2p__crypto *crypto, struct p2p__env *env,
                  const struct p2p_key *key, void **id)
{
    struct p2p__noise_id *made;
    int rv = p2p__noise_id_new(crypto, env, key, &made);

    *id = made;
    return rv;
}

static void id_free(void *id)
{
    p2p__noise_id_free(id);
}

static int start(const struct p2p__sec_cfg *cfg, void **chan, p2p_ns now)
{
    struct p2p__noise *n = p2p__zalloc(sizeof *n);
    int rv = n == NULL ? P2P_ENOMEM : p2p__noise_init(n, cfg, now);

    if (rv != 0) {
        p2p__free(n);
        n = NULL;
    }
    *chan = n;
    return rv;
}

static bool next(void *chan, struct p2p__sec_ev *ev)
{
    return p2p__noise_next(chan, ev);
}

static const uint8_t *binding(const void *chan)
{
    return p2p__noise_hash(chan);
}

const struct p2p_security p2p__noise_security = {
    .chan = &p2p__noise_ops,
    .id_new = id_new,
    .id_free = id_free,
    .start = start,
    .next = next,
    .binding = binding,
};
