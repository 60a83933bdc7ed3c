/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host and its gateway, which speaks UPnP or means harm, in a simulated
 * world. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "failing_mem.h"
#include "portmap/internal.h"
#include "simhost.h"
#include "unit.h"

#define HOME    0
#define GATEWAY 1
#define VICTIM  2

#define IGD_PORT 5000U
#define URN      "urn:schemas-upnp-org:"
#define HEAD     "HTTP/1.1 200 OK\r\nConnection: close\r\n"

enum manner {
    HONEST,
    DEAF,
    FROM_AFAR,     /* another machine answers in its name */
    NAMES_ANOTHER, /* its answer names another machine */
    BASE_AWAY,     /* its description's URLBase does */
    CONTROL_AWAY,  /* its control URL does */
    REDIRECTS,
    ENDLESS, /* its description has no end */
    SLOW,    /* ... or comes a byte a second */
    OFFLINE,
    MUTE_AT_ADD, /* it adds, and does not say so */
    SLOW_AT_ADD,
    NO_TIMES, /* it grants for ever alone */
    TAKEN
};

struct world;

/* A connection to the gateway. */
struct visit {
    struct world *w;
    struct p2p__pipe *pipe;
    struct p2p__timer timer;
    char text[4096];
    size_t len;
    bool fed, done;
};

struct world {
    struct sim sim;
    struct simhost host;
    struct p2p_portmap *pm;
    struct p2p__udp *told, *afar;
    struct p2p__listener *page, *there;
    enum manner manner;
    unsigned searched, visits, at_victim;
    size_t sent;
    unsigned adds, removes;
    char added[2048], removed[2048]; /* the last order */
    bool closed;
    struct visit list[64];
};

static void text_of(const struct world *w, size_t host, char out[64])
{
    assert_non_null(
        inet_ntop(AF_INET, w->sim.hosts[host].addr.ip, out, INET_ADDRSTRLEN));
}

static void on_search(void *user, struct p2p__slice in,
                      const struct p2p__addr *from, uint32_t ifindex,
                      p2p_ns now)
{
    struct world *w = user;
    struct p2p__udp *udp = w->manner == FROM_AFAR ? w->afar : w->told;
    char text[512], at[64];

    (void)ifindex;
    (void)now;
    assert_true(in.len > 8 && memcmp(in.p, "M-SEARCH", 8) == 0);
    w->searched++;
    text_of(w, w->manner == NAMES_ANOTHER ? VICTIM : GATEWAY, at);
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nST: x\r\n"
                   "LOCATION: http://%s:%u/d.xml\r\n\r\n",
                   at, IGD_PORT);
    if (w->manner != DEAF) {
        assert_int_equal(
            udp->send(udp, (const uint8_t *)text, strlen(text), from, 0), 0);
    }
}

static void say(struct visit *v, const char *text)
{
    assert_true(
        v->pipe->ops->write(v->pipe, (const uint8_t *)text, strlen(text)) >= 0);
}

/* A whole answer. */
static void answer(struct visit *v, const char *status, const char *body)
{
    char text[4096];

    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
                   strlen(body), body);
    say(v, text);
}

static void describe(struct visit *v)
{
    const struct world *w = v->w;
    char body[2048], away[64], base[128] = "", control[128] = "/ctl";

    text_of(w, VICTIM, away);
    if (w->manner == BASE_AWAY) {
        (void)snprintf(base, sizeof base, "<URLBase>http://%s:%u</URLBase>",
                       away, IGD_PORT);
    } else if (w->manner == CONTROL_AWAY) {
        (void)snprintf(control, sizeof control, "http://%s:%u/ctl", away,
                       IGD_PORT);
    }
    (void)snprintf(
        body, sizeof body,
        "<?xml version=\"1.0\"?><root>%s<device><serviceList><service>"
        "<serviceType>" URN
        "service:WANIPConnection:1</serviceType>"
        "<controlURL>%s</controlURL><SCPDURL>/s</SCPDURL>"
        "</service></serviceList></device></root>",
        base, control);
    answer(v, "200 OK", body);
}

/* More of what has no end, or a byte. */
static void on_more(struct p2p__timer *timer, p2p_ns now)
{
    static char much[8192];
    struct visit *v = P2P__CONTAINER(timer, struct visit, timer);
    const bool endless = v->w->manner == ENDLESS;

    memset(much, 'x', sizeof much);
    if (!v->done) {
        (void)v->pipe->ops->write(v->pipe, (const uint8_t *)much,
                                  endless ? sizeof much : 1);
        v->w->sent += endless ? sizeof much : 1;
        p2p__timer_set(&v->timer,
                       p2p__ns_after(now, endless ? P2P__MS(10) : P2P__SEC(1)));
    }
}

static void trickle(struct visit *v, p2p_ns now)
{
    say(v, HEAD "\r\n");
    v->fed = true;
    p2p__timer_init(&v->timer, v->w->sim.hosts[GATEWAY].world.q, on_more);
    p2p__timer_set(&v->timer, p2p__ns_after(now, P2P__MS(10)));
}

static void serve_page(struct visit *v, p2p_ns now)
{
    char text[256], away[64];

    switch (v->w->manner) {
        case REDIRECTS:
            text_of(v->w, VICTIM, away);
            (void)snprintf(text, sizeof text,
                           "HTTP/1.1 302 Found\r\nLocation: http://%s:%u/d\r\n"
                           "Content-Length: 0\r\n\r\n",
                           away, IGD_PORT);
            say(v, text);
            break;
        case ENDLESS:
        case SLOW:
            trickle(v, now);
            break;
        default:
            describe(v);
            break;
    }
}

static void serve_add(struct visit *v, p2p_ns now)
{
    struct world *w = v->w;
    const bool lasting = strstr(v->text, "<NewLeaseDuration>0</") != NULL;

    w->adds++;
    (void)snprintf(w->added, sizeof w->added, "%.2000s", v->text);
    if (w->manner == TAKEN) {
        answer(v, "500 Error", "<e><errorCode>718</errorCode></e>");
    } else if (w->manner == NO_TIMES && !lasting) {
        answer(v, "500 Error", "<e><errorCode>725</errorCode></e>");
    } else if (w->manner == SLOW_AT_ADD) {
        trickle(v, now);
    } else if (w->manner != MUTE_AT_ADD) {
        answer(v, "200 OK", "<a/>");
    }
}

static void serve(struct visit *v, p2p_ns now)
{
    struct world *w = v->w;

    if (strncmp(v->text, "GET /", 5) == 0) {
        serve_page(v, now);
        return;
    }
    assert_int_equal(strncmp(v->text, "POST /ctl ", 10), 0);
    if (strstr(v->text, "#GetStatusInfo\"") != NULL) {
        answer(v, "200 OK",
               w->manner == OFFLINE
                   ? "<NewConnectionStatus>Down</NewConnectionStatus>"
                   : "<NewConnectionStatus>Connected</NewConnectionStatus>");
    } else if (strstr(v->text, "#AddPortMapping\"") != NULL) {
        serve_add(v, now);
    } else if (strstr(v->text, "#GetExternalIPAddress\"") != NULL) {
        answer(v, "200 OK",
               "<u:R><NewExternalIPAddress>44.77.1.254</NewExternalIPAddress>"
               "</u:R>");
    } else {
        assert_non_null(strstr(v->text, "#DeletePortMapping\""));
        w->removes++;
        (void)snprintf(w->removed, sizeof w->removed, "%.2000s", v->text);
        answer(v, "200 OK", "<a/>");
    }
}

static void on_request(void *user, struct p2p__slice in, p2p_ns now)
{
    struct visit *v = user;
    const char *body;
    size_t want = 0;

    assert_true(v->len + in.len < sizeof v->text);
    memcpy(v->text + v->len, in.p, in.len);
    v->len += in.len;
    v->text[v->len] = '\0';
    body = strstr(v->text, "\r\n\r\n");
    if (body != NULL && strstr(v->text, "Content-Length: ") != NULL) {
        want = strtoul(strstr(v->text, "Content-Length: ") + 16, NULL, 10);
    }
    if (body != NULL && strlen(body + 4) >= want) {
        serve(v, now);
    }
}

static void leave(struct visit *v)
{
    if (v->fed) {
        p2p__timer_fini(&v->timer);
    }
    if (!v->done) {
        v->pipe->ops->close(v->pipe);
    }
    v->fed = false;
    v->done = true;
}

static void on_left(void *user, int status, p2p_ns now)
{
    (void)status;
    (void)now;
    leave(user);
}

static void on_room(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void on_visit(void *user, struct p2p__pipe *pipe, p2p_ns now)
{
    static const struct p2p__pipe_cb cb = {
        .data = on_request, .writable = on_room, .ended = on_left};
    struct world *w = user;
    struct visit *v = &w->list[w->visits++];

    (void)now;
    assert_true(w->visits < P2P__COUNT(w->list));
    *v = (struct visit){.w = w, .pipe = pipe};
    pipe->cb = &cb;
    pipe->user = v;
    pipe->ops->read(pipe, true);
}

static void on_victim(void *user, struct p2p__pipe *pipe, p2p_ns now)
{
    (void)now;
    ((struct world *)user)->at_victim++;
    pipe->ops->close(pipe);
}

static struct p2p__listener *listen_at(struct world *w, size_t host,
                                       const struct p2p__listener_cb *cb)
{
    struct p2p__net *net = &w->sim.hosts[host].net;
    const struct p2p__addr at = {.family = 4, .port = IGD_PORT};
    int err;
    struct p2p__listener *l = net->listen(net, &at, cb, w, &err);

    assert_non_null(l);
    return l;
}

static struct p2p__udp *bind_at(struct world *w, size_t host, bool group)
{
    static const struct p2p__udp_cb cb = {.datagram = on_search};
    static const struct p2p__addr to = {.family = 4,
                                        .ip = {239, 255, 255, 250}};
    struct p2p__net *net = &w->sim.hosts[host].net;
    const struct p2p__addr at = {.family = 4, .port = P2P__IGD_PORT};
    int err;
    struct p2p__udp *udp = net->udp(net, &at, false, &cb, w, &err);

    assert_non_null(udp);
    if (group) {
        assert_int_equal(udp->group(udp, &to, 1, true), 0);
    }
    return udp;
}

static void begin(struct world *w, enum manner manner)
{
    static const struct p2p__listener_cb page = {.accepted = on_visit};
    static const struct p2p__listener_cb there = {.accepted = on_victim};
    struct p2p_portmap_config cfg = P2P_PORTMAP_CONFIG_INIT;
    const struct sim_cfg calm = {
        .seed = 1, .latency_min = P2P__MS(1), .latency_max = P2P__MS(1)};
    char gateway[64];

    *w = (struct world){.manner = manner};
    sim_init(&w->sim, &calm, 3);
    w->told = bind_at(w, GATEWAY, true);
    w->afar = bind_at(w, VICTIM, false);
    w->page = listen_at(w, GATEWAY, &page);
    w->there = listen_at(w, VICTIM, &there);
    simhost_start(&w->host, &w->sim, HOME, NULL);
    text_of(w, GATEWAY, gateway);
    cfg.gateway = gateway;
    cfg.no_natpmp = cfg.no_pcp = true;
    assert_int_equal(p2p__portmap_new(NULL, w->host.host, &cfg, &w->pm), 0);
}

static void end(struct world *w)
{
    p2p_portmap_free(w->pm);
    simhost_stop(&w->host);
    for (size_t i = 0; i < w->visits; i++) {
        leave(&w->list[i]);
    }
    w->told->close(w->told);
    w->afar->close(w->afar);
    w->page->close(w->page);
    w->there->close(w->there);
    sim_fini(&w->sim);
}

static void pass(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

static struct p2p_portmap_status status(const struct world *w)
{
    struct p2p_portmap_status s;

    p2p_portmap_status(w->pm, &s, sizeof s);
    return s;
}

static void on_closed(void *user)
{
    ((struct world *)user)->closed = true;
}

static void close_it(struct world *w, p2p_ns span)
{
    p2p_portmap_close(w->pm, on_closed, w);
    w->pm = NULL;
    pass(w, span);
    assert_true(w->closed);
}

static void test_a_port_is_mapped_and_taken_away(void **state)
{
    struct p2p_portmap_port port;
    char text[P2P_MULTIADDR_TEXT_MAX], own[96], at[64];
    struct world w;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(1));
    assert_string_equal(status(&w).method, "upnp");
    assert_string_equal(status(&w).why, "");
    assert_int_equal(p2p_portmap_ports(w.pm, &port, 1, sizeof port), 1);
    assert_string_equal(p2p_multiaddr_text(&port.external, text),
                        "/ip4/44.77.1.254/tcp/4001");
    assert_true(port.told);
    assert_non_null(strstr(w.added, "<NewExternalPort>4001</"));
    assert_non_null(strstr(w.added, "<NewInternalPort>4001</"));
    assert_non_null(strstr(w.added, "<NewProtocol>TCP</"));
    assert_non_null(strstr(w.added, "<NewLeaseDuration>7200</"));
    text_of(&w, HOME, at);
    (void)snprintf(own, sizeof own, "<NewInternalClient>%s</", at);
    assert_non_null(strstr(w.added, own));
    /* Description, state, port, address; and no more than the first search. */
    assert_int_equal(w.visits, 4);
    assert_int_equal(w.searched, 1);
    /* A renewal knows the way. */
    pass(&w, P2P__SEC(900));
    assert_int_equal(w.adds, 2);
    assert_int_equal(w.visits, 6);
    assert_int_equal(w.searched, 1);
    close_it(&w, P2P__SEC(1));
    assert_int_equal(w.removes, 1);
    assert_non_null(strstr(w.removed, "<NewExternalPort>4001</"));
    end(&w);
}

static void test_a_gateway_that_maps_for_ever_alone(void **state)
{
    struct world w;

    (void)state;
    begin(&w, NO_TIMES);
    pass(&w, P2P__SEC(1));
    assert_int_equal(status(&w).told, 1);
    assert_int_equal(w.adds, 2);
    close_it(&w, P2P__SEC(1));
    assert_int_equal(w.removes, 1);
    end(&w);
}

static void test_nobody_answers(void **state)
{
    struct world w;

    (void)state;
    begin(&w, DEAF);
    pass(&w, P2P__SEC(10));
    assert_int_equal(w.searched, P2P__IGD_SEARCHES);
    assert_string_equal(status(&w).why, "UPnP: it does not answer");
    close_it(&w, P2P__SEC(1));
    end(&w);
}

/* It is refused in these words, and nobody else is sent anything. */
static void assert_refused(enum manner manner, unsigned visits, const char *why)
{
    struct world w;

    begin(&w, manner);
    pass(&w, P2P__SEC(30));
    assert_string_equal(status(&w).why, why);
    assert_int_equal(status(&w).mapped, 0);
    assert_int_equal(w.visits, visits);
    assert_int_equal(w.at_victim, 0);
    assert_int_equal(w.adds, 0);
    end(&w);
}

static void test_T34_nobody_else_is_visited(void **state)
{
    (void)state;
    assert_refused(FROM_AFAR, 0, "UPnP: it does not answer");
    assert_refused(NAMES_ANOTHER, 0,
                   "UPnP: what it tells of itself leads away");
    assert_refused(BASE_AWAY, 1, "UPnP: what it tells of itself leads away");
    assert_refused(CONTROL_AWAY, 1, "UPnP: what it tells of itself leads away");
    assert_refused(REDIRECTS, 1,
                   "UPnP: it sends us elsewhere for its description");
}

static void test_who_has_no_internet_is_told(void **state)
{
    (void)state;
    assert_refused(OFFLINE, 2, "UPnP: it tells of no internet connection");
}

static void test_a_description_that_never_ends(void **state)
{
    struct world w;

    (void)state;
    begin(&w, ENDLESS);
    pass(&w, P2P__SEC(10));
    assert_string_equal(status(&w).why, "UPnP: what it says is too long");
    assert_in_range(w.sent, P2P__CAP_PORTMAP_PAGE_BYTES,
                    P2P__CAP_PORTMAP_PAGE_BYTES * 2);
    end(&w);
}

static void test_a_description_that_comes_slowly(void **state)
{
    struct world w;

    (void)state;
    begin(&w, SLOW);
    pass(&w, P2P__SEC(30));
    assert_string_equal(status(&w).why, "UPnP: it takes too long");
    assert_true(w.sent <= 6);
    end(&w);
}

/* However many a gateway names, few are looked at. */
static void test_descriptions_have_a_cap(void **state)
{
    struct world w;
    struct p2p__addr to;
    char text[256], at[64];

    (void)state;
    begin(&w, REDIRECTS);
    pass(&w, P2P__MS(5)); /* it has searched */
    assert_int_equal(w.searched, 1);
    to = w.pm->upnp.udp->addr;
    memcpy(to.ip, w.sim.hosts[HOME].addr.ip, 4);
    text_of(&w, GATEWAY, at);
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof text,
                       "HTTP/1.1 200 OK\r\nLOCATION: http://%s:%u/%u\r\n\r\n",
                       at, IGD_PORT, i);
        assert_int_equal(
            w.told->send(w.told, (const uint8_t *)text, strlen(text), &to, 0),
            0);
    }
    pass(&w, P2P__SEC(30));
    assert_int_equal(w.visits, P2P__CAP_PORTMAP_FOUND);
    assert_int_equal(status(&w).failed, 1);
    end(&w);
}

/* What was asked for may be there although nobody said so: it is asked for once
 * more, and taken away at the end. */
static void test_what_may_be_there_is_taken_away(void **state)
{
    struct world w;

    (void)state;
    begin(&w, MUTE_AT_ADD);
    pass(&w, P2P__SEC(10));
    assert_int_equal(w.adds, 1);
    assert_int_equal(status(&w).mapped, 0);
    w.manner = HONEST;
    close_it(&w, P2P__SEC(1));
    assert_int_equal(w.removes, 1);
    assert_non_null(strstr(w.removed, "<NewExternalPort>4001</"));
    end(&w);
}

static void test_what_may_be_there_is_had(void **state)
{
    struct world w;

    (void)state;
    begin(&w, SLOW_AT_ADD);
    pass(&w, P2P__SEC(10));
    assert_int_equal(w.adds, 1);
    assert_string_equal(status(&w).why, "UPnP: it takes too long");
    w.manner = HONEST;
    pass(&w, P2P__SEC(90));
    assert_int_equal(w.adds, 2);
    assert_int_equal(status(&w).told, 1);
    assert_non_null(strstr(w.added, "<NewExternalPort>4001</"));
    close_it(&w, P2P__SEC(1));
    assert_int_equal(w.removes, 1);
    end(&w);
}

/* A port that somebody else has is not taken away from him. */
static void test_what_is_of_others_stays(void **state)
{
    struct world w;

    (void)state;
    begin(&w, TAKEN);
    pass(&w, P2P__SEC(10));
    assert_true(w.adds >= 2);
    close_it(&w, P2P__SEC(5));
    assert_int_equal(w.removes, 0);
    end(&w);
}

/* Whatever there was no memory for, it is tried again, and nothing is lost. */
static void test_want_of_memory_passes(void **state)
{
    size_t nth = 0;
    struct world w;
    int hit;

    (void)state;
    do {
        const size_t live = failing_mem_live();

        begin(&w, HONEST);
        failing_mem_set(++nth, 0);
        pass(&w, P2P__SEC(600));
        hit = failing_mem_hit();
        failing_mem_set(0, 0);
        assert_int_equal(status(&w).told, 1);
        end(&w);
        assert_int_equal(failing_mem_live(), live);
    } while (hit);
    assert_true(nth > 4); /* a page for each answer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_port_is_mapped_and_taken_away),
        cmocka_unit_test(test_a_gateway_that_maps_for_ever_alone),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_T34_nobody_else_is_visited),
        cmocka_unit_test(test_who_has_no_internet_is_told),
        cmocka_unit_test(test_a_description_that_never_ends),
        cmocka_unit_test(test_a_description_that_comes_slowly),
        cmocka_unit_test(test_descriptions_have_a_cap),
        cmocka_unit_test(test_what_may_be_there_is_taken_away),
        cmocka_unit_test(test_what_may_be_there_is_had),
        cmocka_unit_test(test_what_is_of_others_stays),
        cmocka_unit_test(test_want_of_memory_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
