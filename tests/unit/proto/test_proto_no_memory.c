/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of AutoNAT, identify, mDNS and rendezvous fails once:
 * nothing is lost. */
#include "failing_mem.h"
#include "ident/record.h"
#include "proto/autonat/books.h"
#include "proto/autonat/client_v2.h"
#include "proto/autonat/server_v2.h"
#include "proto/identify/reader.h"
#include "proto/identify/writer.h"
#include "proto/mdns/service.h"
#include "proto/ask/ask.h"
#include "proto/rendezvous/server.h"
#include "test_env.h"
#include "unit.h"

static struct p2p_key *key;

static void peer_of_key(struct p2p__identify_peer *peer)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);
    struct p2p_peer_id id;

    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &id), 0);
    p2p__identify_peer_init(peer, &id);
}

/* Tells, in small pieces, and hears. */
static int tell(struct p2p__identify_self *self, struct p2p__quota *quota)
{
    struct p2p__identify_peer peer;
    struct p2p__identify_writer_cfg says = {.self = self};
    struct p2p__identify_reader_cfg hears = {.peer = &peer, .quota = quota};
    struct p2p__identify_writer w;
    struct p2p__identify_reader r;
    int rv = 0, ended = 0;

    peer_of_key(&peer);
    p2p__identify_writer_init(&w, &says, 0);
    p2p__identify_reader_init(&r, &hears, 0);
    while (rv == 0 && ended == 0) {
        uint8_t buf[100];
        struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};
        struct p2p__slice in;

        ended = p2p__identify_writer_tx(&w, &out, 0);
        in = p2p__slice_of(buf, out.len);
        rv = p2p__identify_reader_rx(&r, &in, 0);
    }
    rv = rv == 0 ? p2p__identify_reader_fin(&r, 0) : rv;
    assert_true(rv != 0 || p2p__identify_reader_next(&r) != NULL);
    p2p__identify_writer_fini(&w);
    p2p__identify_reader_fini(&r);
    return rv;
}

static int identify(void *arg)
{
    static const char *const protocols[] = {"/a", "/b"};
    static struct p2p_multiaddr addrs[40];
    struct test_env env;
    struct p2p__quota quota;
    struct p2p__identify_self self;
    struct p2p__identify_content content = {
        .addrs = addrs, .protocols = protocols, .n_protocols = 1};
    int rv;

    (void)arg;
    for (size_t i = 0; i < P2P__COUNT(addrs); i++) {
        static const char text[] = "/ip6/2001:db8::1/tcp/4901";

        assert_int_equal(
            p2p_multiaddr_from_text(text, sizeof text - 1, &addrs[i]), 0);
    }
    test_env_init(&env, 1);
    p2p__quota_init(&quota, NULL, "stream");
    p2p__identify_self_init(&self, key, "agent", &env.env);
    rv = p2p__identify_self_set(&self, &content);
    if (rv == 1) {
        const struct p2p__slab *before = self.message;

        content.n_protocols = 2;
        content.n_addrs = P2P__COUNT(addrs);
        rv = p2p__identify_self_set(&self, &content);
        assert_true(rv == 1 || self.message == before);
        rv = rv == 1 ? tell(&self, &quota) : rv;
    }
    p2p__identify_self_fini(&self);
    p2p__quota_fini(&quota);
    return rv;
}

static void test_identify_survives_every_failure(void **state)
{
    (void)state;
    assert_true(failing_mem_each(identify, NULL) > 5);
}

static int no_ifaces(struct p2p__ifaces *ifaces, struct p2p__iface *at,
                     size_t cap)
{
    (void)ifaces;
    (void)at;
    (void)cap;
    return 0;
}

static struct p2p__udp *no_udp(struct p2p__net *net, const struct p2p__addr *at,
                               bool shared, const struct p2p__udp_cb *cb,
                               void *user, int *err)
{
    (void)net;
    (void)at;
    (void)shared;
    (void)cb;
    (void)user;
    *err = P2P_ENOMEM;
    return NULL;
}

static int mdns(void *arg)
{
    struct test_env env;
    struct p2p__net net = {.udp = no_udp};
    struct p2p__ifaces ifaces = {.list = no_ifaces};
    struct p2p__runq runq;
    struct p2p__identify_peer peer;
    struct p2p__mdns_service_cfg cfg = {
        .core = {.forms = P2P__MDNS_TODAY, .env = &env.env},
        .net = &net,
        .ifaces = &ifaces,
        .runq = &runq};
    struct p2p__mdns_service *s;
    int rv;

    (void)arg;
    test_env_init(&env, 1);
    p2p__runq_init(&runq, NULL);
    peer_of_key(&peer);
    cfg.core.self = peer.id;
    rv = p2p__mdns_service_new(&cfg, 1, &s);
    p2p__mdns_service_free(s);
    return rv;
}

static void test_mdns_survives_every_failure(void **state)
{
    (void)state;
    assert_int_equal(failing_mem_each(mdns, NULL), 1);
}

/* What a point says to one request, in small pieces. */
static int point_says(struct p2p__rendezvous_registry *registry,
                      const struct p2p__rendezvous_msg *request)
{
    const struct p2p__addr at = {.family = 4, .ip = {8}};
    struct p2p__identify_peer self;
    struct p2p__ask_cfg asks = {.cap = P2P__CAP_RENDEZVOUS_ANSWER_BYTES,
                                .timeout = P2P__RENDEZVOUS_TIMEOUT};
    struct p2p__rendezvous_server_cfg answers = {.registry = registry};
    struct p2p__ask c;
    struct p2p__rendezvous_server s;
    uint8_t buf[512];
    struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};
    struct p2p__slice in;
    int rv = p2p__rendezvous_request(request, &asks.request);

    if (rv != 0) {
        return rv;
    }
    peer_of_key(&self);
    answers.who = &(struct p2p__fair_who){&self.id, &at};
    p2p__rendezvous_server_init(&s, &answers, 0);
    p2p__ask_init(&c, &asks, 0);
    (void)p2p__ask_tx(&c, &out, 0);
    for (size_t i = 0; rv == 0 && i < out.len; i++) {
        in = p2p__slice_of(buf + i, 1);
        rv = p2p__serve_rx(&s.serve, &in, 0);
    }
    if (rv == 0) {
        out = (struct p2p__outbuf){.p = buf, .cap = sizeof buf};
        (void)p2p__serve_tx(&s.serve, &out, 0);
        in = p2p__slice_of(buf, out.len);
        rv = p2p__ask_rx(&c, &in, 0);
    }
    assert_true(rv != 0 || p2p__ask_next(&c, &in));
    p2p__serve_fini(&s.serve);
    p2p__ask_fini(&c);
    return rv;
}

static int rendezvous(void *arg)
{
    const struct p2p__rendezvous_registry_cfg cfg = {.seed = {1, 2}};
    const struct p2p__record_content content = {.seq = 1};
    struct p2p__rendezvous_registry registry;
    struct p2p__rendezvous_msg in = {.type = P2P__RENDEZVOUS_REGISTER,
                                     .ns = p2p__slice_of("a", 1)};
    struct p2p__rendezvous_msg find = {.type = P2P__RENDEZVOUS_DISCOVER};
    uint8_t record[512];
    int rv = p2p__record_seal(key, &content, record, sizeof record);

    (void)arg;
    if (rv < 0) {
        return rv;
    }
    in.record = p2p__slice_of(record, (size_t)rv);
    p2p__rendezvous_registry_init(&registry, &cfg);
    rv = point_says(&registry, &in);
    rv = rv == 0 ? point_says(&registry, &find) : rv;
    p2p__rendezvous_registry_fini(&registry);
    return rv;
}

static void test_rendezvous_survives_every_failure(void **state)
{
    (void)state;
    assert_true(failing_mem_each(rendezvous, NULL) > 5);
}

/* A request byte by byte, to a server that notes who asks. */
static int autonat_asks(struct p2p__autonat_books *books)
{
    static const struct p2p_multiaddr ma = {.len = 2, .bytes = {6, 1}};
    const struct p2p__autonat_client_v2_cfg cfg = {
        .addrs = &ma, .n_addrs = 1, .nonce = 1};
    const struct p2p__addr from = {.family = 4, .ip = {8}};
    struct p2p__autonat_work work = {0};
    struct p2p__autonat_server_v2 s;
    struct p2p__autonat_client_v2 c;
    struct p2p__identify_peer self;
    uint8_t buf[64];
    struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};
    int rv = p2p__autonat_client_v2_init(&c, &cfg, 0);

    peer_of_key(&self);
    p2p__autonat_server_v2_init(&s, &cfg.talk, 0);
    if (rv == 0) {
        rv = p2p__autonat_client_v2_tx(&c, &out, 0);
    }
    for (size_t i = 0; rv == 0 && i < out.len; i++) {
        const struct p2p__slice in = p2p__slice_of(buf + i, 1);

        rv = p2p__autonat_server_v2_rx(&s, &in, 0);
    }
    if (rv == 0) {
        rv = p2p__autonat_books_begin(
            books, &(struct p2p__fair_who){&self.id, &from}, &work, 0);
        p2p__autonat_books_end(books, &work);
    }
    p2p__autonat_server_v2_fini(&s);
    p2p__autonat_client_v2_fini(&c);
    return rv;
}

static int autonat(void *arg)
{
    static const uint64_t seed[2] = {1, 2};
    const struct p2p__autonat_limits limits = {0};
    struct p2p__autonat_books books;
    int rv;

    (void)arg;
    p2p__autonat_books_init(&books, &limits, seed);
    rv = autonat_asks(&books);
    p2p__autonat_books_fini(&books);
    return rv;
}

static void test_autonat_survives_every_failure(void **state)
{
    (void)state;
    assert_true(failing_mem_each(autonat, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_autonat_survives_every_failure),
        cmocka_unit_test(test_rendezvous_survives_every_failure),
        cmocka_unit_test(test_identify_survives_every_failure),
        cmocka_unit_test(test_mdns_survives_every_failure),
    };
    const uint8_t seed[32] = {1};
    int rv;

    if (p2p_key_from_seed(seed, &key) != 0) {
        return 1;
    }
    rv = cmocka_run_group_tests(tests, NULL, NULL);
    p2p_key_free(key);
    return rv;
}
