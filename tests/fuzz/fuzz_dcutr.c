/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * DCUtR. By the first byte: either end of a talk, then the steps of
 * proto_fuzz.h; or a plan, of which each byte is what happens next, and the
 * books of attempts of the peers that these bytes are.
 */
#include "made_peer.h"
#include "proto/dcutr/budget.h"
#include "proto/dcutr/plan.h"
#include "proto/dcutr/talk.h"
#include "proto_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void talk_events(void *core)
{
    struct p2p__dcutr_go go;

    while (p2p__dcutr_talk_next(core, &go)) {
        must(go.addrs->n > 0 && go.addrs->n <= P2P__CAP_DCUTR_ADDRS);
        must(go.rtt <= P2P__DCUTR_TALK_TIMEOUT * 256);
        for (size_t i = 0; i < go.addrs->n; i++) {
            must(p2p__dcutr_is_usable(&go.addrs->list[i], P2P__DCUTR_PUBLIC));
        }
    }
}

static void talk(bool initiates, const uint8_t *data, size_t size)
{
    static const char text[] = "/ip4/192.0.2.1/tcp/4901";
    struct p2p__dcutr_addrs own = {.n = 1};
    struct p2p__dcutr_talk core;
    struct p2p__quota quota;
    const struct p2p__dcutr_talk_cfg cfg = {
        .initiates = initiates, .own = &own, .quota = &quota};

    must(p2p_multiaddr_from_text(text, sizeof text - 1, &own.list[0]) == 0);
    p2p__quota_init(&quota, NULL, "conn");
    p2p__dcutr_talk_init(&core, &cfg, 0);
    proto_fuzz(&p2p__dcutr_talk_ops, &core, talk_events, data, size);
    p2p__quota_fini(&quota);
}

/* No more attempts than there may be, and an end in any case. */
static void plan(bool has_public, const uint8_t *data, size_t size)
{
    static const uint64_t seed[2] = {1, 2};
    struct p2p__rates budget;
    struct p2p__dcutr_plan p;
    enum p2p__dcutr_step step;
    unsigned talks = 0;
    p2p_ns now = 1;

    p2p__dcutr_plan_init(&p, has_public, now);
    p2p__dcutr_budget_init(&budget, seed);
    for (size_t i = 0; i < size; i++) {
        const struct p2p_peer_id who = made_peer(data[i]);

        now = p2p__ns_after(now, P2P__MS(data[i]) * 10);
        p2p__dcutr_plan_expire(&p, now);
        step = p2p__dcutr_plan_next(&p, now);
        talks += step == P2P__DCUTR_TALK ? 1 : 0;
        must(talks == p2p__dcutr_plan_attempts(&p) || step == P2P__DCUTR_WAIT);
        if (step == P2P__DCUTR_TALK && (data[i] & 1) != 0) {
            p2p__dcutr_plan_agreed(&p, p2p__ns_after(now, data[i]));
        } else if ((data[i] & 2) != 0) {
            p2p__dcutr_plan_failed(&p, now);
        }
        (void)p2p__rates_take(&budget, &(struct p2p__fair_who){.id = &who},
                              now);
    }
    must(talks <= P2P__CAP_DCUTR_ATTEMPTS);
    must(budget.rows.count <= P2P__CAP_RATES_ROWS);
    p2p__rates_fini(&budget);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if ((data[0] & 2) != 0) {
        plan((data[0] & 1) != 0, data + 1, size - 1);
    } else {
        talk((data[0] & 1) != 0, data + 1, size - 1);
    }
    return 0;
}
