/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What `unitmesh run` is told by its flags, its environment and its
 * settings file. */
#ifndef UM_APP_SETTINGS_H
#define UM_APP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <p2p/autonat.h>

#include "mesh/app/given.h"

#define UM_SETTINGS_LIST_MAX UM_GIVEN_MAX

/** The levels of the log, by enum um_log_level. */
#define UM_SETTINGS_LEVELS 5
extern const char *const um_settings_levels[UM_SETTINGS_LEVELS];

/** The modules of discovery. */
enum um_discovery {
    UM_DISCOVERY_MDNS = 1,
    UM_DISCOVERY_BOOTSTRAP = 2,
    UM_DISCOVERY_RENDEZVOUS = 4,
    UM_DISCOVERY_DEFAULT = 7,
    UM_DISCOVERY_DHT = 8
};

/** Where an embedded stand-in listens, if nobody says. */
#define UM_SETTINGS_UNIT_LISTEN "127.0.0.1:0"

/** How the daemon runs. Texts are borrowed from argv or the environment, or are
 * those of `given`. */
struct um_settings {
    struct um_given given; /**< by whom, and where */
    char state[512];       /**< the folder of node.key and the lock */
    char control[108];     /**< the REST socket */
    const char *listen[UM_SETTINGS_LIST_MAX]; /**< multiaddrs */
    char listen_default[64];                  /**< the first, if nobody says */
    size_t n_listen;
    const char *peers[UM_SETTINGS_LIST_MAX]; /**< multiaddrs to keep */
    size_t n_peers;
    const char *relays[UM_SETTINGS_LIST_MAX]; /**< multiaddrs with /p2p/ID */
    size_t n_relays;
    const char *entries[UM_SETTINGS_LIST_MAX]; /**< multiaddrs to begin with */
    size_t n_entries;
    const char *bind;        /**< the address of the ports below, and of *:PORT
                                  listeners of the embedded Unit */
    char rest[64];           /**< ADDR:PORT of REST over TCP; "": none */
    const char *unit;        /**< unix:PATH, http://HOST:PORT, embedded, none */
    const char *unit_listen; /**< of the embedded stand-in */
    const char *unit_modules;  /**< a file: its language modules */
    const char *unit_flavour;  /**< "unit" or "freeunit" */
    const char *unit_log;      /**< Unit's log file */
    const char *scratch_unit;  /**< a unitd to try documents on; NULL: none */
    const char *policy;        /**< the file of this node's policy */
    const char *join_file;     /**< a code, for who is in no mesh; NULL: none */
    const char *metrics_token; /**< the file of a scraper's token; NULL: none */
    const char *read_token;    /**< likewise, of who may read */
    const char *applier;       /**< the socket of one that others start; NULL */
    const char *user;          /**< whom it becomes; NULL: nobody is named */
    bool confine;              /**< gives up what it does not need */
    int drift;                 /**< enum um_drift_policy */
    unsigned test_speed;       /**< what the model's spans are divided by */
    const char *name;          /**< of this daemon, for several on a host */
    int log_level;
    int log_format; /**< enum um_journal_format */
    bool article;
    bool portmap;       /**< the gateway is asked to let peers in */
    unsigned discovery; /**< of enum um_discovery */
    bool no_mdns; /**< whatever `discovery` says, which has no mdns then */
    bool ui;      /**< the page, and logins */
    /** Whether others reach it from outside; unknown: members find out. */
    enum p2p_reachability reach;
};

/**
 * Reads flags, environment and file. Mistakes begin with argv[0].
 * @return 0: until um_settings_fini(); 1 when --help was printed; 2 when
 *         something is wrong, said on stderr
 */
int um_settings_parse(struct um_settings *s, int argc, char **argv);

/**
 * Reads environment and file alone. What is wrong does not hold, the rest does.
 * @param file     NULL: the usual one
 * @param name     of the daemon; NULL: it has none
 * @param complain takes each mistake; NULL: nobody is told
 * @return 0, or 2: something is wrong; in either case until um_settings_fini()
 */
int um_settings_look(struct um_settings *s, const char *file, const char *name,
                     void (*complain)(void *user, const char *line),
                     void *user);

/** Frees what is theirs; texts of theirs are gone then. */
void um_settings_fini(struct um_settings *s);

/**
 * The REST socket of a daemon that runs as we do with no flag but its name.
 * @param name borrows; NULL: it has none
 * @param out  set, "" when the path is too long for a socket, or it is named by
 *             what is no name
 * @param cap  bytes of room
 */
void um_settings_socket(const char *name, char *out, size_t cap);

/** The state folder of such a daemon; "" when it is named by what is no name.
 */
void um_settings_state(const char *name, char *out, size_t cap);

#endif
