/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a gateway's description says, as miniupnpc reads it: it knows what
 * routers make of one. What it makes of it is looked at here before anything
 * is sent there. */
#include <miniupnpc/miniupnpc.h>
#include <stdio.h>

#include "portmap/internal.h"

/* A place as a URL. */
#define URL_CHARS (P2P__CAP_PORTMAP_PATH_CHARS + 32U)

static void write_url(const struct p2p__igd_place *place, char out[URL_CHARS])
{
    const uint8_t *ip = place->at.ip;

    (void)snprintf(out, URL_CHARS, "http://%u.%u.%u.%u:%u%s", ip[0], ip[1],
                   ip[2], ip[3], place->at.port, place->path);
}

/* Where data->first takes orders: 0, or a code of p2p__igd_read_url(). */
static int read_place(struct IGDdatas *data, const struct p2p__igd_place *from,
                      struct p2p__igd_place *out)
{
    struct UPNPUrls urls = {0};
    char url[URL_CHARS];
    int rv = P2P_ENOMEM;

    write_url(from, url);
    GetUPNPUrls(&urls, data, url, 0);
    if (urls.controlURL != NULL) {
        rv = p2p__igd_read_url(urls.controlURL, &from->at, out);
    }
    FreeUPNPUrls(&urls);
    return rv;
}

size_t p2p__portmap_page_read(
    const struct p2p__http *page, const struct p2p__igd_place *from,
    struct p2p__igd_service out[P2P__PORTMAP_SERVICES], bool *away)
{
    struct IGDdatas data = {0};
    size_t n = 0;

    *away = false;
    if (page->len == 0) {
        return 0;
    }
    parserootdesc(page->body, (int)page->len, &data);
    for (size_t i = 0; i < P2P__PORTMAP_SERVICES; i++) {
        if (i > 0) {
            data.first = data.second;
        }
        if (!p2p__igd_is_service(data.first.servicetype) ||
            data.first.controlurl[0] == '\0') {
            continue;
        }
        if (read_place(&data, from, &out[n].control) != 0) {
            *away = true;
            continue;
        }
        (void)snprintf(out[n].type, sizeof out[n].type, "%.63s",
                       data.first.servicetype);
        n++;
    }
    return n;
}
