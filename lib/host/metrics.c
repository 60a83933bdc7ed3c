/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host's counters as OpenMetrics text: see p2p/limit.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "host/internal.h"
#include "p2p/limit.h"

#define MAX_LIMITS 64U

/* Text that is cut where there is no room, and counted whole. */
struct text {
    char *p;
    size_t cap;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t,
                                                      const char *fmt, ...)
{
    size_t left = t->len < t->cap ? t->cap - t->len : 0;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(left > 0 ? t->p + t->len : NULL, left, fmt, args);
    va_end(args);
    t->len += n > 0 ? (size_t)n : 0;
}

static void head(struct text *t, const char *name, const char *type,
                 const char *help)
{
    put(t, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void put_held(struct text *t, const struct p2p_host_stats *s)
{
    head(t, "p2p_connections", "gauge", "Connections, handshakes included.");
    put(t, "p2p_connections{direction=\"in\"} %" PRIu32 "\n", s->conns_in);
    put(t, "p2p_connections{direction=\"out\"} %" PRIu32 "\n", s->conns_out);
    head(t, "p2p_streams", "gauge", "Streams.");
    put(t, "p2p_streams{direction=\"in\"} %" PRIu32 "\n", s->streams_in);
    put(t, "p2p_streams{direction=\"out\"} %" PRIu32 "\n", s->streams_out);
    head(t, "p2p_handshakes", "gauge", "Inbound handshakes under way.");
    put(t, "p2p_handshakes %" PRIu32 "\n", s->handshakes_pending);
    head(t, "p2p_peers", "gauge", "Peers that are known.");
    put(t, "p2p_peers %" PRIu32 "\n", s->peers_known);
    head(t, "p2p_descriptors", "gauge", "Of connections and listeners.");
    put(t, "p2p_descriptors %" PRIu32 "\n", s->descriptors);
    head(t, "p2p_memory_bytes", "gauge", "Bytes that peers make us hold.");
    put(t, "p2p_memory_bytes %" PRIu64 "\n", s->memory_bytes);
    head(t, "p2p_trimmed", "counter", "Connections that were too many.");
    put(t, "p2p_trimmed_total %" PRIu64 "\n", s->trimmed);
    head(t, "p2p_gated", "counter", "What the gate did not let pass.");
    put(t, "p2p_gated_total %" PRIu64 "\n", s->refused_gate);
}

static void put_limits(struct text *t, const struct p2p_host *host)
{
    struct p2p_limit rows[MAX_LIMITS];
    size_t n = p2p_host_limits(host, rows, MAX_LIMITS, sizeof rows[0]);

    n = n < MAX_LIMITS ? n : MAX_LIMITS;
    head(t, "p2p_limit", "gauge", "How much there may be.");
    for (size_t i = 0; i < n; i++) {
        put(t, "p2p_limit{scope=\"%s\",what=\"%s\"} %" PRIu64 "\n",
            rows[i].scope, rows[i].what, rows[i].limit);
    }
    head(t, "p2p_refused", "counter", "How often a limit said no.");
    for (size_t i = 0; i < n; i++) {
        put(t, "p2p_refused_total{scope=\"%s\",what=\"%s\"} %" PRIu64 "\n",
            rows[i].scope, rows[i].what, rows[i].refused);
    }
}

/* A label's value, with what OpenMetrics escapes escaped. */
static void put_escaped(struct text *t, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '\n') {
            put(t, "\\n");
        } else {
            put(t, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
        }
    }
}

/* One family with a sample for each protocol and direction; `in` and `out` are
 * where the numbers stand in a row. */
static void put_family(struct text *t, const struct p2p__traffic *rows,
                       const char *name, size_t in, size_t out)
{
    for (size_t i = 0; i < P2P__TRAFFIC_ROWS && rows[i].protocol[0] != '\0';
         i++) {
        const char *row = (const char *)&rows[i];

        for (int dir = 0; dir < 2; dir++) {
            uint64_t n;

            memcpy(&n, row + (dir == 0 ? in : out), sizeof n);
            put(t, "%s_total{protocol=\"", name);
            put_escaped(t, rows[i].protocol);
            put(t, "\",direction=\"%s\"} %" PRIu64 "\n",
                dir == 0 ? "in" : "out", n);
        }
    }
}

static void put_traffic(struct text *t, const struct p2p__traffic *rows)
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
    struct text t = {.p = buf, .cap = cap};
    struct p2p_host_stats stats;

    p2p_host_stats(host, &stats, sizeof stats);
    put_held(&t, &stats);
    put_limits(&t, host);
    put_traffic(&t, host->swarm->traffic);
    put(&t, "# EOF\n");
    return t.len;
}
