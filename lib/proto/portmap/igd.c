/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See igd.h. Whatever is written by a gateway is looked at byte by byte before
 * it stands in something that is sent. */
#include "proto/portmap/igd.h"

#include "base/text.h"

#define GROUP        "239.255.255.250"
#define URN          "urn:schemas-upnp-org:"
#define HTTP_PORT    80U
#define PLACE_CHARS  24U /* of an address and a port */
#define HEADER_CHARS 512U

size_t p2p__igd_write_search(char out[P2P__IGD_REQUEST_BYTES], unsigned which)
{
    static const char *const things[P2P__IGD_SEARCHES] = {
        URN "device:InternetGatewayDevice:1",
        URN "service:WANIPConnection:1",
        URN "service:WANPPPConnection:1",
        "upnp:rootdevice",
    };
    struct p2p__text t = {.p = out, .cap = P2P__IGD_REQUEST_BYTES};

    assert(which < P2P__IGD_SEARCHES);
    p2p__text_put(&t,
                  "M-SEARCH * HTTP/1.1\r\nHOST: " GROUP
                  ":%u\r\n"
                  "ST: %s\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n\r\n",
                  P2P__IGD_PORT, things[which]);
    return t.len;
}

/* A number of decimal digits up to `most`; whether there was one. */
static bool read_number(const char **text, unsigned most, unsigned *out)
{
    const char *p = *text;
    unsigned v = 0;

    while (*p >= '0' && *p <= '9' && v <= most) {
        v = v * 10 + (unsigned)(*p++ - '0');
    }
    if (p == *text || v > most || (**text == '0' && p != *text + 1)) {
        return false;
    }
    *text = p;
    *out = v;
    return true;
}

/* An IPv4 address, and perhaps a port; whether it was one. */
static bool read_host(const char **text, struct p2p__addr *out)
{
    unsigned v;

    *out = (struct p2p__addr){.family = 4, .port = HTTP_PORT};
    for (size_t i = 0; i < 4; i++) {
        if ((i > 0 && *(*text)++ != '.') || !read_number(text, 255, &v)) {
            return false;
        }
        out->ip[i] = (uint8_t)v;
    }
    if (**text != ':') {
        return true;
    }
    (*text)++;
    if (!read_number(text, UINT16_MAX, &v) || v == 0) {
        return false;
    }
    out->port = (uint16_t)v;
    return true;
}

/* The path of a URL: characters that mean nothing to HTTP. */
static int read_path(const char *text, char *out)
{
    const size_t len = strlen(text);

    if (len > P2P__CAP_PORTMAP_PATH_CHARS) {
        return P2P_ETOOBIG;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '#') {
            return P2P_EFORMAT; /* and what is no ASCII */
        }
    }
    memcpy(out, len > 0 ? text : "/", len > 0 ? len + 1 : sizeof "/");
    return 0;
}

int p2p__igd_read_url(const char *url, const struct p2p__addr *gateway,
                      struct p2p__igd_place *out)
{
    static const char scheme[] = "http://";

    if (strncmp(url, scheme, sizeof scheme - 1) != 0) {
        return P2P_EACCES;
    }
    url += sizeof scheme - 1;
    if (!read_host(&url, &out->at) || (*url != '/' && *url != '\0') ||
        !p2p__addr_same_ip(&out->at, gateway)) {
        return P2P_EACCES; /* a name, or a user's before it, or another one */
    }
    return read_path(url, out->path);
}

/* The value of a header in an answer, copied; false: there is none that fits.
 */
static bool read_header(struct p2p__slice in, const char *name, char *out)
{
    const size_t len = strlen(name);

    while (in.len > 0) {
        const uint8_t *end = memchr(in.p, '\n', in.len);
        const size_t n = end != NULL ? (size_t)(end - in.p) : in.len;
        size_t i = 0, k = 0;

        while (i < n && i < len && p2p__lower((char)in.p[i]) == name[i]) {
            i++;
        }
        if (i == len) {
            while (i < n && (in.p[i] == ' ' || in.p[i] == '\t')) {
                i++;
            }
            while (i < n && in.p[i] > ' ' && k < HEADER_CHARS) {
                out[k++] = (char)in.p[i++];
            }
            out[k] = '\0';
            return k < HEADER_CHARS;
        }
        p2p__slice_skip(&in, end != NULL ? n + 1 : n);
    }
    return false;
}

int p2p__igd_read_answer(struct p2p__slice in, const struct p2p__addr *gateway,
                         struct p2p__igd_place *out)
{
    static const char begin[] = "HTTP/1.1 200";
    char url[HEADER_CHARS + 1];

    if (in.len < sizeof begin - 1 ||
        memcmp(in.p, begin, sizeof begin - 1) != 0 ||
        !read_header(in, "location:", url)) {
        return P2P_EFORMAT;
    }
    return p2p__igd_read_url(url, gateway, out);
}

bool p2p__igd_is_service(const char *type)
{
    static const char *const kinds[] = {URN "service:WANIPConnection:",
                                        URN "service:WANPPPConnection:"};

    for (size_t i = 0; i < P2P__COUNT(kinds); i++) {
        const size_t n = strlen(kinds[i]);

        if (strncmp(type, kinds[i], n) == 0 && type[n] >= '1' &&
            type[n] <= '9' && type[n + 1] == '\0') {
            return true;
        }
    }
    return false;
}

static void put_head(struct p2p__text *t, const char *verb,
                     const struct p2p__igd_place *place)
{
    const uint8_t *ip = place->at.ip;

    p2p__text_put(t,
                  "%s %s HTTP/1.1\r\nHost: %u.%u.%u.%u:%u\r\n"
                  "User-Agent: libp2p UPnP/1.1\r\nConnection: close\r\n",
                  verb, place->path, ip[0], ip[1], ip[2], ip[3],
                  place->at.port);
}

size_t p2p__igd_write_get(char out[P2P__IGD_REQUEST_BYTES],
                          const struct p2p__igd_place *place)
{
    struct p2p__text t = {.p = out, .cap = P2P__IGD_REQUEST_BYTES};

    put_head(&t, "GET", place);
    p2p__text_put(&t, "\r\n");
    assert(t.len < t.cap);
    return t.len;
}

static void put_body(struct p2p__text *t, const char *type, const char *action,
                     const struct p2p__igd_arg *args)
{
    p2p__text_put(
        t,
        "<?xml version=\"1.0\"?>\r\n<s:Envelope "
        "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
        "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
        "<s:Body><u:%s xmlns:u=\"%s\">",
        action, type);
    for (; args->name != NULL; args++) {
        p2p__text_put(t, "<%s>%s</%s>", args->name, args->value, args->name);
    }
    p2p__text_put(t, "</u:%s></s:Body></s:Envelope>\r\n", action);
}

size_t p2p__igd_write_order(char out[P2P__IGD_REQUEST_BYTES],
                            const struct p2p__igd_service *service,
                            const char *action, const struct p2p__igd_arg *args)
{
    struct p2p__text t = {.p = out, .cap = P2P__IGD_REQUEST_BYTES};
    struct p2p__text body = {0}; /* counted alone */

    put_body(&body, service->type, action, args);
    put_head(&t, "POST", &service->control);
    p2p__text_put(&t,
                  "Content-Type: text/xml; charset=\"utf-8\"\r\n"
                  "SOAPAction: \"%s#%s\"\r\nContent-Length: %zu\r\n\r\n",
                  service->type, action, body.len);
    put_body(&t, service->type, action, args);
    assert(t.len < t.cap);
    return t.len;
}

/* Behind "<name>" or "<namespace:name>", which begins at a '<'; or NULL. */
static const char *behind(const char *at, const char *name)
{
    const size_t len = strlen(name);
    const char *end = at + 1 + strcspn(at + 1, "<> \t\r\n");
    const char *colon = memchr(at, ':', (size_t)(end - at));
    const char *own = colon != NULL ? colon + 1 : at + 1;

    if (at[1] == '/' || (size_t)(end - own) != len ||
        memcmp(own, name, len) != 0) {
        return NULL;
    }
    end += strcspn(end, "<>");
    return *end == '>' ? end + 1 : NULL;
}

bool p2p__igd_read_element(const char *page, const char *name, char *out,
                           size_t cap)
{
    assert(cap > 0);
    for (const char *at = page != NULL ? strchr(page, '<') : NULL; at != NULL;
         at = strchr(at + 1, '<')) {
        const char *text = behind(at, name);

        if (text != NULL) {
            size_t n;

            text += strspn(text, " \t\r\n");
            n = p2p__min(strcspn(text, "< \t\r\n"), cap - 1);
            memcpy(out, text, n);
            out[n] = '\0';
            return true;
        }
    }
    return false;
}
