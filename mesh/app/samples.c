/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See samples.h. Names that come from documents and members are labels only
 * where no two can become one. */
#include "mesh/app/samples.h"

#include <string.h>

#include "mesh/app/reach.h"
#include "mesh/app/views.h"
#include "mesh/applier/facts.h"
#include "mesh/base/utf8.h"
#include "mesh/trust/peer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Protocols that are told of; the library has no more rows. */
#define PROTOCOLS 32U

struct um_exposition_label um_samples_label(const char *name, const char *value)
{
    return (struct um_exposition_label){name, um_str(value)};
}

void um_samples_build(struct um_scrape *s)
{
    const struct um_exposition_label l =
        um_samples_label("version", um_daemon_version());

    um_exposition_put(&s->e, &l, 1, 1);
}

void um_samples_node(struct um_scrape *s)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    const struct um_exposition_label l[] = {
        um_samples_label("id", p2p_peer_id_text(um_bus_id(s->d->bus), id)),
        um_samples_label("name", um_mesh_name(s->d)),
        um_samples_label("mode", s->d->article != NULL     ? "article"
                                 : s->d->mesh.node != NULL ? "mesh"
                                                           : "alone")};

    um_exposition_put(&s->e, l, COUNT(l), 1);
}

void um_samples_mesh(struct um_scrape *s)
{
    struct um_model *m = um_node_model(s->d->mesh.node);
    const struct um_statement *g = um_roster_genesis(&m->roster);
    char id[UM_NAME_TEXT_MAX];
    const struct um_exposition_label l[] = {
        um_samples_label("id", um_name_text(&m->cfg.mesh, id)),
        {"name", g != NULL ? g->name : um_str_n(NULL, 0)}};

    um_exposition_put(&s->e, l, COUNT(l), 1);
}

void um_samples_state(struct um_scrape *s)
{
    static const char *const more[] = {"alone", "pending", "removed"};
    const char *is = s->m.mesh.state;

    for (size_t i = 0; i < UM_MEASURED_STATES + COUNT(more); i++) {
        const char *state = i < UM_MEASURED_STATES
                                ? um_measured_states[i]
                                : more[i - UM_MEASURED_STATES];
        const struct um_exposition_label l =
            um_samples_label("unitmesh_sync_state", state);

        um_exposition_put(&s->e, &l, 1, strcmp(state, is) == 0);
    }
}

void um_samples_reach(struct um_scrape *s)
{
    const unsigned is = um_bus_reach(s->d->bus);

    for (unsigned i = UM_REACH_UNKNOWN; i <= UM_REACH_PRIVATE; i++) {
        const struct um_exposition_label l =
            um_samples_label("unitmesh_p2p_reach", um_reach_word(i));

        um_exposition_put(&s->e, &l, 1, i == is);
    }
}

void um_samples_mapped(struct um_scrape *s)
{
    static const char *const methods[] = {"pcp", "nat-pmp", "upnp"};

    for (size_t i = 0; i < COUNT(methods); i++) {
        const struct um_exposition_label l =
            um_samples_label("method", methods[i]);
        const bool by = strcmp(s->m.gateway.method, methods[i]) == 0;

        um_exposition_put(&s->e, &l, 1, by ? s->m.gateway.mapped : 0);
    }
}

void um_samples_members(struct um_scrape *s)
{
    for (size_t i = 0; i < UM_MEASURED_STATES; i++) {
        const struct um_exposition_label l =
            um_samples_label("state", um_measured_states[i]);

        um_exposition_put(&s->e, &l, 1, s->m.mesh.states[i]);
    }
}

/* Whether a name is a label as it is: else two could become one. */
static bool is_plain(struct um_str name)
{
    char text[UM_EXPOSITION_LABEL_BYTES + 1], harmless[sizeof text];

    if (name.len >= sizeof text || um_str_has(name, '\0')) {
        return false;
    }
    if (name.len > 0) {
        memcpy(text, name.p, name.len);
    }
    text[name.len] = '\0';
    memcpy(harmless, text, name.len + 1);
    um_utf8_harmless(harmless);
    return strcmp(text, harmless) == 0;
}

/* Tells of a member; `silent`: for how long it was, else whether it is in
 * step. */
static void put_member(struct um_scrape *s, const struct um_name *member,
                       bool silent)
{
    struct um_node *n = s->d->mesh.node;
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts facts = {.name = {NULL, 0}};
    struct um_row row = {.healthy_ms = 0};
    char id[P2P_PEER_ID_TEXT_MAX];
    struct um_exposition_label l[2];
    struct p2p_peer_id peer;
    uint64_t age_ms = 0;
    const char *state = um_views_state(n, member, &row, &age_ms);

    (void)um_node_facts(n, member, &a, &facts);
    um_peer_of(member, &peer);
    l[0] = um_samples_label("id", p2p_peer_id_text(&peer, id));
    l[1] = (struct um_exposition_label){"name", facts.name};
    if (!silent) {
        um_exposition_put(&s->e, l, COUNT(l),
                          state != NULL && strcmp(state, "synced") == 0);
    } else if (state != NULL) {
        um_exposition_milli(&s->e, l, COUNT(l), age_ms);
    }
    um_arena_fini(&a);
}

static void each_member(struct um_scrape *s, bool silent)
{
    struct um_roster *r = &um_node_model(s->d->mesh.node)->roster;

    if (um_roster_members(r) > UM_SAMPLES_MEMBERS) {
        return;
    }
    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if ((k->now & UM_NODE) != 0) {
            put_member(s, &k->name, silent);
        }
    }
}

void um_samples_synced(struct um_scrape *s)
{
    each_member(s, false);
}

void um_samples_silent(struct um_scrape *s)
{
    each_member(s, true);
}

void um_samples_events(struct um_scrape *s)
{
    const char *word;
    uint64_t times;

    for (size_t i = 0; um_node_noticed(s->d->mesh.node, i, &word, &times);
         i++) {
        const struct um_exposition_label l = um_samples_label("event", word);

        um_exposition_put(&s->e, &l, 1, times);
    }
}

void um_samples_took(struct um_scrape *s)
{
    um_exposition_histogram(&s->e, &s->m.took);
}

void um_samples_delay(struct um_scrape *s)
{
    um_exposition_histogram(&s->e, &s->m.mesh.node.delay);
}

void um_samples_certificates(struct um_scrape *s)
{
    const struct um_expiry *e = &s->d->expiry;

    um_expiry_look(&s->d->expiry, s->d->mesh.node);
    for (size_t i = 0; i < e->n && i < UM_SAMPLES_CERTIFICATES; i++) {
        const struct um_exposition_label l =
            um_samples_label("name", e->rows[i].name);

        if (is_plain(l.value)) {
            um_exposition_put(&s->e, &l, 1, (uint64_t)e->rows[i].end);
        }
    }
}

/* None if the file cannot be read. */
static size_t webhooks_of(const struct um_scrape *s, struct um_hooks **out)
{
    *out = um_webhooks_all(s->d->webhooks);
    return *out != NULL ? (*out)->n : 0;
}

void um_samples_webhook_events(struct um_scrape *s)
{
    struct um_hooks *h;
    size_t n = webhooks_of(s, &h);

    for (size_t i = 0; i < n; i++) {
        const struct um_hook *k = h->list[i];
        const struct {
            const char *result;
            uint64_t times;
        } all[] = {{"delivered", k->delivered},
                   {"failed", k->failed},
                   {"dropped", k->dropped}};

        for (size_t j = 0; j < COUNT(all); j++) {
            const struct um_exposition_label l[] = {
                um_samples_label("webhook", k->name),
                um_samples_label("result", all[j].result)};

            um_exposition_put(&s->e, l, COUNT(l), all[j].times);
        }
    }
}

void um_samples_webhook_queued(struct um_scrape *s)
{
    struct um_hooks *h;
    size_t n = webhooks_of(s, &h);

    for (size_t i = 0; i < n; i++) {
        const struct um_exposition_label l =
            um_samples_label("webhook", h->list[i]->name);

        um_exposition_put(&s->e, &l, 1, um_hooks_queued(h, h->list[i]));
    }
}

void um_samples_transports(struct um_scrape *s)
{
    static const char *const names[] = {"tcp", "quic-v1", "p2p-circuit"};

    for (size_t i = 0; i < COUNT(names); i++) {
        const struct um_exposition_label l =
            um_samples_label("transport", names[i]);

        um_exposition_put(&s->e, &l, 1, um_bus_over(s->d->bus, names[i]));
    }
}

/* Protocols, both ways; bytes, or streams. */
static void each_protocol(struct um_scrape *s, bool bytes)
{
    struct p2p_traffic all[PROTOCOLS];
    size_t n = um_bus_traffic(s->d->bus, all, PROTOCOLS);

    for (size_t i = 0; i < n && i < PROTOCOLS; i++) {
        const struct um_exposition_label in[] = {
            um_samples_label("protocol", all[i].protocol),
            um_samples_label("direction", "in")};
        const struct um_exposition_label out[] = {
            in[0], um_samples_label("direction", "out")};

        um_exposition_put(&s->e, in, COUNT(in),
                          bytes ? all[i].bytes_in : all[i].streams_in);
        um_exposition_put(&s->e, out, COUNT(out),
                          bytes ? all[i].bytes_out : all[i].streams_out);
    }
}

void um_samples_protocol_bytes(struct um_scrape *s)
{
    each_protocol(s, true);
}

void um_samples_protocol_streams(struct um_scrape *s)
{
    each_protocol(s, false);
}

/* ---- Unit's own word */

void um_samples_unit(struct um_scrape *s)
{
    struct um_node *n = s->d->mesh.node;
    struct um_row row = {.healthy_ms = 0};
    uint64_t age_ms;
    bool known =
        n != NULL && um_views_state(n, um_node_me(n), &row, &age_ms) != NULL;
    const struct um_exposition_label l[] = {
        {"version", known ? row.unit : um_str_n(NULL, 0)},
        um_samples_label("stand_in", s->d->standin != NULL ? "true" : "false")};

    um_exposition_put(&s->e, l, COUNT(l), 1);
}

void um_samples_unit_age(struct um_scrape *s)
{
    um_exposition_milli(&s->e, NULL, 0, s->figures_age_ms);
}

static void put_figure(struct um_scrape *s, const struct um_exposition_label *l,
                       size_t n, const struct um_figure *f)
{
    if (f->told) {
        um_exposition_put(&s->e, l, n, f->n);
    }
}

void um_samples_unit_connections(struct um_scrape *s)
{
    const struct um_exposition_label active =
        um_samples_label("state", "active");
    const struct um_exposition_label idle = um_samples_label("state", "idle");

    put_figure(s, &active, 1, &s->figures.active);
    put_figure(s, &idle, 1, &s->figures.idle);
}

void um_samples_unit_accepted(struct um_scrape *s)
{
    put_figure(s, NULL, 0, &s->figures.accepted);
}

void um_samples_unit_closed(struct um_scrape *s)
{
    put_figure(s, NULL, 0, &s->figures.closed);
}

void um_samples_unit_requests(struct um_scrape *s)
{
    put_figure(s, NULL, 0, &s->figures.requests);
}

void um_samples_unit_apps(struct um_scrape *s)
{
    if (s->figures.apps != NULL) {
        um_exposition_put(&s->e, NULL, 0, s->figures.apps->count);
    }
}

static void each_app(struct um_scrape *s,
                     void (*put)(struct um_scrape *s,
                                 const struct um_figures_app *app))
{
    struct um_figures_app app;

    for (size_t i = 0;
         i < UM_SAMPLES_APPS && um_figures_app(&s->figures, i, &app); i++) {
        if (is_plain(app.name)) {
            put(s, &app);
        }
    }
}

static void put_app_processes(struct um_scrape *s,
                              const struct um_figures_app *app)
{
    const struct {
        const char *state;
        const struct um_figure *figure;
    } all[] = {{"running", &app->running},
               {"starting", &app->starting},
               {"idle", &app->idle}};

    for (size_t i = 0; i < COUNT(all); i++) {
        const struct um_exposition_label l[] = {
            {"application", app->name},
            um_samples_label("state", all[i].state)};

        put_figure(s, l, COUNT(l), all[i].figure);
    }
}

static void put_app_requests(struct um_scrape *s,
                             const struct um_figures_app *app)
{
    const struct um_exposition_label l = {"application", app->name};

    put_figure(s, &l, 1, &app->requests);
}

void um_samples_unit_processes(struct um_scrape *s)
{
    each_app(s, put_app_processes);
}

void um_samples_unit_active(struct um_scrape *s)
{
    each_app(s, put_app_requests);
}
