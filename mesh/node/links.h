/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node has to do with the other members: a sync session over a stream
 * with each, a round when they connect and every few seconds with one of them,
 * and documents and slots of sealed objects that are fetched from whoever has
 * them. Strangers' streams are reset. mesh/sync has the protocol, mesh/bus the
 * streams.
 */
#ifndef UM_NODE_LINKS_H
#define UM_NODE_LINKS_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/bus/bus.h"
#include "mesh/sync/session.h"

/** How often a round is begun with one random member, in ms. */
#define UM_LINKS_ROUND_MS 3000U

/** Sync streams that one member may have open with us at a time; more are
 * reset. */
#define UM__CAP_LINKS_STREAMS 4U

/** Documents of which a part may be here at a time; others wait. */
#define UM__CAP_LINKS_FETCHES 16U

/** Documents that are wanted; of more the oldest that nobody is sending is
 * forgotten, and asked for again by who wants it. */
#define UM__CAP_LINKS_WAITING 1024U

/** What links tell and ask; all but `slot` are required. They are called from
 * the loop alone, never inside of a call of links, but for `may`, which
 * um_links_up() and um_links_roster() ask. They may call links, but for
 * um_links_free(). */
struct um_links_cb {
    /** Whether a key has a role in the roster now. */
    bool (*may)(void *user, const struct um_name *peer);
    /** Judges an item; WAITS is not an answer: what waits is HAD, and asked for
     * by um_links_want(). What is not verified yet is verified by it. */
    enum um_sync_verdict (*item)(void *user, const struct um_name *from,
                                 enum um_sync_set set, struct um_str envelope);
    /** Judges a row: TAKEN, HAD or REFUSED. */
    enum um_sync_verdict (*row)(void *user, const struct um_name *from,
                                struct um_str envelope);
    /** A document came, whole, and it is the one. */
    void (*document)(void *user, const struct um_name *hash,
                     struct um_str bytes);
    /** A round with a peer came to its end: both have the same. May be NULL. */
    void (*equal)(void *user, const struct um_name *peer);
    /** A slot of a sealed object came; nobody has looked whether it opens
     * anything. Required of who calls um_links_slot(). */
    void (*slot)(void *user, const struct um_name *object,
                 const uint8_t slot[UM_SEALED_SLOT_BYTES]);
};

/** What links are made of; borrows all until they are freed. */
struct um_links_cfg {
    struct um_bus *bus;
    const struct um_sync_source *source;
    struct um_name mesh;
    const struct um_alarms *alarms;
    const struct um_log *log;
    uint64_t seed; /**< random: for whom to ask next */
    const struct um_links_cb *cb;
    void *user;
};

struct um_links;

/** Serves the protocol. Peers that are connected already are looked at when the
 * loop comes round. Owned; NULL: it cannot. */
struct um_links *um_links_new(const struct um_links_cfg *cfg);

/** Ends all sessions, before the bus is freed. */
void um_links_free(struct um_links *l);

/** A peer connected: if it may, a round begins with it. */
void um_links_up(struct um_links *l, const struct p2p_peer_id *peer);

/** A peer is gone. */
void um_links_down(struct um_links *l, const struct p2p_peer_id *peer);

/** The roster changed: sessions with those who may no more end, rounds begin
 * with connected peers who now may. */
void um_links_roster(struct um_links *l);

/** An item was accepted, whoever brought it: its id, and, if it is a GRANT,
 * once more the key in it. */
void um_links_known(struct um_links *l, const struct um_name *name);

/** An item waits for something: asks for it, of who sent the item if it is
 * connected, else of whoever. A later round brings what is lost. */
void um_links_want(struct um_links *l, const struct um_need *need,
                   const struct um_name *from);

/** Asks for items whose ids a hint named, of who sent it. */
void um_links_hinted(struct um_links *l, enum um_sync_set set,
                     struct um_namelist ids, const struct um_name *from);

/**
 * Fetches a document, from one member after the other, until it is there.
 * @param size as a signed item says it; 0: none does
 */
void um_links_fetch(struct um_links *l, const struct um_name *hash,
                    uint64_t size);

/**
 * Asks for this member's slot of a sealed object, of one member after the
 * other, until it is there.
 * @return whether it may come: nobody is connected who could be asked, or not
 *         all of them have said no
 */
bool um_links_slot(struct um_links *l, const struct um_name *object);

/** Nobody waits for a document any more. */
void um_links_unfetch(struct um_links *l, const struct um_name *hash);

/** For status pages. */
struct um_links_stats {
    size_t sessions;
    uint64_t rounds;    /**< begun by us */
    uint64_t ended;     /**< by an error */
    uint64_t documents; /**< fetched */
    uint64_t strangers; /**< streams that were reset because who opened them has
                             no role */
};

/** A snapshot of the counters. */
void um_links_stats(const struct um_links *l, struct um_links_stats *out);

#endif
