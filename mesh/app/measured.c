/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See measured.h. Each part has a function of its own, which leaves zero what
 * cannot be known. */
#include "mesh/app/measured.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "mesh/app/views.h"
#include "mesh/node/disk.h"

const char *const um_measured_states[UM_MEASURED_STATES] = {
    "synced", "behind",  "refused", "unhealthy",
    "drift",  "healing", "stale",   "unknown"};

static uint64_t file_bytes(const struct um_daemon *d, const char *name)
{
    struct stat st;

    return fstatat(d->state.dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0
               ? (uint64_t)st.st_size
               : 0;
}

static void take_store(struct um_daemon *d, struct um_measured_store *out)
{
    struct um_disk *disk = um_node_disk(d->mesh.node);
    struct statvfs fs;

    out->database_bytes = file_bytes(d, "mesh.db");
    out->wal_bytes = file_bytes(d, "mesh.db-wal");
    if (fstatvfs(d->state.dir, &fs) == 0) {
        out->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    }
    out->waiting = um_disk_waiting(disk);
    out->failing = um_disk_trouble(disk) != NULL;
}

void um_measured_members(struct um_node *n, struct um_measured_mesh *out)
{
    struct um_roster *r = &um_node_model(n)->roster;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);
        struct um_row row = {.healthy_ms = 0};
        const char *state;
        uint64_t age_ms;
        size_t at = 0;

        if ((k->now & UM_NODE) == 0) {
            continue;
        }
        state = um_views_state(n, &k->name, &row, &age_ms);
        while (at < UM_MEASURED_STATES - 1 &&
               (state == NULL || strcmp(state, um_measured_states[at]) != 0)) {
            at++;
        }
        out->states[at]++;
        if (um_name_eq(&k->name, um_node_me(n))) {
            out->state = um_measured_states[at];
            out->healthy = row.healthy_ms > 0;
        }
    }
}

/* Whether a revision is on its way: on trial, or staged, and not over. */
static bool is_open(const struct um_model *m, const struct um_past *p)
{
    return p->rev.policy != UM_IMMEDIATE && !um_view_void(&m->view, p) &&
           um_view_state(&m->view, p) == UM_STILL_OPEN &&
           !um_view_covered(&m->view, p);
}

static void take_mesh(struct um_node *n, struct um_measured_mesh *out)
{
    struct um_model *m = um_node_model(n);
    const struct um_history *h = &m->history;
    const struct um_past *t, *runs = um_history_find(h, &m->own.applied);
    uint64_t wall_ms = um_mesh_wall_ms();

    (void)um_roster_members(&m->roster); /* settles it */
    t = um_view_target(&m->view, h);
    out->number = t != NULL ? t->rev.number : 0;
    out->age_ms =
        t != NULL && wall_ms > t->rev.wall_ms ? wall_ms - t->rev.wall_ms : 0;
    out->applied = runs != NULL ? runs->rev.number : 0;
    out->revisions = h->revs_n;
    out->conflicts = m->view.heads_n > 0 ? m->view.heads_n - 1 : 0;
    for (size_t i = 0; i < h->revs_n && i < UM_MEASURED_REVISIONS; i++) {
        out->rollouts += is_open(m, um_history_ranked(h, i));
    }
    while (um_welcome_pending(um_node_welcome(n), out->waiting) != NULL) {
        out->waiting++;
    }
    um_measured_members(n, out);
    um_node_stats(n, &out->node);
}

static void take_unit(struct um_daemon *d, struct um_measured *out)
{
    struct um_hands *h = um_daemon_hands(d);

    if (h != NULL) {
        um_hands_stats(h, &out->applier);
        out->took = *um_hands_took(h);
        out->unit_up = um_hands_config(h).p != NULL && d->mesh.node != NULL &&
                       um_node_absent(d->mesh.node) == NULL;
    } else if (d->applier != NULL) {
        um_applier_stats(d->applier, &out->applier);
    }
}

void um_measured_take(struct um_daemon *d, struct um_measured *out)
{
    uint64_t now = d->loop.alarms.now_ms(d->loop.alarms.user);

    *out = (struct um_measured){.uptime_ms = now - d->started_ms};
    out->peers = um_bus_connected(d->bus);
    out->twin = um_bus_twin(d->bus)[0] != '\0';
    memcpy(out->refused, d->remote_auth.refused, sizeof out->refused);
    um_bus_stats(d->bus, &out->host);
    um_bus_pubsub_stats(d->bus, &out->pubsub);
    out->has_gateway = um_bus_gateway(d->bus, &out->gateway);
    take_unit(d, out);
    out->mesh.state = d->mesh.node == NULL ? "alone"
                      : um_mesh_waits(d)   ? "pending"
                                           : "removed";
    if (d->article != NULL) {
        um_article_stats(d->article, &out->article);
    }
    if (d->mesh.node != NULL) {
        take_mesh(d->mesh.node, &out->mesh);
        take_store(d, &out->store);
    }
}
