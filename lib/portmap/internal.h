/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The inside of p2p-portmap: what is decided is in proto/portmap/leases.h; here
 * is how each method asks. An order is asked by one of the three ask() below,
 * and its answer comes by p2p__portmap_answered(), perhaps within the call.
 */
#ifndef P2P_PORTMAP_INTERNAL_H
#define P2P_PORTMAP_INTERNAL_H

#include <natpmp.h>
#include <uv.h>

#include "host/mapped.h"
#include "p2p/portmap.h"
#include "proto/portmap/http.h"
#include "proto/portmap/igd.h"
#include "proto/portmap/leases.h"

/* Descriptions that are looked at in one search. */
#define P2P__CAP_PORTMAP_FOUND 4U

/* Services of a gateway that map ports: miniupnpc reads two. */
#define P2P__PORTMAP_SERVICES 2U

/* How long an order may take by PCP or NAT-PMP. */
#define P2P__PORTMAP_PATIENCE P2P__SEC(3)

/* An order by PCP: a datagram, sent again until there is an answer. */
struct p2p__portmap_pcp {
    struct p2p__udp *udp; /* NULL: none yet */
    struct p2p__addr own; /* to which it is bound */
    struct p2p__timer timer;
    struct p2p__portmap_order order;
    bool asking;
    unsigned sent, unsent; /* so often; of these it did not go out */
    uint8_t request[P2P__PCP_MAP_BYTES];
};

/* One by NAT-PMP: first the gateway's address is asked for, then the port. */
struct p2p__portmap_natpmp {
    natpmp_t *lib; /* NULL: nothing is asked */
    uv_poll_t *poll;
    struct p2p__timer timer;
    struct p2p__portmap_order order;
    p2p_ns ends;
    bool has_outer;
    struct p2p__addr outer;
};

enum p2p__portmap_step {
    P2P__PORTMAP_IDLE,
    P2P__PORTMAP_SEARCH, /* what answers on the link is waited for */
    P2P__PORTMAP_PAGE,   /* its description is */
    P2P__PORTMAP_STATUS, /* whether it is connected */
    P2P__PORTMAP_ADD,
    P2P__PORTMAP_ADD_LASTING, /* it grants no port for a time */
    P2P__PORTMAP_WHERE,       /* its address outside */
    P2P__PORTMAP_REMOVE
};

/* One by UPnP: the gateway is searched for, then asked by HTTP. */
struct p2p__portmap_upnp {
    struct p2p__udp *udp; /* NULL: nothing is searched for */
    struct p2p__pipe *pipe;
    struct p2p__http http;
    struct p2p__timer timer;
    struct p2p__portmap_order order;
    enum p2p__portmap_step step;
    bool written;     /* the request that goes by the pipe */
    p2p_ns ends;      /* of the order, */
    p2p_ns step_ends; /* of a request */
    p2p_ns search_at; /* the next search goes out, or all is over */
    unsigned searches, unsent;
    struct p2p__igd_place found[P2P__CAP_PORTMAP_FOUND];
    size_t n_found, looked_at;
    const char *why; /* what was wrong with what was found last */
    struct p2p__addr of;
    bool known; /* where the gateway `of` takes orders: services[service] */
    struct p2p__igd_service services[P2P__PORTMAP_SERVICES];
    size_t n_services, service;
    char request[P2P__IGD_REQUEST_BYTES];
    size_t request_len;
};

struct p2p_portmap {
    struct p2p__mapper mapper;
    struct p2p_loop *loop; /* NULL, in a world of tests: no NAT-PMP */
    struct p2p_host *host;
    struct p2p__leases leases;
    struct p2p__job job;
    struct p2p__timer timer;      /* the leases' */
    struct p2p__timer look_timer; /* the gateway may be another one */
    struct p2p__timer end_timer;  /* of closing */
    struct p2p__udp *announced;   /* what gateways tell all; NULL: cannot be */
    struct p2p__addr given;       /* the gateway that the config names */
    struct p2p__addr own;         /* our address towards the gateway */
    bool is_public;               /* ... which needs none */
    bool looks;                   /* look at gateway and ports in the job */
    bool woke;                    /* ask for all again there */
    unsigned blind;               /* looks in a row that did not help */
    bool closing;
    uint64_t asked, failed;
    void (*changed)(void *user);
    void *user;
    void (*closed)(void *user);
    void *closed_user;
    struct p2p__portmap_pcp pcp;
    struct p2p__portmap_natpmp natpmp;
    struct p2p__portmap_upnp upnp;
};

/* As p2p_portmap_new(), of a host in any world; `loop` may be NULL. */
int p2p__portmap_new(struct p2p_loop *loop, struct p2p_host *host,
                     const struct p2p_portmap_config *cfg,
                     struct p2p_portmap **out);

/* What the order under way came to. */
void p2p__portmap_answered(struct p2p_portmap *pm,
                           const struct p2p__portmap_answer *answer);

/* The same, if it came to nothing; `why` is a constant. */
void p2p__portmap_failed(struct p2p_portmap *pm,
                         enum p2p__portmap_outcome outcome, const char *why);

/* ask_pcp.c, ask_natpmp.c, ask_upnp.c: nothing is asked yet. */
void p2p__portmap_pcp_init(struct p2p_portmap *pm);

/* Asks by PCP. */
void p2p__portmap_pcp_ask(struct p2p_portmap *pm,
                          const struct p2p__portmap_order *order, p2p_ns now);

/* Ends what is under way; its answer does not come. */
void p2p__portmap_pcp_fini(struct p2p_portmap *pm);

/* The same for NAT-PMP. */
void p2p__portmap_natpmp_init(struct p2p_portmap *pm);

/* Asks by NAT-PMP. */
void p2p__portmap_natpmp_ask(struct p2p_portmap *pm,
                             const struct p2p__portmap_order *order,
                             p2p_ns now);

/* Ends what is under way. */
void p2p__portmap_natpmp_fini(struct p2p_portmap *pm);

/* The same for UPnP. */
void p2p__portmap_upnp_init(struct p2p_portmap *pm);

/* Asks by UPnP. */
void p2p__portmap_upnp_ask(struct p2p_portmap *pm,
                           const struct p2p__portmap_order *order, p2p_ns now);

/* Ends what is under way. */
void p2p__portmap_upnp_fini(struct p2p_portmap *pm);

/* upnp_page.c: the services that a description from `from` has, whose places
 * are on the gateway; how many. *away: there are others, elsewhere. */
size_t p2p__portmap_page_read(
    const struct p2p__http *page, const struct p2p__igd_place *from,
    struct p2p__igd_service out[P2P__PORTMAP_SERVICES], bool *away);

/* route.c: the gateway of the default route: 0, P2P_ENOTFOUND, or P2P_EIO:
 * nobody could look. A line of the table: whether it is one, and how far it
 * is. */
int p2p__portmap_route(struct p2p__addr *gateway);
bool p2p__portmap_route_line(const char *line, struct p2p__addr *gateway,
                             unsigned *metric);

/* Hears what gateways tell all, if that can be. */
void p2p__portmap_listen(struct p2p_portmap *pm);

#endif
