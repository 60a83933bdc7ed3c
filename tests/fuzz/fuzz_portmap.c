/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ports that gateways let in. By the first byte: a message of a gateway by PCP;
 * what one says by UPnP, as an answer to a search and as a page; or the leases,
 * of which each byte is what happens next, what a gateway says being the bytes
 * behind it.
 */
#include "must.h"
#include "portmap/internal.h"
#include "test_env.h"
#include "wire/addr_class.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *p;
    size_t left;
};

static uint8_t take(struct input *in)
{
    in->left -= in->left > 0 ? 1 : 0;
    return in->left > 0 ? *in->p++ : 0;
}

/* What is read can be asked for, and is the same then. */
static void message(const uint8_t *data, size_t size)
{
    static const struct p2p__addr from = {.family = 4, .ip = {10, 0, 0, 1}};
    struct p2p__slice in = p2p__slice_of(data, size);
    struct p2p__pcp_answer a, again;
    uint8_t buf[P2P__PCP_MAP_BYTES];
    uint32_t epoch;

    (void)p2p__pcp_read_announce(in, &epoch);
    if (p2p__pcp_read_map(in, &a) != 0) {
        return;
    }
    must(p2p__pcp_result_text(a.result)[0] != '\0');
    if (a.map.inner.port != 0) {
        p2p__pcp_write_map(buf, &from, &a.map);
        buf[1] |= 0x80;
        must(p2p__pcp_read_map(p2p__slice_of(buf, sizeof buf), &again) == 0);
        must(again.map.inner.udp == a.map.inner.udp &&
             again.map.inner.port == a.map.inner.port &&
             again.map.outer.port == a.map.outer.port &&
             p2p__addr_same_ip(&again.map.outer, &a.map.outer));
    }
}

static const struct p2p__addr gateway = {.family = 4, .ip = {10, 0, 0, 1}};

/* Whether a place is on the gateway, and can stand in a request. */
static void check_place(const struct p2p__igd_place *place)
{
    char out[P2P__IGD_REQUEST_BYTES];

    must(p2p__addr_same_ip(&place->at, &gateway) && place->at.port != 0);
    must(place->path[strcspn(place->path, " \r\n")] == '\0');
    must(p2p__igd_write_get(out, place) == strlen(out));
}

/* Reads a page in pieces of `step` bytes. */
static int read_page(struct p2p__http *h, struct p2p__slice in, size_t step)
{
    int rv = 0;

    p2p__http_init(h);
    while (in.len > 0 && rv == 0) {
        const size_t n = p2p__min(step, in.len);

        rv = p2p__http_rx(h, p2p__slice_of(in.p, n));
        p2p__slice_skip(&in, n);
    }
    return rv == 0 ? p2p__http_ended(h) : rv;
}

static void page(const uint8_t *data, size_t size)
{
    const struct p2p__igd_place from = {.at = gateway, .path = "/d.xml"};
    struct p2p__slice in = p2p__slice_of(data, size);
    struct p2p__igd_service all[P2P__PORTMAP_SERVICES];
    struct p2p__igd_place place;
    struct p2p__http h, again;
    char text[16];
    bool away;
    int rv;

    if (p2p__igd_read_answer(in, &gateway, &place) == 0) {
        check_place(&place);
    }
    rv = read_page(&h, in, SIZE_MAX);
    must(read_page(&again, in, 1) == rv && (rv != 0 || again.len == h.len));
    must(h.len <= P2P__CAP_PORTMAP_PAGE_BYTES);
    (void)p2p__igd_read_element(h.body, "errorCode", text, sizeof text);
    for (size_t n = p2p__portmap_page_read(&h, &from, all, &away); n > 0; n--) {
        check_place(&all[n - 1].control);
        must(p2p__igd_is_service(all[n - 1].type));
    }
    p2p__http_fini(&h);
    p2p__http_fini(&again);
}

/* Nobody is told of what cannot be reached, or is not ours to name. */
static void check(const struct p2p__leases *l, p2p_ns now)
{
    must(l->n <= P2P__CAP_PORTMAP_PORTS);
    for (size_t i = 0; i < l->n; i++) {
        const struct p2p__lease *row = &l->rows[i];

        must(!row->told || row->held);
        must(!row->told || (row->outer.family == 4 &&
                            p2p__addr_class(&row->outer) == P2P__ADDR_PUBLIC));
        must(!row->told || row->outer.port >= 1024 ||
             row->outer.port == row->inner.port);
    }
    must(l->asking || p2p__leases_deadline(l) > now);
}

static void answer(struct p2p__leases *l, struct input *in, p2p_ns now)
{
    struct p2p__portmap_answer a = {
        .outcome = (enum p2p__portmap_outcome)(take(in) % 6),
        .why = "why",
        .outer = {.family = 4}};

    a.unsure = a.outcome == P2P__PORTMAP_SILENT && take(in) % 2 == 0;

    if (!l->asking) {
        return;
    }
    if (a.outcome == P2P__PORTMAP_DONE) {
        for (size_t i = 0; i < 4; i++) {
            a.outer.ip[i] = take(in);
        }
        a.outer.port = (uint16_t)(take(in) << 8);
        a.outer.port = (uint16_t)(a.outer.port | take(in));
        a.lifetime_s = 1U << (take(in) % 32);
        a.has_epoch = true;
        a.epoch = take(in);
    }
    p2p__leases_answer(l, &a, now);
}

static void want(struct p2p__leases *l, struct input *in, p2p_ns now)
{
    struct p2p__portmap_port ports[20];
    const size_t n = take(in) % P2P__COUNT(ports);
    const uint8_t first = take(in);

    for (size_t i = 0; i < n; i++) {
        ports[i] = (struct p2p__portmap_port){
            .udp = i % 2 == 1, .port = (uint16_t)(first + i + 1)};
    }
    p2p__leases_want(l, ports, n, now);
}

static void step(struct p2p__leases *l, uint8_t what, struct input *in,
                 p2p_ns now)
{
    struct p2p__addr at = {.family = 4, .ip = {10, 0, 0, take(in)}};

    switch (what % 5) {
        case 0:
            want(l, in, now);
            break;
        case 1:
            at.family = at.ip[3] == 0 ? 0 : 4;
            p2p__leases_gateway(l, &at, now);
            break;
        case 2:
            p2p__leases_announced(l, take(in), now);
            break;
        case 3:
            if (take(in) == 0xff) {
                p2p__leases_stop(l);
            }
            break;
        default:
            answer(l, in, now);
            break;
    }
}

static void leases(const uint8_t *data, size_t size)
{
    struct input in = {.p = data, .left = size};
    struct p2p__portmap_order order;
    struct p2p__leases l;
    struct test_env env;
    p2p_ns now = 1;

    test_env_init(&env, 1);
    p2p__leases_init(&l, &(struct p2p__leases_cfg){.env = &env.env});
    while (in.left > 1) {
        step(&l, take(&in), &in, now);
        now = p2p__ns_after(now, P2P__SEC(1) << (take(&in) % 16));
        if (p2p__leases_next(&l, &order, now)) {
            must(order.inner.port != 0 && order.method < P2P__PORTMAP_METHODS);
        }
        check(&l, now);
        (void)p2p__leases_changed(&l);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && (data[0] & 1) != 0) {
        message(data + 1, size - 1);
    } else if (size > 0 && (data[0] & 2) != 0) {
        page(data + 1, size - 1);
    } else if (size > 0) {
        leases(data + 1, size - 1);
    }
    return 0;
}
