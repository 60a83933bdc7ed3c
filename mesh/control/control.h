/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Unit's control API on the document of a mesh. A request and what there is
 * (the document, this node, its Unit's modules) give an answer, and for a
 * change the new document; nothing is kept here, read or sent. The answer to a
 * mistake is Unit's own, byte for byte: the configuration that this node would
 * run is put to a stand-in in memory, for which everything binds and starts.
 * docs/reference/rest-config.md is its page.
 *
 * Answered here: /config, /certificates, /js_modules, /mesh/overlays,
 * /mesh/variables, /mesh/probes. All else is the caller's: "/", /status and
 * /control are this node's Unit.
 */
#ifndef UM_CONTROL_CONTROL_H
#define UM_CONTROL_CONTROL_H

#include "mesh/doc/meshdoc.h"
#include "mesh/standin/standin.h"

/** Bytes of a request's path; 414 above it. */
#define UM__CAP_CONTROL_PATH_BYTES 2048U

/** Bytes of X-Message, as of a revision's message; 400 above it. */
#define UM__CAP_CONTROL_MESSAGE_BYTES 1024U

/** Bytes of Idempotency-Key; 400 above it. */
#define UM__CAP_CONTROL_KEY_BYTES 255U

/** Bytes of a certificate bundle, the content of a sealed object; 413. */
#define UM__CAP_CONTROL_CERTIFICATE_BYTES (256U * 1024)

/** Bytes of a secret variable's value, compact; 413 above it. */
#define UM__CAP_CONTROL_SECRET_BYTES (256U * 1024)

/** Bytes of a script's source; 413 above it. */
#define UM__CAP_CONTROL_SCRIPT_BYTES (1024U * 1024)

/** Lines that the answer to a dry run shows; the rest is counted. */
#define UM__CAP_CONTROL_CHANGES 1000U

/** This node, as its configuration is made and checked; all borrowed. */
struct um_control_node {
    struct um_node_facts facts;
    const struct um_secrets *secrets; /**< NULL: none can be opened */
    enum um_standin_flavour flavour;  /**< which Unit runs here */
    bool njs;                         /**< it has JavaScript */
    const char *modules_json; /**< its /status/modules; NULL: not known, then
                                   each language is taken to be there */
};

/** What stands beside the document under its hash. */
struct um_control_vault {
    void *user;
    /**
     * Reads an opened certificate bundle, or a script.
     * @param hash as it stands in the document
     * @param out appended to; the caller forgets it soon
     * @return 0, or an error: it is known by name only
     */
    int (*read)(void *user, enum um_bundle_kind kind, struct um_str hash,
                struct um_buf *out);
};

/** What a request meets; all borrowed. */
struct um_control_state {
    const struct um_val *document; /**< one that um_meshdoc_init takes */
    struct um_str revision;        /**< its name, as entity tags show it */
    bool require; /**< a change has to say to which revision it is made */
    const struct um_control_node *node;   /**< for whom the configuration is
                                               checked and shown; NULL: for
                                               nobody, its shape alone */
    const struct um_control_vault *vault; /**< NULL: nothing can be read */
};

/** A request; all borrowed. A header that is not there has p NULL. */
struct um_control_request {
    struct um_str method;
    struct um_str path; /**< as sent; a query behind it is not looked at */
    bool dry_run;       /**< ?dry-run */
    bool effective;     /**< ?effective: what the node of the state runs */
    bool secret;        /**< ?secret: a variable whose value is sealed */
    struct um_str content_type;
    struct um_str accept;
    struct um_str if_match;
    struct um_str if_none_match;
    struct um_str message;         /**< X-Message */
    struct um_str idempotency_key; /**< Idempotency-Key */
    struct um_str body;
    struct um_str sealed; /**< the hash of the object that UM_CONTROL_SEAL
                               asked for: 64 hexadecimal digits */
};

/** What is to be done. */
enum um_control_kind {
    UM_CONTROL_ELSEWHERE, /**< the path is not one of these: the caller's */
    UM_CONTROL_ANSWER,    /**< send the answer */
    UM_CONTROL_CHANGE,    /**< keep the document, then send the answer */
    UM_CONTROL_SEAL,      /**< seal bytes, then ask again with their hash */
    UM_CONTROL_ADOPT,     /**< POST /config: ask this node's Unit what it runs,
                               then um_control_adopt */
};

/** What came of a request. */
struct um_control_answer {
    enum um_control_kind kind;
    unsigned status;  /**< of HTTP */
    const char *type; /**< Content-Type; NULL: there is no body */
    struct um_str body;
    struct um_str etag;       /**< of a GET of what the document alone says,
                                   with its quotes; else empty */
    const char *allow;        /**< methods, with a 405; else NULL */
    const char *accept_patch; /**< Accept-Patch, with a 405; else NULL */

    bool dry_run;   /**< nothing is to be changed: the kind is ANSWER (or ADOPT,
                         which has to look at it); document and summary say what
                         would be, but for a certificate that is not sealed */
    bool unchanged; /**< the change changes nothing: ANSWER */
    struct um_str document;         /**< the new one, compact */
    uint8_t hash[P2P_SHA256_BYTES]; /**< its name */
    struct um_str summary; /**< a line: what changed; a revision's message */
    bool has_script;       /**< bytes is a script, to be kept as the document
                                names it: by its hash */
    struct um_str name;    /**< SEAL: of the object: "certificates/NAME" or
                                "variables/NAME" */
    struct um_str bytes;   /**< what is to be sealed, or kept: the body, or of a
                                variable its value, compact */
    uint8_t request[P2P_SHA256_BYTES]; /**< of method, path, choices and body:
                                            tells two requests of one
                                            Idempotency-Key apart */
};

/**
 * Answers a request.
 * @param a where the answer is made; the caller's, valid as long as it
 * @param out always a whole answer; 500 if memory is out
 */
void um_control_answer(struct um_arena *a, const struct um_control_state *state,
                       const struct um_control_request *req,
                       struct um_control_answer *out);

/**
 * Whether a Unit like the state's node takes what that node makes of a
 * document; for documents that no request made.
 * @return 0, P2P_EFORMAT (it does not, or that is no document), P2P_ENOMEM
 */
int um_control_check(const struct um_control_state *state,
                     struct um_str document);

/**
 * What there is to be said of a document that comes in the place of the
 * state's, and that no request made.
 * @param out an array of texts for people, in the arena; empty: there are none
 * @return 0, P2P_EFORMAT (that is no document), P2P_ENOMEM
 */
int um_control_warnings(struct um_arena *a,
                        const struct um_control_state *state,
                        const struct um_val *document, struct um_val *out);

/** What this node's Unit showed; texts of GET /config, borrowed. */
struct um_control_unit {
    struct um_str config;  /**< now */
    struct um_str applied; /**< when it had taken what this node last applied;
                                p NULL: nothing was, config is the new base */
};

/**
 * Answers a request that asks to adopt (UM_CONTROL_ADOPT), now that the Unit
 * was asked: what was changed there since this node applied something is
 * changed in the base; 409 where an overlay or a variable has a say in it. Any
 * other request is answered as by um_control_answer.
 */
void um_control_adopt(struct um_arena *a, const struct um_control_state *state,
                      const struct um_control_request *req,
                      const struct um_control_unit *unit,
                      struct um_control_answer *out);

#endif
