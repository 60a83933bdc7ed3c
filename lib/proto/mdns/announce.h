/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What we say: questions for a service, and our own record in each form.
 *
 * Today's record has the PTR among the answers, and behind it SRV, A, AAAA and
 * all addresses in one TXT: go wants an A or AAAA and looks at the last TXT
 * only, rust wants the TXT among the additional records, js takes either. A
 * record that is too long for a packet is cut into several, each under a name
 * of its own, because go looks at each name once.
 */
#ifndef P2P_PROTO_MDNS_ANNOUNCE_H
#define P2P_PROTO_MDNS_ANNOUNCE_H

#include "p2p/multiaddr.h"
#include "port/env.h"
#include "proto/mdns/caps.h"
#include "proto/mdns/form.h"
#include "wire/maddr.h"

/* Letters and digits of the name that we make up for ourselves. */
#define P2P__MDNS_NAME_LEN 40U

/* How long others may remember our record. */
#define P2P__MDNS_TTL_S 120U

/* One address that is announced. */
struct p2p__mdns_own {
    struct p2p__addr addr; /* where it leads */
    bool tcp;              /* /ip…/tcp/… and nothing else */
    char text[P2P__CAP_MDNS_TEXT_BYTES + 1U]; /* with our peer id */
};

struct p2p__mdns_announce {
    struct p2p_peer_id self;
    size_t count;
    char service[P2P__MDNS_SERVICE_MAX];
    char name[P2P__MDNS_NAME_LEN + 1U];
    char self_text[P2P_PEER_ID_TEXT_MAX];
    struct p2p__mdns_own own[P2P__CAP_MDNS_ADDRS];
};

/*
 * Makes up a name; nothing is announced yet. `service` is copied; NULL: the
 * usual one. Errors: P2P_EINVAL (not a short DNS name).
 */
int p2p__mdns_announce_init(struct p2p__mdns_announce *a,
                            const struct p2p_peer_id *self, const char *service,
                            struct p2p__env *env);

/*
 * Sets the addresses, borrowed, in the order of preference. Kept are those
 * that others on a link can use: private, link-local and loopback ones, whose
 * text is short enough, at most P2P__CAP_MDNS_ADDRS. Returns whether anything
 * changed.
 */
bool p2p__mdns_announce_set(struct p2p__mdns_announce *a,
                            const struct p2p_multiaddr *addrs, size_t count);

/* Whether a form has something to say: 2021's want a TCP address. */
bool p2p__mdns_announce_has(const struct p2p__mdns_announce *a,
                            enum p2p__mdns_form form);

/* The service of a form. Valid as long as a is. */
const char *p2p__mdns_announce_service(const struct p2p__mdns_announce *a,
                                       enum p2p__mdns_form form);

/* Writes the question for a form's service, with an id. */
int p2p__mdns_write_query(const struct p2p__mdns_announce *a,
                          enum p2p__mdns_form form, uint16_t id,
                          struct p2p__outbuf *out);

/* To whom an answer goes: all (then id is 0), or who asked from a port that
 * is not 5353 and wants id and question back (RFC 6762, 6.7). */
struct p2p__mdns_reply {
    enum p2p__mdns_form form;
    bool unicast;
    uint16_t id;
};

/*
 * Writes one packet of our record in a form, beginning with the address
 * `*from`, which is moved on; it is the count of addresses after the last.
 * The outbuf has room for P2P__CAP_MDNS_SEND_BYTES.
 */
int p2p__mdns_write_answer(const struct p2p__mdns_announce *a,
                           const struct p2p__mdns_reply *to, size_t *from,
                           struct p2p__outbuf *out);

/* Writes that our service exists: the answer to P2P__MDNS_SERVICES. */
int p2p__mdns_write_services(const struct p2p__mdns_announce *a,
                             struct p2p__outbuf *out);

#endif
