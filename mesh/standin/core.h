/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The stand-in's inside, shared by its files: connections, the queue of
 * requests, the running state.
 */
#ifndef UM_STANDIN_CORE_H
#define UM_STANDIN_CORE_H

#include "mesh/standin/standin.h"
#include "mesh/standin/check.h"
#include "mesh/standin/head.h"
#include "mesh/standin/modules.h"
#include "mesh/standin/store.h"

/** A list link; a list is a link to itself. */
struct um_slink {
    struct um_slink *next;
    struct um_slink *prev;
};

/** Makes l a list, or a link that is on none. */
static inline void um_slink_init(struct um_slink *l)
{
    l->next = l->prev = l;
}

/** True if l is an empty list, or a link that is on none. */
static inline bool um_slink_alone(const struct um_slink *l)
{
    return l->next == l;
}

/** Takes l off its list, if it is on one. */
static inline void um_slink_remove(struct um_slink *l)
{
    l->next->prev = l->prev;
    l->prev->next = l->next;
    um_slink_init(l);
}

/** Puts l at the end of a list. */
static inline void um_slink_append(struct um_slink *list, struct um_slink *l)
{
    l->prev = list->prev;
    l->next = list;
    list->prev->next = l;
    list->prev = l;
}

/** The structure that a link is embedded in. */
#define UM_SLINK_OF(link, type, field) \
    ((type *)(void *)((char *)(link)-offsetof(type, field)))

/** A document and its memory. */
struct um_sdoc {
    struct um_arena arena;
    struct um_sval root;
};

/** Methods that mean something. */
enum um_smethod {
    UM_SMETHOD_GET,
    UM_SMETHOD_PUT,
    UM_SMETHOD_POST,
    UM_SMETHOD_DELETE,
    UM_SMETHOD_OTHER,
};

/** Where a connection is. */
enum um_sconn_state {
    UM_SCONN_HEAD,   /**< reads the head */
    UM_SCONN_BODY,   /**< reads the body */
    UM_SCONN_WAIT,   /**< the request waits or is carried out */
    UM_SCONN_MUTE,   /**< will never be answered */
    UM_SCONN_ANSWER, /**< has output */
    UM_SCONN_CLOSED, /**< is to be closed without a word */
    UM_SCONN_DONE,   /**< its output was taken */
};

/** A connection to the control API; it lives as long as its request. */
struct um_standin_conn {
    struct um_standin *s;
    struct um_slink all;
    struct um_slink queue; /**< on waiting, when its request waits */
    struct um_slink ready; /**< on ready, when it has output */
    enum um_sconn_state state;
    struct um_standin_peer peer;
    bool gone; /**< nobody is at the other end any more */
    void *user;
    struct um_buf in; /**< head and body, as read */
    size_t head_len;
    uint64_t body_len; /**< announced */
    bool body_apart;   /**< Unit has moved the body to a buffer of its size */
    enum um_smethod method;
    struct um_buf path;
    struct um_buf out;
    bool is_get;
};

/** A listener that is open. */
struct um_slistener {
    struct um_slink link;
    struct um_addr addr;
    bool claimed; /**< during an apply: the new configuration has it too */
    bool fresh;   /**< during an apply: was opened for it */
    bool closed;  /**< removed, but still taken until free_at_ns */
    uint64_t free_at_ns;
    size_t name_len;
    char name[];
};

/** An application that runs. */
struct um_sapp {
    struct um_slink link;
    uint64_t running;
    struct um_str name;
    struct um_str conf; /**< compact */
    struct um_buf room; /**< holds both */
};

/** A change that is being applied. */
struct um_sapply {
    bool active;
    struct um_standin_conn *conn;
    struct um_sdoc doc;
    uint64_t done_ns;
};

/** A stand-in. */
struct um_standin {
    struct um_standin_cfg cfg;
    struct um_smodules modules;
    struct um_sdoc conf;
    struct um_sstore certs;
    struct um_sstore scripts;
    struct um_slink conns;
    size_t conn_count;
    struct um_slink waiting;
    struct um_slink ready;
    struct um_sapply apply;
    struct um_slink listeners;
    struct um_slink apps;
    struct um_buf log_path; /**< of the access log that is open */
    struct um_standin_traffic traffic;
};

/** Is this one of the names? */
bool um_snames_have(const struct um_standin_names *names, struct um_str name);

/** @name standin_reply.c: answers */
/**@{*/
/** Answers with a value. */
void um_sreply_value(struct um_standin_conn *c, const struct um_sval *v,
                     const struct um_standin_time *now);
/** Answers 200 and a word of success. */
void um_sreply_success(struct um_standin_conn *c, const char *title,
                       const struct um_standin_time *now);
/** What an error says; all but title may be left zero. */
struct um_serror {
    int status;
    const char *title;
    struct um_str detail;
    bool has_offset;
    size_t offset;
    size_t line; /**< 0: neither line nor column */
    size_t column;
    bool has_pointer;
    struct um_str pointer;
    struct um_str suggestion;
};
/** Answers with an error. */
void um_sreply_error(struct um_standin_conn *c, const struct um_serror *e,
                     const struct um_standin_time *now);
/** Answers with an error that is only a title. */
void um_sreply_title(struct um_standin_conn *c, int status, const char *title,
                     const struct um_standin_time *now);
/** Closes without an answer. */
void um_sreply_nothing(struct um_standin_conn *c);
/**@}*/

/** @name standin_conn.c: connections */
/**@{*/
/** Cuts all connections whose request is not answered yet. */
void um_sconn_cut_all(struct um_standin *s);
/** The body that was read. */
struct um_str um_sconn_body(const struct um_standin_conn *c);
/** The request is done with the connection; frees it if nobody is there. */
void um_sconn_settle(struct um_standin_conn *c);
/**@}*/

/** @name standin_dispatch.c: what a request asks for */
/**@{*/
/** Carries a complete request out, or lets it wait. */
void um_sdispatch_run(struct um_standin_conn *c,
                      const struct um_standin_time *now);
/** Carries out what waits, in order, until something has to wait again. */
void um_sdispatch_waiting(struct um_standin *s,
                          const struct um_standin_time *now);
/** True if a request that changes or asks the router has to wait. */
bool um_sdispatch_busy(const struct um_standin *s);
/** Puts a request at the end of the queue. */
void um_sdispatch_wait(struct um_standin_conn *c);
/**@}*/

/** @name standin_config.c, standin_files.c, standin_status.c: the resources */
/**@{*/
/** /config; path begins with a slash. */
void um_sconfig_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now);
/** An apply has run its time. */
void um_sconfig_applied(struct um_standin *s,
                        const struct um_standin_time *now);
/** Checks a document as a configuration; says why not in ck. */
int um_sconfig_check(struct um_standin *s, const struct um_sval *root,
                     struct um_scheck *ck);
/** /certificates; path begins with a slash. */
void um_scert_request(struct um_standin_conn *c, struct um_str path,
                      const struct um_standin_time *now);
/** /js_modules; path begins with a slash. */
void um_sscript_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now);
/** /status; path begins with a slash. */
void um_sstatus_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now);
/** What /status shows, in an arena; false if memory is out. */
bool um_sstatus_value(const struct um_standin *s, struct um_arena *a,
                      struct um_sval *out);
/** /control/…; path is what follows that. */
void um_scontrol_request(struct um_standin_conn *c, struct um_str path,
                         const struct um_standin_time *now);
/**@}*/

/** @name standin_apply.c: listeners, applications, the log */
/**@{*/
/**
 * Makes the world follow a configuration that was checked.
 * @return 0, or a negative error: nothing has changed then
 */
int um_sapply_conf(struct um_standin *s, const struct um_sval *root,
                   uint64_t now_ns);
/** Closes all listeners, forgets all applications. */
void um_sapply_stop(struct um_standin *s);
/** When a listener that is closing is free, or UM_STANDIN_NEVER. */
uint64_t um_sapply_deadline(const struct um_standin *s);
/** Lets go of listeners whose time has come. */
void um_sapply_expire(struct um_standin *s, uint64_t now_ns);
/**@}*/

/** @name standin_state.c: what is kept on disk */
/**@{*/
/** Loads certificates, modules and the configuration, and applies it. */
int um_sstate_load(struct um_standin *s, bool can_apply,
                   const struct um_standin_time *now);
/** Writes the configuration in force. */
void um_sstate_save(struct um_standin *s);
/** The process died: connections are cut, the configuration is read again. */
void um_sstate_crash(struct um_standin *s, const struct um_standin_time *now);
/**@}*/

/** Forgets a document and makes it null. */
void um_sdoc_reset(struct um_sdoc *doc);

#endif
