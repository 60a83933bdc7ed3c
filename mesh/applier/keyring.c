/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See keyring.h. An item is read like one that came; what its kind and its
 * signer may not is refused, whoever asks. Revisions and control facts need the
 * role writer, statements the owner's key; their clock has to be near ours, so
 * that nobody gathers signatures for another day.
 */
#include "mesh/applier/keyring.h"

#include <assert.h>
#include <string.h>

#include "mesh/trust/fact.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/row.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"
#include "p2p/seal.h"

/* The Noise handshake signs this and a key of 32 bytes. */
#define NOISE  "noise-libp2p-static-key:"
#define PUBSUB "libp2p-pubsub:"
/* That of TLS and QUIC, once a start, this and a public key of the curve P-256:
 * SubjectPublicKeyInfo up to where the point begins, whose length is fixed. */
#define TLS                                                             \
    "libp2p-tls-handshake:\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d" \
    "\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"

/* One thing to be signed. */
struct asked {
    struct um_keyring *k;
    enum um_keyring_key which;
    const struct um_keyring_place *place;
    struct um_str domain;
    struct um_str payload;
    const char *why; /* not; NULL: it may be */
};

const struct p2p_key *um_keyring_get(const struct um_keyring *k,
                                     enum um_keyring_key which)
{
    switch (which) {
        case UM_KEYRING_NODE:
            return k->node;
        case UM_KEYRING_OWNER:
            return k->owner;
        case UM_KEYRING_NEXT:
            return k->next;
        case UM_KEYRING_OLD:
            break;
    }
    return k->old;
}

static bool take_part(struct um_str *in, struct um_str *out)
{
    uint64_t len;

    if (!um_pb_take_varint(in, &len) || len > in->len) {
        return false;
    }
    *out = um_str_head(*in, (size_t)len);
    *in = um_str_skip(*in, (size_t)len);
    return true;
}

/* Domain and payload of an envelope's text. */
static bool take_envelope(struct um_str text, struct asked *a)
{
    struct um_str type;

    return take_part(&text, &a->domain) && take_part(&text, &type) &&
           take_part(&text, &a->payload) && text.len == 0;
}

static bool is_near(const struct asked *a, uint64_t wall_ms)
{
    uint64_t now = a->place->wall_ms;

    return wall_ms + UM_KEYRING_SKEW_MS >= now &&
           wall_ms <= now + UM_KEYRING_SKEW_MS;
}

/* Of the mesh that this is, by the key that signs. */
static const char *check_place(const struct asked *a, const struct um_item *it)
{
    const struct p2p_key *key = um_keyring_get(a->k, a->which);
    struct um_name me;

    if (um_item_signer(key, &me) != 0 || !um_name_eq(&it->by, &me)) {
        return "it names another signer";
    }
    return a->place->roster == NULL                  ? "this node is in no mesh"
           : !um_name_eq(&it->mesh, &a->place->mesh) ? "it is of another mesh"
                                                     : NULL;
}

static const char *check_writer(const struct asked *a, const struct um_item *it,
                                uint64_t wall_ms)
{
    const char *why = check_place(a, it);

    if (why == NULL &&
        (um_roster_roles(a->place->roster, &it->by) & UM_WRITER) == 0) {
        why = "this node has not the role writer";
    }
    if (why == NULL && !is_near(a, wall_ms)) {
        why = "its clock is not ours";
    }
    return why;
}

/* Whether a mesh is being begun, with the revision that brings what stood
 * beside the first configuration. */
static bool is_second(const struct asked *a, const struct um_item *it,
                      const struct um_revision *r)
{
    return a->place->roster == NULL && a->place->fresh && r->number == 2 &&
           !um_name_none(&a->k->begun) && um_name_eq(&it->mesh, &a->k->begun) &&
           is_near(a, r->wall_ms);
}

static void may_revision(struct asked *a)
{
    struct um_revision r;
    struct um_item it;

    if (um_item_read(a->payload, UM_REVISION, &it) != 0 ||
        um_revision_decode(&it, &r) != 0) {
        a->why = "it is no revision";
    } else if (r.parents_n == 0) {
        a->why = a->place->roster == NULL && a->place->fresh
                     ? NULL
                     : "this node is in a mesh, and begins none";
    } else if (!is_second(a, &it, &r)) {
        a->why = check_writer(a, &it, r.wall_ms);
    }
}

/* The first revision of a mesh, which its owner signs. */
static void may_first(struct asked *a)
{
    may_revision(a);
    if (a->why == NULL && a->place->roster != NULL) {
        a->why = "an owner's key signs no revisions";
    }
}

static void may_fact(struct asked *a)
{
    struct um_fact f;
    struct um_item it;

    if (um_item_read(a->payload, UM_FACT, &it) != 0 ||
        um_fact_decode(&it, &f) != 0) {
        a->why = "it is no control fact";
    } else {
        a->why = check_writer(a, &it, f.wall_ms);
    }
}

static void may_row(struct asked *a)
{
    struct um_item it;

    a->why = um_item_read(a->payload, UM_ROW, &it) != 0 ? "it is no row"
                                                        : check_place(a, &it);
}

static const char *word_of(enum um_statement_what what)
{
    switch (what) {
        case UM_GENESIS:
            return "a genesis";
        case UM_GRANT:
            return "a grant";
        case UM_REVOKE:
            return "a revocation";
        case UM_SET:
            return "a label or a setting";
        case UM_VOID:
            break;
    }
    return "that revisions are void";
}

/* A mesh begins with its genesis, and what is said of it then. */
static const char *check_beginning(struct asked *a,
                                   const struct um_statement *s)
{
    if (a->place->roster != NULL || !a->place->fresh) {
        return "this node is in a mesh, and begins none";
    }
    if (s->what == UM_GENESIS) {
        a->k->begun = s->id;
        return NULL;
    }
    return um_name_none(&a->k->begun) || !um_name_eq(&s->mesh, &a->k->begun)
               ? "it is of another mesh"
               : NULL;
}

static void may_statement(struct asked *a)
{
    struct um_statement s;
    struct um_item it;

    if (um_item_read(a->payload, UM_STATEMENT, &it) != 0 ||
        um_statement_decode(&it, &s) != 0) {
        a->why = "it is no statement";
    } else if (!is_near(a, s.wall_ms)) {
        a->why = "its clock is not ours";
    } else if (a->place->roster == NULL || s.what == UM_GENESIS) {
        a->why = check_beginning(a, &s);
    } else {
        a->why = check_place(a, &it);
    }
    if (a->why == NULL) {
        um_log_line(a->k->log, UM_LOG_INFO, "signed as an owner: %s",
                    word_of(s.what));
    }
}

/* A node whose own key was made an owner's. */
static void may_own_word(struct asked *a)
{
    struct um_statement s;
    struct um_item it;

    if (um_item_read(a->payload, UM_STATEMENT, &it) != 0 ||
        um_statement_decode(&it, &s) != 0 || s.what == UM_GENESIS) {
        a->why = "it is no statement";
    } else {
        a->why = check_place(a, &it);
    }
    if (a->why == NULL && (um_roster_roles(a->place->roster, &it.by) &
                           (UM_OWNER | UM_ROOT)) == 0) {
        a->why = "this node's key is no owner's";
    }
    if (a->why == NULL && !is_near(a, s.wall_ms)) {
        a->why = "its clock is not ours";
    }
    if (a->why == NULL) {
        um_log_line(a->k->log, UM_LOG_INFO, "signed as an owner: %s",
                    word_of(s.what));
    }
}

/* What each key signs, by the domain of the envelope. */
static const struct {
    struct um_str domain;
    enum um_keyring_key which;
    void (*may)(struct asked *a); /* NULL: whatever it says */
} kinds[] = {
    {UM_STR_INIT("libp2p-peer-record"), UM_KEYRING_NODE, NULL},
    {UM_STR_INIT("libp2p-relay-rsvp"), UM_KEYRING_NODE, NULL},
    {UM_STR_INIT("unitmesh-revision"), UM_KEYRING_NODE, may_revision},
    {UM_STR_INIT("unitmesh-revision"), UM_KEYRING_OWNER, may_first},
    {UM_STR_INIT("unitmesh-fact"), UM_KEYRING_NODE, may_fact},
    {UM_STR_INIT("unitmesh-row"), UM_KEYRING_NODE, may_row},
    {UM_STR_INIT("unitmesh-roster"), UM_KEYRING_OWNER, may_statement},
    {UM_STR_INIT("unitmesh-roster"), UM_KEYRING_NODE, may_own_word},
};

static void may_envelope(struct asked *a)
{
    a->why = "nothing of that kind is signed";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (a->which == kinds[i].which &&
            um_str_eq(a->domain, kinds[i].domain)) {
            a->why = NULL;
            if (kinds[i].may != NULL) {
                kinds[i].may(a);
            }
            return;
        }
    }
}

/* Whether it is this, and so many bytes behind it. */
static bool is(struct um_str text, struct um_str begin, size_t rest)
{
    return text.len == begin.len + rest && um_str_starts(text, begin);
}

/* What the transport signs with a node's key, at each handshake and message. */
static bool is_transport(enum um_keyring_key which, struct um_str text)
{
    return which == UM_KEYRING_NODE &&
           (is(text, UM_STR(NOISE), 32) || is(text, UM_STR(TLS), 64) ||
            um_str_starts(text, UM_STR(PUBSUB)));
}

int um_keyring_sign(struct um_keyring *k, const struct um_keyring_text *t,
                    const struct um_keyring_place *p, uint8_t *sig,
                    size_t *sig_len)
{
    const struct p2p_key *key = um_keyring_get(k, t->which);
    struct asked a = {.k = k, .which = t->which, .place = p};

    if (key == NULL) {
        return P2P_ENOTFOUND;
    }
    if (t->bytes.len > UM__CAP_KEYRING_BYTES) {
        return P2P_ETOOBIG;
    }
    if (!is_transport(t->which, t->bytes)) {
        a.why = "it is nothing that is signed here";
        if (take_envelope(t->bytes, &a)) {
            may_envelope(&a);
        }
    }
    if (a.why != NULL) {
        um_log_line(k->log, UM_LOG_WARN, "the applier does not sign: %s",
                    a.why);
        return P2P_EACCES;
    }
    assert(a.why == NULL);
    return p2p_key_sign(key, t->bytes.p, t->bytes.len, sig, sig_len);
}

int um_keyring_open(struct um_keyring *k, enum um_keyring_key which,
                    struct um_str sealed, uint8_t *out)
{
    const struct p2p_key *key = um_keyring_get(k, which);

    if (key == NULL) {
        return P2P_ENOTFOUND;
    }
    if (sealed.len != UM_SEALED_SLOT_BYTES ||
        (which != UM_KEYRING_NODE && which != UM_KEYRING_OLD)) {
        return P2P_EACCES;
    }
    return p2p_seal_open(key, sealed.p, sealed.len, out);
}
