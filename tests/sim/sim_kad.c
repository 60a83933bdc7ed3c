/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage: sim_kad [NODES [SEED]]
 *
 * What a DHT of so many nodes costs, as a row of docs/internals/dht.md: nodes
 * join one after the other, do nothing for two hours, look for each other; then
 * a quarter is gone at once, without a word, and they look again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kad_net.h"
#include "must.h"

#define LOOKUPS 200

struct row {
    unsigned found;
    double asked, seconds;
};

static struct row look(struct kad_net *net)
{
    const uint64_t before = net->asked;
    struct row row = {0};
    struct kad_net_result r;

    for (int i = 0; i < LOOKUPS; i++) {
        const uint32_t from = kad_net_any(net);
        uint32_t to = kad_net_any(net);

        while (to == from) {
            to = kad_net_any(net);
        }
        row.found += kad_net_find(net, from, net->nodes[to].number, &r) == 0;
        row.seconds += (double)r.took / 1e9 / LOOKUPS;
    }
    row.asked = (double)(net->asked - before) / LOOKUPS;
    return row;
}

/* Questions of a lookup of all that are nearest to something. */
static double gather(struct kad_net *net)
{
    const uint64_t before = net->asked;
    struct kad_net_result r;
    char key[32];

    for (int i = 0; i < LOOKUPS; i++) {
        (void)snprintf(key, sizeof key, "content %d", i);
        must(kad_net_start(net, kad_net_any(net), P2P__KAD_FIND_PROVIDERS, key,
                           NULL, &r) == 0);
        (void)kad_net_wait(net, &r);
    }
    return (double)(net->asked - before) / LOOKUPS;
}

int main(int argc, char **argv)
{
    const uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 42;
    struct kad_net *net = kad_net_new(n, seed);
    struct row whole, gone;
    uint64_t before, table = 0;
    double bytes, first, all;

    for (uint32_t i = 0; i < n; i++) {
        (void)kad_net_join(net, i, i == 0 ? UINT32_MAX : kad_net_any(net));
        kad_net_run(net, P2P__MS(200));
    }
    kad_net_run(net, P2P__SEC(60));
    before = net->bytes;
    kad_net_run(net, P2P__SEC(3600));
    first = (double)(net->bytes - before) / n / 60;
    before = net->bytes;
    kad_net_run(net, P2P__SEC(3600));
    bytes = (double)(net->bytes - before) / n / 60;
    for (uint32_t i = 0; i < n; i++) {
        table += net->nodes[i].kad.table.count;
    }
    whole = look(net);
    all = gather(net);
    for (uint32_t i = 0; i < n / 4; i++) {
        kad_net_kill(net, kad_net_any(net));
    }
    gone = look(net);
    (void)printf(
        "| %u | %.0f | %.0f | %.0f | %u/%d | %.1f | %.1f | %.1f | "
        "%u/%d | %.1f | %.1f |\n",
        n, (double)table / n, first, bytes, whole.found, LOOKUPS, whole.asked,
        whole.seconds, all, gone.found, LOOKUPS, gone.asked, gone.seconds);
    kad_net_free(net);
    return 0;
}
