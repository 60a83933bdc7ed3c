/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The DHT (Kademlia): peers, values and who provides what are found by asking
 * those that are nearest to them. Hosts with one prefix make one DHT; "/ipfs"
 * is the public one.
 *
 *     struct p2p_dht_config dht = P2P_DHT_CONFIG_INIT;
 *     dht.prefix = "/example";
 *     dht.server = true;
 *     cfg.dht = &dht;                     // p2p_host_config
 *     …
 *     p2p_dht_bootstrap(host, "/ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…");
 *     p2p_dht_find_peer(host, &peer, &want, NULL);
 *
 * What a DHT says is hearsay: it is a way to find addresses, never an
 * authority. Peers prove who they are when they are dialed; values must prove
 * themselves, which their validator looks at.
 * Spec: libp2p kad-dht.
 */
#ifndef P2P_DHT_H
#define P2P_DHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_host;

/** The longest key, in bytes. */
#define P2P_DHT_KEY_MAX 256

/** The longest value, in bytes. */
#define P2P_DHT_VALUE_MAX 8192

/** A key and a value; valid during the call. */
struct p2p_dht_record {
    const uint8_t *key;
    size_t key_len;
    const uint8_t *value;
    size_t value_len;
};

/**
 * What values of a namespace must be: of the keys "/NS/…". "pk" (public keys)
 * and "peer" (signed peer records) are there already; of other namespaces
 * nothing is kept or believed.
 */
struct p2p_dht_validator {
    const char *ns; /**< without slashes; borrows until the host is freed */
    /** Whether a value is one of its key. It came from anybody. */
    bool (*valid)(void *user, const struct p2p_dht_record *record);
    /** Whether a valid value replaces another of the same key: of any two the
     * same one must win everywhere. */
    bool (*better)(void *user, const struct p2p_dht_record *record,
                   const struct p2p_dht_record *than);
    void *user; /**< borrows until the host is freed */
};

/** How a host is part of a DHT. Begin with P2P_DHT_CONFIG_INIT; 0 is the
 * default. */
struct p2p_dht_config {
    size_t size;        /**< set by P2P_DHT_CONFIG_INIT */
    const char *prefix; /**< of the protocol, copied; NULL: "/ipfs" */
    bool server;        /**< answers and keeps things for others; else asks */
    const struct p2p_dht_validator *validators; /**< borrows for the call */
    size_t n_validators;                        /**< at most 16 */
    uint32_t max_records;                       /**< that we keep; 0: 1024 */
    uint32_t max_records_per_peer;              /**< 0: 32 */
    uint64_t max_record_bytes;                  /**< of all; 0: 4 MiB */
    uint32_t max_providers;                     /**< that we keep; 0: 4096 */
    uint32_t max_keys_per_peer; /**< that one provides; 0: 256 */
    uint32_t ttl_s;             /**< records and providers; 0: 48 hours */
    uint32_t refresh_s;         /**< of the routing table; 0: 600 */
    uint32_t
        max_per_network; /**< entries of one public /16 (IPv6: /32); 0: 3 */
    /** Who is part of it: others are neither served nor asked for being here.
     * Asked for each stream and whenever one tells who he is. NULL: everybody.
     */
    bool (*allow)(void *user, const struct p2p_peer_id *peer);
    void *user; /**< borrows until the host is freed */
};

/** A config with the defaults. */
#define P2P_DHT_CONFIG_INIT                   \
    {                                         \
        .size = sizeof(struct p2p_dht_config) \
    }

/** How a query ended; valid during the call. */
struct p2p_dht_result {
    int status;           /**< 0, P2P_ENOTFOUND, P2P_ECLOSED (the host ends) */
    const uint8_t *value; /**< p2p_dht_get(); NULL: none */
    size_t value_len;
    const struct p2p_multiaddr *addrs; /**< p2p_dht_find_peer() */
    size_t n_addrs;
    size_t count; /**< who keeps what was put; providers that were found */
};

/** Told once, later. */
typedef void (*p2p_dht_done)(void *user, const struct p2p_dht_result *result);

/** A provider that was found, and where it is said to be. */
typedef void (*p2p_dht_provider)(void *user, const struct p2p_peer_id *peer,
                                 const struct p2p_multiaddr *addrs,
                                 size_t n_addrs);

/** What is wanted. Begin with P2P_DHT_WANT_INIT. Borrows for the call. */
struct p2p_dht_want {
    size_t size;       /**< set by P2P_DHT_WANT_INIT */
    const void *key;   /**< of a value "/NS/…"; of content its multihash */
    size_t key_len;    /**< at most P2P_DHT_KEY_MAX */
    const void *value; /**< p2p_dht_put() */
    size_t value_len;  /**< at most P2P_DHT_VALUE_MAX */
    /** p2p_dht_get(): so many answers with a value; find_providers: so many
     * providers; 0: as many as there are. */
    uint32_t enough;
    p2p_dht_done done;         /**< may not be NULL */
    p2p_dht_provider provider; /**< p2p_dht_find_providers(); or NULL */
    void *user;                /**< borrows until done, or cancelled */
};

/** A want of nothing. */
#define P2P_DHT_WANT_INIT                   \
    {                                       \
        .size = sizeof(struct p2p_dht_want) \
    }

/** A query that runs: good until `done` is called. */
struct p2p_dht_query;

/**
 * Makes a host part of a DHT after its start; peers that are connected are
 * asked whether they are.
 * @param host borrows the host
 * @param cfg  borrows for the call
 * @return 0, P2P_ESTATE (it is part of one: it stays so until it is freed),
 *         P2P_EINVAL, P2P_ELIMIT (it serves too many protocols), P2P_ENOMEM
 */
P2P_API int p2p_dht_join(struct p2p_host *host,
                         const struct p2p_dht_config *cfg);

/**
 * Notes a peer to begin with, and dials it: now, and again as long as we know
 * nobody else.
 * @param host borrows the host
 * @param addr borrows the text, with /p2p/ID at its end
 * @return 0, P2P_EFORMAT, P2P_ELIMIT (more than 32), P2P_ENOMEM, P2P_ESTATE
 *         (the host is part of no DHT)
 */
P2P_API int p2p_dht_bootstrap(struct p2p_host *host, const char *addr);

/**
 * Finds a peer's addresses. A server is found if it answers itself; else
 * addresses are what others say.
 * @param host borrows the host
 * @param peer borrows the id
 * @param want borrows done and user
 * @param out  set; good until done; may be NULL
 * @return 0, P2P_ESELF, P2P_ELIMIT, P2P_ENOMEM, P2P_EINVAL, P2P_ESTATE
 */
P2P_API int p2p_dht_find_peer(struct p2p_host *host,
                              const struct p2p_peer_id *peer,
                              const struct p2p_dht_want *want,
                              struct p2p_dht_query **out);

/**
 * Puts a value where those that look for its key will ask. They keep it for
 * 48 hours: put it again before.
 * @param host borrows the host
 * @param want borrows key, value, done and user
 * @param out  set; good until done; may be NULL
 * @return 0, P2P_EFORMAT (not valid), P2P_ENOTSUP (no validator), P2P_EEXIST (a
 *         better one is here), P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM, P2P_EINVAL,
 *         P2P_ESTATE
 */
P2P_API int p2p_dht_put(struct p2p_host *host, const struct p2p_dht_want *want,
                        struct p2p_dht_query **out);

/**
 * Looks for the best valid value of a key, and mends worse ones that it meets.
 * @param host borrows the host
 * @param want borrows key, enough, done and user
 * @param out  set; good until done; may be NULL
 * @return 0, P2P_ENOTSUP (no validator), P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM,
 *         P2P_EINVAL, P2P_ESTATE
 */
P2P_API int p2p_dht_get(struct p2p_host *host, const struct p2p_dht_want *want,
                        struct p2p_dht_query **out);

/**
 * Says that we provide what is under a key. Say so again within 48 hours.
 * @param host borrows the host
 * @param want borrows key, done and user
 * @param out  set; good until done; may be NULL
 * @return 0, P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM, P2P_EINVAL, P2P_ESTATE
 */
P2P_API int p2p_dht_provide(struct p2p_host *host,
                            const struct p2p_dht_want *want,
                            struct p2p_dht_query **out);

/**
 * Looks for those that provide what is under a key.
 * @param host borrows the host
 * @param want borrows key, enough, provider, done and user
 * @param out  set; good until done; may be NULL
 * @return 0, P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM, P2P_EINVAL, P2P_ESTATE
 */
P2P_API int p2p_dht_find_providers(struct p2p_host *host,
                                   const struct p2p_dht_want *want,
                                   struct p2p_dht_query **out);

/**
 * Ends a query: its callbacks are not called any more.
 * @param query takes the query; NULL is fine
 */
P2P_API void p2p_dht_cancel(struct p2p_dht_query *query);

/** What a host's part of a DHT has. */
struct p2p_dht_stats {
    uint32_t peers;     /**< in the routing table */
    uint32_t records;   /**< that are kept */
    uint32_t providers; /**< that are kept */
    uint32_t queries;   /**< that run */
};

/**
 * A snapshot of the counters; all zero if the host is part of no DHT.
 * @param host borrows the host
 * @param out  set
 * @param size sizeof *out
 */
P2P_API void p2p_dht_stats(const struct p2p_host *host,
                           struct p2p_dht_stats *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
