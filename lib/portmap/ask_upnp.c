/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asks by UPnP, with miniupnpc, which waits: so on a thread of its own, one
 * order at a time. Not on one of libuv's workers: a gateway that says a byte
 * now and then holds a thread for ever, and p2p_loop_free() would wait for it.
 * Happy path: the thread looks for the gateway among what answers on the link,
 * asks it, posts the answer to the loop and ends. Failure modes: what answers
 * is not our gateway, or leads elsewhere; it does not end in time: then the
 * order failed, and nothing is asked until it has ended.
 */
#include <arpa/inet.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "base/mem.h"
#include "portmap/internal.h"
#include "uv/loop.h"

/* How long answers on the link are waited for, of each of four questions. */
#define SEARCH_MS 1000

/* How long an order may take before it counts as failed. */
#define PATIENCE_NS P2P__SEC(20)

/* Devices of our gateway that are looked at. */
#define MAX_DEVICES 4U

/* Codes of UPnP: WANIPConnection:1, 2.4.16; :2, 2.5.16. */
#define ERR_NOT_ALLOWED 606
#define ERR_CONFLICT    718
#define ERR_PERMANENT   725
#define ERR_NO_PORTS    728

/* Where the gateway takes orders. */
struct control {
    bool known;
    struct UPNPUrls urls;
    struct IGDdatas data;
};

/* What loop and thread share. It is freed by who leaves last. */
struct p2p__portmap_thread {
    pthread_mutex_t lock;
    struct p2p_loop *loop;  /* of the loop; NULL: nobody wants the answer */
    bool running;           /* the thread, until its answer was taken */
    struct p2p_portmap *pm; /* for the loop alone */
    /* The thread's, while it runs. */
    struct p2p__portmap_order order;
    struct p2p__portmap_answer answer;
    char gateway[INET_ADDRSTRLEN];
    char own[INET_ADDRSTRLEN];
    struct control control;
};

static void forget(struct control *c)
{
    if (c->known) {
        FreeUPNPUrls(&c->urls);
    }
    c->known = false;
}

static void thread_free(struct p2p__portmap_thread *t)
{
    forget(&t->control);
    (void)pthread_mutex_destroy(&t->lock);
    p2p__free(t);
}

static void answer(struct p2p__portmap_thread *t,
                   enum p2p__portmap_outcome outcome, const char *why)
{
    t->answer = (struct p2p__portmap_answer){.outcome = outcome, .why = why};
}

/* Whether a URL leads to our gateway. */
static bool is_gateways(const struct p2p__portmap_thread *t, const char *url)
{
    static const char scheme[] = "http://";
    const size_t len = strlen(t->gateway);

    if (url == NULL || strncmp(url, scheme, sizeof scheme - 1) != 0) {
        return false;
    }
    url += sizeof scheme - 1;
    return strncmp(url, t->gateway, len) == 0 &&
           (url[len] == ':' || url[len] == '/');
}

/* What is told of a gateway that can be asked; with miniupnpc up to 2.2.7 one
 * whose address is not of the internet is said not to be connected. */
static bool is_connected(int state)
{
    return state == 1 || state == 2;
}

/* Looks at a description: whether it is of a gateway, ours. */
static bool describe(struct p2p__portmap_thread *t, struct UPNPDev *device)
{
    struct control *c = &t->control;
    char lan[64];
    int state;
#if MINIUPNPC_API_VERSION >= 18
    char wan[64];

    state = UPNP_GetValidIGD(device, &c->urls, &c->data, lan, sizeof lan, wan,
                             sizeof wan);
#else
    state = UPNP_GetValidIGD(device, &c->urls, &c->data, lan, sizeof lan);
#endif
    if (state <= 0) {
        answer(t, P2P__PORTMAP_UNABLE, "it tells of no internet connection");
        return false;
    }
    c->known = true;
    if (!is_connected(state)) {
        answer(t, P2P__PORTMAP_UNABLE, "it tells of no internet connection");
    } else if (!is_gateways(t, c->urls.controlURL)) {
        answer(t, P2P__PORTMAP_UNABLE, "what it tells of itself leads away");
    } else {
        return true;
    }
    forget(c);
    return false;
}

/* Looks for the gateway; of what answers, others are not looked at. */
static bool search(struct p2p__portmap_thread *t)
{
    int err = 0;
    struct UPNPDev *all =
        upnpDiscover(SEARCH_MS, t->own, NULL, UPNP_LOCAL_PORT_ANY, 0, 2, &err);
    unsigned n = 0;
    bool found = false;

    answer(t, P2P__PORTMAP_UNABLE, "it does not answer");
    for (struct UPNPDev *d = all; d != NULL && !found && n < MAX_DEVICES;
         d = d->pNext) {
        struct UPNPDev *next = d->pNext;

        if (is_gateways(t, d->descURL)) {
            d->pNext = NULL; /* this one alone */
            found = describe(t, d);
            d->pNext = next;
            n++;
        }
    }
    freeUPNPDevlist(all);
    return found;
}

static const char *protocol_of(const struct p2p__portmap_order *o)
{
    return o->inner.udp ? "UDP" : "TCP";
}

/* Asks for the port: 0, or a code. */
static int add(struct p2p__portmap_thread *t, uint32_t lifetime_s)
{
    const struct p2p__portmap_order *o = &t->order;
    const struct control *c = &t->control;
    char outer[8], inner[8], lifetime[16];

    (void)snprintf(outer, sizeof outer, "%u", o->outer.port);
    (void)snprintf(inner, sizeof inner, "%u", o->inner.port);
    (void)snprintf(lifetime, sizeof lifetime, "%u", (unsigned)lifetime_s);
    return UPNP_AddPortMapping(c->urls.controlURL, c->data.first.servicetype,
                               outer, inner, t->own, "libp2p", protocol_of(o),
                               NULL, lifetime);
}

/* What a code means; below 0 they are miniupnpc's own. */
static void refuse(struct p2p__portmap_thread *t, int code)
{
    switch (code) {
        case ERR_CONFLICT:
            answer(t, P2P__PORTMAP_TAKEN, "somebody else has that port");
            break;
        case ERR_NOT_ALLOWED:
            answer(t, P2P__PORTMAP_REFUSED, "it does not allow it");
            break;
        case ERR_NO_PORTS:
            answer(t, P2P__PORTMAP_REFUSED, "it has no room for more");
            break;
        default:
            answer(t, code < 0 ? P2P__PORTMAP_SILENT : P2P__PORTMAP_REFUSED,
                   code < 0 ? "it stopped answering"
                            : "it fails in a way of its own");
            break;
    }
    if (code < 0) {
        forget(&t->control); /* perhaps it is somewhere else now */
    }
}

static void map(struct p2p__portmap_thread *t)
{
    const struct control *c = &t->control;
    struct p2p__addr outer = {.family = 4, .port = t->order.outer.port};
    char text[64] = "";
    int code = add(t, t->order.lifetime_s);

    if (code == ERR_PERMANENT) {
        code = add(t, 0);
    }
    if (code == 0) {
        code = UPNP_GetExternalIPAddress(c->urls.controlURL,
                                         c->data.first.servicetype, text);
    }
    if (code != 0) {
        refuse(t, code);
    } else if (inet_pton(AF_INET, text, outer.ip) != 1) {
        answer(t, P2P__PORTMAP_REFUSED, "it has no address of its own");
    } else {
        answer(t, P2P__PORTMAP_DONE, NULL);
        t->answer.outer = outer;
        t->answer.lifetime_s = t->order.lifetime_s;
    }
}

static void unmap(struct p2p__portmap_thread *t)
{
    const struct control *c = &t->control;
    char outer[8];

    (void)snprintf(outer, sizeof outer, "%u", t->order.outer.port);
    (void)UPNP_DeletePortMapping(c->urls.controlURL, c->data.first.servicetype,
                                 outer, protocol_of(&t->order), NULL);
    answer(t, P2P__PORTMAP_DONE, NULL);
}

/* The answer is there. */
static void on_answer(void *arg)
{
    struct p2p__portmap_thread *t = arg;
    struct p2p_portmap *pm;
    struct p2p__portmap_answer a = t->answer;

    (void)pthread_mutex_lock(&t->lock);
    t->running = false;
    pm = t->loop != NULL ? t->pm : NULL;
    (void)pthread_mutex_unlock(&t->lock);
    if (pm == NULL) {
        thread_free(t);
        return;
    }
    if (pm->upnp.asking) { /* in time */
        pm->upnp.asking = false;
        p2p__timer_set(&pm->upnp.timer, P2P_NEVER);
        p2p__portmap_answered(pm, &a);
    }
}

static void *run(void *arg)
{
    struct p2p__portmap_thread *t = arg;
    bool last;

    if (!t->control.known && !search(t)) {
        /* it has its answer */
    } else if (t->order.lifetime_s == 0) {
        unmap(t);
    } else {
        map(t);
    }
    (void)pthread_mutex_lock(&t->lock);
    last = t->loop == NULL || p2p_loop_post(t->loop, on_answer, t) != 0;
    if (last && t->loop != NULL) {
        t->running = last = false; /* no memory: the order takes too long */
    }
    (void)pthread_mutex_unlock(&t->lock);
    if (last) {
        thread_free(t);
    }
    return NULL;
}

/* A thread that hears no signal of the program's, and is not waited for. */
static bool start(struct p2p__portmap_thread *t)
{
    pthread_attr_t attr;
    pthread_t id;
    sigset_t all, before;
    bool ok;

    if (pthread_attr_init(&attr) != 0) {
        return false;
    }
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(&id, &attr, run, t) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return ok;
}

static void on_late(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p_portmap *pm =
        P2P__CONTAINER(timer, struct p2p_portmap, upnp.timer);

    (void)now;
    if (pm->upnp.asking) {
        pm->upnp.asking = false;
        p2p__portmap_failed(pm, P2P__PORTMAP_SILENT, "it takes too long");
    }
}

static struct p2p__portmap_thread *thread_new(struct p2p_portmap *pm)
{
    struct p2p__portmap_thread *t = p2p__zalloc(sizeof *t);

    if (t != NULL && pthread_mutex_init(&t->lock, NULL) != 0) {
        p2p__free(t);
        t = NULL;
    }
    if (t != NULL) {
        t->loop = pm->loop;
        t->pm = pm;
    }
    return t;
}

void p2p__portmap_upnp_init(struct p2p_portmap *pm)
{
    p2p__timer_init(&pm->upnp.timer, pm->host->world->q, on_late);
}

/* What the thread is to know, and what it knows of another gateway no more. */
static void prepare(struct p2p_portmap *pm, struct p2p__portmap_thread *t,
                    const struct p2p__portmap_order *order)
{
    char gateway[INET_ADDRSTRLEN];

    (void)inet_ntop(AF_INET, pm->leases.gateway.ip, gateway, sizeof gateway);
    (void)inet_ntop(AF_INET, pm->own.ip, t->own, sizeof t->own);
    if (strcmp(gateway, t->gateway) != 0) {
        forget(&t->control);
    }
    memcpy(t->gateway, gateway, sizeof gateway);
    t->order = *order;
}

/* Whether a thread of before has not ended yet. */
static bool is_busy(struct p2p__portmap_thread *t)
{
    bool busy;

    (void)pthread_mutex_lock(&t->lock);
    busy = t->running;
    (void)pthread_mutex_unlock(&t->lock);
    return busy;
}

void p2p__portmap_upnp_ask(struct p2p_portmap *pm,
                           const struct p2p__portmap_order *order, p2p_ns now)
{
    struct p2p__portmap_upnp *a = &pm->upnp;

    if (pm->loop != NULL && a->thread == NULL) {
        a->thread = thread_new(pm);
    }
    if (a->thread == NULL) {
        p2p__portmap_failed(pm, P2P__PORTMAP_SILENT, "there is no thread");
        return;
    }
    if (is_busy(a->thread)) {
        p2p__portmap_failed(pm, P2P__PORTMAP_SILENT, "it takes too long");
        return;
    }
    prepare(pm, a->thread, order);
    a->thread->running = true;
    if (!start(a->thread)) {
        a->thread->running = false;
        p2p__portmap_failed(pm, P2P__PORTMAP_SILENT, "there is no thread");
        return;
    }
    a->asking = true;
    p2p__timer_set(&a->timer, p2p__ns_after(now, PATIENCE_NS));
}

void p2p__portmap_upnp_fini(struct p2p_portmap *pm)
{
    struct p2p__portmap_thread *t = pm->upnp.thread;
    bool running;

    p2p__timer_fini(&pm->upnp.timer);
    if (t == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&t->lock);
    t->loop = NULL;
    t->pm = NULL;
    running = t->running;
    (void)pthread_mutex_unlock(&t->lock);
    if (!running) {
        thread_free(t);
    }
}
