/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See herald.h. */
#include "mesh/app/herald.h"

static void on_event(void *user, uint64_t number, uint64_t wall_ms,
                     const struct um_happening *what, struct um_str json)
{
    const struct um_daemon *d = user;

    um_webhooks_happened(d->webhooks, number, wall_ms, what->name, json);
}

/* Of a webhook: for the log, and for who listens. */
static void on_webhook(void *user, const char *word, const char *about,
                       const char *text)
{
    struct um_daemon *d = user;
    const struct um_happening what = {word, um_str(about), um_str(text)};

    um_log_line(&d->log, UM_LOG_WARN, "%s", text);
    um_events_add(d->events, um_mesh_wall_ms(), &what);
}

static const char *node_id(void *user, char *out)
{
    const struct um_daemon *d = user;

    return p2p_peer_id_text(um_bus_id(d->bus), out);
}

/* Numbers go on from those that were sent, whatever the clock says. */
int um_herald_start(struct um_daemon *d)
{
    const struct um_webhooks_cfg cfg = {.dir = d->state.dir,
                                        .fetch = d->loop.fetch,
                                        .alarms = &d->loop.alarms,
                                        .worker = &d->loop.worker,
                                        .log = &d->log,
                                        .wall_ms = um_mesh_wall_ms,
                                        .node = node_id,
                                        .speed = d->settings.test_speed,
                                        .told = on_webhook,
                                        .user = d};
    uint64_t first = um_mesh_wall_ms();

    d->webhooks = um_webhooks_new(&cfg);
    if (d->webhooks == NULL) {
        return -1;
    }
    if (first <= um_webhooks_last(d->webhooks)) {
        first = um_webhooks_last(d->webhooks) + 1;
    }
    d->events = um_events_new(&d->loop.alarms, first);
    if (d->events == NULL) {
        return -1;
    }
    um_events_tell(d->events, on_event, d);
    return 0;
}

void um_herald_stop(struct um_daemon *d)
{
    um_webhooks_free(d->webhooks);
    um_events_free(d->events);
    d->webhooks = NULL;
    d->events = NULL;
}
