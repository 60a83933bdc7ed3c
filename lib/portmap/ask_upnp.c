/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asks by UPnP. Happy path: a search goes to the link, our gateway answers and
 * names its description, that names where it takes orders, there the port is
 * asked for, and then its address outside. Failure modes: who answers is not
 * our gateway, or names places elsewhere: nobody goes there; what it says is
 * too long, or comes too slowly: the connection ends. miniupnpc's own way of
 * asking has none of these bounds, so of it the reader of descriptions is used.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "portmap/internal.h"

/* After a search answers are waited for, then the next one goes out. */
#define SEARCH_NS P2P__SEC(1)

/* How long a request may take, and all of an order. */
#define REQUEST_NS  P2P__SEC(5)
#define PATIENCE_NS P2P__SEC(20)

/* Codes of UPnP: WANIPConnection:1, 2.4.16; :2, 2.5.16. */
#define ERR_NOT_ALLOWED 606
#define ERR_CONFLICT    718
#define ERR_PERMANENT   725
#define ERR_NO_PORTS    728

/* Of no code that is known. */
#define ERR_OTHER (-1)

static const char too_long[] = "it takes too long";
static const char leads_away[] = "what it tells of itself leads away";
static const char no_internet[] = "it tells of no internet connection";

static void look_on(struct p2p_portmap *pm, p2p_ns now);

/* The connection to the gateway is no longer needed. */
static void hang_up(struct p2p__portmap_upnp *a)
{
    if (a->pipe != NULL) {
        a->pipe->ops->close(a->pipe);
    }
    a->pipe = NULL;
}

/* Nothing is asked any more. */
static void end(struct p2p__portmap_upnp *a)
{
    hang_up(a);
    p2p__http_fini(&a->http);
    if (a->udp != NULL) {
        a->udp->close(a->udp);
    }
    a->udp = NULL;
    a->step = P2P__PORTMAP_IDLE;
    p2p__timer_set(&a->timer, P2P_NEVER);
}

static void finish(struct p2p_portmap *pm,
                   const struct p2p__portmap_answer *answer)
{
    end(&pm->upnp);
    p2p__portmap_answered(pm, answer);
}

/* The order came to nothing. What was asked for may be there all the same, if
 * the gateway was told and did not say. */
static void fail(struct p2p_portmap *pm, enum p2p__portmap_outcome outcome,
                 const char *why)
{
    struct p2p__portmap_upnp *a = &pm->upnp;
    const bool adds =
        a->step == P2P__PORTMAP_ADD || a->step == P2P__PORTMAP_ADD_LASTING;
    const struct p2p__portmap_answer answer = {
        .outcome = outcome,
        .why = why,
        .unsure = (adds && a->written && a->http.state != P2P__HTTP_DONE) ||
                  a->step == P2P__PORTMAP_WHERE};

    finish(pm, &answer);
}

static void arm(struct p2p__portmap_upnp *a)
{
    p2p__timer_set(
        &a->timer,
        p2p__ns_min(a->ends, a->step == P2P__PORTMAP_SEARCH ? a->search_at
                                                            : a->step_ends));
}

/* A request brought no answer that counts. */
static void request_failed(struct p2p_portmap *pm, const char *why, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;

    hang_up(a);
    if (a->step == P2P__PORTMAP_PAGE || a->step == P2P__PORTMAP_STATUS) {
        a->why = why;
        look_on(pm, now);
        return;
    }
    a->known = false; /* perhaps it is somewhere else now */
    fail(pm, P2P__PORTMAP_SILENT, why);
}

static const char *why_of(int err)
{
    switch (err) {
        case P2P_ETOOBIG:
            return "what it says is too long";
        case P2P_ENOMEM:
            return "there is no memory";
        case P2P_EREFUSED:
            return "it does not let us in where it says";
        default:
            return "it stopped answering";
    }
}

static void reply(struct p2p_portmap *pm, p2p_ns now);

static void on_connected(void *user, int status, p2p_ns now)
{
    struct p2p_portmap *pm = user;
    struct p2p__portmap_upnp *a = &pm->upnp;

    if (status == 0) {
        a->written = true;
        a->pipe->ops->read(a->pipe, true);
        status = a->pipe->ops->write(a->pipe, (const uint8_t *)a->request,
                                     a->request_len);
    }
    if (status < 0) {
        request_failed(pm, why_of(status), now);
    }
}

static void on_data(void *user, struct p2p__slice in, p2p_ns now)
{
    struct p2p_portmap *pm = user;
    const int rv = p2p__http_rx(&pm->upnp.http, in);

    if (rv != 0) {
        request_failed(pm, why_of(rv), now);
    } else if (pm->upnp.http.state == P2P__HTTP_DONE) {
        reply(pm, now);
    }
}

static void on_writable(void *user, p2p_ns now)
{
    (void)user; /* all of a request was written at once */
    (void)now;
}

static void on_ended(void *user, int status, p2p_ns now)
{
    struct p2p_portmap *pm = user;
    const int rv = status != 0 ? status : p2p__http_ended(&pm->upnp.http);

    if (rv != 0) {
        request_failed(pm, why_of(rv), now);
    } else {
        reply(pm, now);
    }
}

/* Sends the request to a place, which is on the gateway. */
static void request(struct p2p_portmap *pm, const struct p2p__igd_place *place,
                    enum p2p__portmap_step step, p2p_ns now)
{
    static const struct p2p__pipe_cb cb = {.connected = on_connected,
                                           .data = on_data,
                                           .writable = on_writable,
                                           .ended = on_ended};
    struct p2p__net *net = pm->host->world->net;
    struct p2p__portmap_upnp *a = &pm->upnp;
    int err;

    assert(a->pipe == NULL &&
           p2p__addr_same_ip(&place->at, &pm->leases.gateway));
    p2p__http_fini(&a->http);
    p2p__http_init(&a->http);
    a->step = step;
    a->written = false;
    a->step_ends = p2p__ns_after(now, REQUEST_NS);
    a->pipe = net->dial(net, &place->at, &cb, pm, &err);
    if (a->pipe == NULL) {
        request_failed(pm, why_of(err), now);
        return;
    }
    arm(a);
}

/* Gives the gateway an order. */
static void give(struct p2p_portmap *pm, enum p2p__portmap_step step,
                 const char *action, const struct p2p__igd_arg *args,
                 p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;
    const struct p2p__igd_service *service = &a->services[a->service];

    a->request_len = p2p__igd_write_order(a->request, service, action, args);
    request(pm, &service->control, step, now);
}

static void ask_status(struct p2p_portmap *pm, p2p_ns now)
{
    static const struct p2p__igd_arg none = {0};

    give(pm, P2P__PORTMAP_STATUS, "GetStatusInfo", &none, now);
}

/* Asks for the port. */
static void ask_port(struct p2p_portmap *pm, enum p2p__portmap_step step,
                     p2p_ns now)
{
    const struct p2p__portmap_order *o = &pm->upnp.order;
    char outer[8], inner[8], lifetime[16], own[INET_ADDRSTRLEN];
    const struct p2p__igd_arg args[] = {
        {"NewRemoteHost", ""},
        {"NewExternalPort", outer},
        {"NewProtocol", o->inner.udp ? "UDP" : "TCP"},
        {"NewInternalPort", inner},
        {"NewInternalClient", own},
        {"NewEnabled", "1"},
        {"NewPortMappingDescription", "libp2p"},
        {"NewLeaseDuration", lifetime},
        {NULL, NULL}};

    (void)snprintf(outer, sizeof outer, "%u", o->outer.port);
    (void)snprintf(inner, sizeof inner, "%u", o->inner.port);
    (void)snprintf(lifetime, sizeof lifetime, "%u",
                   step == P2P__PORTMAP_ADD ? (unsigned)o->lifetime_s : 0);
    (void)inet_ntop(AF_INET, pm->own.ip, own, sizeof own);
    give(pm, step, "AddPortMapping", args, now);
}

static void remove_port(struct p2p_portmap *pm, p2p_ns now)
{
    const struct p2p__portmap_order *o = &pm->upnp.order;
    char outer[8];
    const struct p2p__igd_arg args[] = {
        {"NewRemoteHost", ""},
        {"NewExternalPort", outer},
        {"NewProtocol", o->inner.udp ? "UDP" : "TCP"},
        {NULL, NULL}};

    (void)snprintf(outer, sizeof outer, "%u", o->outer.port);
    give(pm, P2P__PORTMAP_REMOVE, "DeletePortMapping", args, now);
}

/* It is known where the gateway takes orders: here is one. */
static void order(struct p2p_portmap *pm, p2p_ns now)
{
    if (pm->upnp.order.lifetime_s == 0) {
        remove_port(pm, now);
    } else {
        ask_port(pm, P2P__PORTMAP_ADD, now);
    }
}

/* Looks at the next description that was found, if any. */
static void look_on(struct p2p_portmap *pm, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;

    if (a->looked_at < a->n_found) {
        const struct p2p__igd_place *place = &a->found[a->looked_at++];

        a->request_len = p2p__igd_write_get(a->request, place);
        request(pm, place, P2P__PORTMAP_PAGE, now);
        return;
    }
    a->step = P2P__PORTMAP_SEARCH;
    arm(a);
}

/* A description is there. */
static void read_page(struct p2p_portmap *pm, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;
    bool away;

    assert(a->looked_at > 0);
    if (a->http.status != 200) {
        a->why = a->http.status / 100 == 3
                     ? "it sends us elsewhere for its description"
                     : "its description is not there";
        look_on(pm, now);
        return;
    }
    a->service = 0;
    a->n_services = p2p__portmap_page_read(
        &a->http, &a->found[a->looked_at - 1], a->services, &away);
    if (a->n_services == 0) {
        a->why = away ? leads_away : no_internet;
        look_on(pm, now);
        return;
    }
    ask_status(pm, now);
}

/* Whether a service is connected to the internet. */
static void read_state(struct p2p_portmap *pm, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;
    char text[16];

    if (p2p__igd_read_element(a->http.body, "NewConnectionStatus", text,
                              sizeof text) &&
        (strcmp(text, "Connected") == 0 || strcmp(text, "Up") == 0)) {
        a->known = true;
        a->of = pm->leases.gateway;
        order(pm, now);
    } else if (++a->service < a->n_services) {
        ask_status(pm, now);
    } else {
        a->why = no_internet;
        look_on(pm, now);
    }
}

/* What an order came to: 0, or a code. */
static int code_of(const struct p2p__http *h)
{
    char text[8];

    if (!p2p__igd_read_element(h->body, "errorCode", text, sizeof text)) {
        return h->status == 200 ? 0 : ERR_OTHER;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') {
            return ERR_OTHER;
        }
    }
    return text[0] != '\0' ? (int)strtol(text, NULL, 10) : ERR_OTHER;
}

static void refuse(struct p2p_portmap *pm, int code)
{
    switch (code) {
        case ERR_CONFLICT:
            fail(pm, P2P__PORTMAP_TAKEN, "somebody else has that port");
            break;
        case ERR_NOT_ALLOWED:
            fail(pm, P2P__PORTMAP_REFUSED, "it does not allow it");
            break;
        case ERR_NO_PORTS:
            fail(pm, P2P__PORTMAP_REFUSED, "it has no room for more");
            break;
        default:
            fail(pm, P2P__PORTMAP_REFUSED, "it fails in a way of its own");
            break;
    }
}

static void read_added(struct p2p_portmap *pm, p2p_ns now)
{
    static const struct p2p__igd_arg none = {0};
    struct p2p__portmap_upnp *a = &pm->upnp;
    const int code = code_of(&a->http);

    if (code == 0) {
        give(pm, P2P__PORTMAP_WHERE, "GetExternalIPAddress", &none, now);
    } else if (code == ERR_PERMANENT && a->step == P2P__PORTMAP_ADD) {
        ask_port(pm, P2P__PORTMAP_ADD_LASTING, now);
    } else {
        refuse(pm, code);
    }
}

static void read_where(struct p2p_portmap *pm)
{
    struct p2p__portmap_upnp *a = &pm->upnp;
    struct p2p__portmap_answer answer = {
        .outcome = P2P__PORTMAP_DONE,
        .outer = {.family = 4, .port = a->order.outer.port},
        .lifetime_s = a->order.lifetime_s};
    char text[INET_ADDRSTRLEN];

    if (code_of(&a->http) == 0 &&
        p2p__igd_read_element(a->http.body, "NewExternalIPAddress", text,
                              sizeof text) &&
        inet_pton(AF_INET, text, answer.outer.ip) == 1) {
        finish(pm, &answer);
        return;
    }
    fail(pm, P2P__PORTMAP_REFUSED, "it has no address of its own");
}

/* An answer is whole. */
static void reply(struct p2p_portmap *pm, p2p_ns now)
{
    static const struct p2p__portmap_answer removed = {.outcome =
                                                           P2P__PORTMAP_DONE};

    hang_up(&pm->upnp);
    switch (pm->upnp.step) {
        case P2P__PORTMAP_PAGE:
            read_page(pm, now);
            break;
        case P2P__PORTMAP_STATUS:
            read_state(pm, now);
            break;
        case P2P__PORTMAP_WHERE:
            read_where(pm);
            break;
        case P2P__PORTMAP_REMOVE:
            finish(pm, &removed);
            break;
        default:
            read_added(pm, now);
            break;
    }
}

/* Sends the next search, or there was none that helped. */
static void search_on(struct p2p_portmap *pm, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;
    static const struct p2p__addr group = {
        .family = 4, .ip = {239, 255, 255, 250}, .port = P2P__IGD_PORT};

    if (a->searches == P2P__IGD_SEARCHES) {
        fail(pm,
             a->unsent == a->searches ? P2P__PORTMAP_UNSENT
                                      : P2P__PORTMAP_UNABLE,
             a->unsent == a->searches ? "nothing can be sent to it" : a->why);
        return;
    }
    a->request_len = p2p__igd_write_search(a->request, a->searches++);
    if (a->udp->send(a->udp, (const uint8_t *)a->request, a->request_len,
                     &group, 0) != 0) {
        a->unsent++;
    }
    a->search_at = p2p__ns_after(now, SEARCH_NS);
    arm(a);
}

static bool same_place(const struct p2p__igd_place *a,
                       const struct p2p__igd_place *b)
{
    return a->at.port == b->at.port && strcmp(a->path, b->path) == 0;
}

/* Notes where a description is; those beyond the cap are not looked at. */
static void note_place(struct p2p__portmap_upnp *a,
                       const struct p2p__igd_place *place)
{
    for (size_t i = 0; i < a->n_found; i++) {
        if (same_place(&a->found[i], place)) {
            return;
        }
    }
    if (a->n_found < P2P__CAP_PORTMAP_FOUND) {
        a->found[a->n_found++] = *place;
    }
}

static void on_datagram(void *user, struct p2p__slice in,
                        const struct p2p__addr *from, uint32_t ifindex,
                        p2p_ns now)
{
    struct p2p_portmap *pm = user;
    struct p2p__portmap_upnp *a = &pm->upnp;
    struct p2p__igd_place place;
    int rv;

    (void)ifindex;
    if (!p2p__addr_same_ip(from, &pm->leases.gateway)) {
        return;
    }
    rv = p2p__igd_read_answer(in, &pm->leases.gateway, &place);
    if (rv == P2P_EACCES) {
        a->why = leads_away;
    } else if (rv == 0) {
        note_place(a, &place);
    }
    if (a->step == P2P__PORTMAP_SEARCH && a->looked_at < a->n_found) {
        look_on(pm, now);
    }
}

/* The gateway is not known yet, or no longer. */
static void search(struct p2p_portmap *pm, p2p_ns now)
{
    static const struct p2p__udp_cb cb = {.datagram = on_datagram};
    struct p2p__net *net = pm->host->world->net;
    struct p2p__portmap_upnp *a = &pm->upnp;
    struct p2p__addr own = pm->own;
    int err;

    own.port = 0;
    a->udp = net->udp(net, &own, false, &cb, pm, &err);
    if (a->udp == NULL) {
        fail(pm, P2P__PORTMAP_UNSENT, "there is no socket");
        return;
    }
    a->step = P2P__PORTMAP_SEARCH;
    a->searches = a->unsent = 0;
    a->n_found = a->looked_at = 0;
    a->why = "it does not answer";
    search_on(pm, now);
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p_portmap *pm =
        P2P__CONTAINER(timer, struct p2p_portmap, upnp.timer);
    const struct p2p__portmap_upnp *a = &pm->upnp;

    if (a->step == P2P__PORTMAP_IDLE) {
        return;
    }
    if (now >= a->ends) {
        fail(pm, P2P__PORTMAP_SILENT, too_long);
    } else if (a->step != P2P__PORTMAP_SEARCH) {
        request_failed(pm, too_long, now);
    } else {
        search_on(pm, now);
    }
}

void p2p__portmap_upnp_init(struct p2p_portmap *pm)
{
    p2p__timer_init(&pm->upnp.timer, pm->host->world->q, on_due);
}

void p2p__portmap_upnp_ask(struct p2p_portmap *pm,
                           const struct p2p__portmap_order *what, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;

    assert(a->step == P2P__PORTMAP_IDLE);
    a->order = *what;
    a->ends = p2p__ns_after(now, PATIENCE_NS);
    if (a->known && p2p__addr_same_ip(&a->of, &pm->leases.gateway)) {
        order(pm, now);
        return;
    }
    a->known = false;
    search(pm, now);
}

void p2p__portmap_upnp_fini(struct p2p_portmap *pm)
{
    end(&pm->upnp);
    p2p__timer_fini(&pm->upnp.timer);
}
