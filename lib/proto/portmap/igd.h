/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is said to a gateway of UPnP and what it says, but for its description,
 * which miniupnpc reads: the search for it, the places that it names, orders to
 * it and what came of them. A place counts if it is on the gateway itself and
 * is written with its address: nothing is asked of a name, and nobody else is
 * sent anything because a gateway says so.
 * Spec: UPnP Device Architecture 1.1, sections 1.3 and 3; WANIPConnection:1.
 */
#ifndef P2P_PROTO_PORTMAP_IGD_H
#define P2P_PROTO_PORTMAP_IGD_H

#include "base/slice.h"
#include "port/net.h"

/* The longest path of a place on a gateway, in characters. */
#define P2P__CAP_PORTMAP_PATH_CHARS 255U

/* A search, or an order, in bytes. */
#define P2P__IGD_REQUEST_BYTES 2048U

/* The service that an order is to: its name has a number of one digit. */
#define P2P__IGD_SERVICE_CHARS 63U

/* To whom a search goes. */
#define P2P__IGD_PORT 1900U

/* How many things are searched for, one after the other. */
#define P2P__IGD_SEARCHES 4U

/* A place on the gateway. */
struct p2p__igd_place {
    struct p2p__addr at;
    char path[P2P__CAP_PORTMAP_PATH_CHARS + 1]; /* from its slash on */
};

/* Where orders go. */
struct p2p__igd_service {
    struct p2p__igd_place control;
    char type[P2P__IGD_SERVICE_CHARS + 1];
};

/* An order's argument. */
struct p2p__igd_arg {
    const char *name;
    const char *value;
};

/* Writes a search; its length. */
size_t p2p__igd_write_search(char out[P2P__IGD_REQUEST_BYTES], unsigned which);

/* The place that an answer to a search names. Errors: P2P_EFORMAT (it is no
 * answer), P2P_EACCES (it is not on the gateway), P2P_ETOOBIG. */
int p2p__igd_read_answer(struct p2p__slice in, const struct p2p__addr *gateway,
                         struct p2p__igd_place *out);

/* Reads a URL. Errors: as p2p__igd_read_answer(). */
int p2p__igd_read_url(const char *url, const struct p2p__addr *gateway,
                      struct p2p__igd_place *out);

/* Whether text names a service of ports to outside, of any version. */
bool p2p__igd_is_service(const char *type);

/* Writes the question for what is at a place; its length. */
size_t p2p__igd_write_get(char out[P2P__IGD_REQUEST_BYTES],
                          const struct p2p__igd_place *place);

/* Writes an order; its length. `args` are of this program, and end with one
 * without a name. */
size_t p2p__igd_write_order(char out[P2P__IGD_REQUEST_BYTES],
                            const struct p2p__igd_service *service,
                            const char *action,
                            const struct p2p__igd_arg *args);

/* What stands in the first element with this name, in any namespace; cut where
 * there is no room. false: there is none. */
bool p2p__igd_read_element(const char *page, const char *name, char *out,
                           size_t cap);

#endif
