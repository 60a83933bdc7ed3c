/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host's counters as OpenMetrics text: see p2p/limit.h. */
#include <inttypes.h>

#include "base/text.h"
#include "host/internal.h"
#include "p2p/limit.h"

#define MAX_LIMITS 64U

static void head(struct p2p__text *t, const char *name, const char *type,
                 const char *help)
{
    p2p__text_put(t, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void put_held(struct p2p__text *t, const struct p2p_host_stats *s)
{
    head(t, "p2p_connections", "gauge", "Connections, handshakes included.");
    p2p__text_put(t, "p2p_connections{direction=\"in\"} %" PRIu32 "\n",
                  s->conns_in);
    p2p__text_put(t, "p2p_connections{direction=\"out\"} %" PRIu32 "\n",
                  s->conns_out);
    head(t, "p2p_streams", "gauge", "Streams.");
    p2p__text_put(t, "p2p_streams{direction=\"in\"} %" PRIu32 "\n",
                  s->streams_in);
    p2p__text_put(t, "p2p_streams{direction=\"out\"} %" PRIu32 "\n",
                  s->streams_out);
    head(t, "p2p_handshakes", "gauge", "Inbound handshakes under way.");
    p2p__text_put(t, "p2p_handshakes %" PRIu32 "\n", s->handshakes_pending);
    head(t, "p2p_peers", "gauge", "Peers that are known.");
    p2p__text_put(t, "p2p_peers %" PRIu32 "\n", s->peers_known);
    head(t, "p2p_descriptors", "gauge", "Of connections and listeners.");
    p2p__text_put(t, "p2p_descriptors %" PRIu32 "\n", s->descriptors);
    head(t, "p2p_memory_bytes", "gauge", "Bytes that peers make us hold.");
    p2p__text_put(t, "p2p_memory_bytes %" PRIu64 "\n", s->memory_bytes);
    head(t, "p2p_trimmed", "counter", "Connections that were too many.");
    p2p__text_put(t, "p2p_trimmed_total %" PRIu64 "\n", s->trimmed);
    head(t, "p2p_gated", "counter", "What the gate did not let pass.");
    p2p__text_put(t, "p2p_gated_total %" PRIu64 "\n", s->refused_gate);
}

static void put_limits(struct p2p__text *t, const struct p2p_host *host)
{
    struct p2p_limit rows[MAX_LIMITS];
    size_t n = p2p_host_limits(host, rows, MAX_LIMITS, sizeof rows[0]);

    n = n < MAX_LIMITS ? n : MAX_LIMITS;
    head(t, "p2p_limit", "gauge", "How much there may be.");
    for (size_t i = 0; i < n; i++) {
        p2p__text_put(t, "p2p_limit{scope=\"%s\",what=\"%s\"} %" PRIu64 "\n",
                      rows[i].scope, rows[i].what, rows[i].limit);
    }
    head(t, "p2p_refused", "counter", "How often a limit said no.");
    for (size_t i = 0; i < n; i++) {
        p2p__text_put(
            t, "p2p_refused_total{scope=\"%s\",what=\"%s\"} %" PRIu64 "\n",
            rows[i].scope, rows[i].what, rows[i].refused);
    }
}

/* A label's value, with what OpenMetrics escapes escaped. */
static void put_escaped(struct p2p__text *t, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '\n') {
            p2p__text_put(t, "\\n");
        } else {
            p2p__text_put(t, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
        }
    }
}

/* One family with a sample for each protocol and direction; `in` and `out` are
 * where the numbers stand in a row. */
static void put_family(struct p2p__text *t, const struct p2p__traffic *rows,
                       const char *name, size_t in, size_t out)
{
    for (size_t i = 0; i < P2P__TRAFFIC_ROWS && rows[i].protocol[0] != '\0';
         i++) {
        const char *row = (const char *)&rows[i];

        for (int dir = 0; dir < 2; dir++) {
            uint64_t n;

            memcpy(&n, row + (dir == 0 ? in : out), sizeof n);
            p2p__text_put(t, "%s_total{protocol=\"", name);
            put_escaped(t, rows[i].protocol);
            p2p__text_put(t, "\",direction=\"%s\"} %" PRIu64 "\n",
                          dir == 0 ? "in" : "out", n);
        }
    }
}

static void put_traffic(struct p2p__text *t, const struct p2p__traffic *rows)
{
    head(t, "p2p_protocol_streams", "counter", "Streams that spoke it.");
    put_family(t, rows, "p2p_protocol_streams",
               offsetof(struct p2p__traffic, streams_in),
               offsetof(struct p2p__traffic, streams_out));
    head(t, "p2p_protocol_bytes", "counter", "Payload.");
    put_family(t, rows, "p2p_protocol_bytes",
               offsetof(struct p2p__traffic, bytes_in),
               offsetof(struct p2p__traffic, bytes_out));
}

size_t p2p_host_metrics(const struct p2p_host *host, char *buf, size_t cap)
{
    struct p2p__text t = {.p = buf, .cap = cap};
    struct p2p_host_stats stats;

    p2p_host_stats(host, &stats, sizeof stats);
    put_held(&t, &stats);
    put_limits(&t, host);
    put_traffic(&t, host->swarm->traffic);
    p2p__text_put(&t, "# EOF\n");
    return t.len;
}
