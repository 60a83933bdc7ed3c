/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a gateway of UPnP says, and what is said to it. */
#include <stdio.h>

#include "proto/portmap/igd.h"
#include "unit.h"

static const struct p2p__addr gateway = {.family = 4, .ip = {10, 77, 1, 254}};

static int read_url(const char *url)
{
    struct p2p__igd_place place;

    return p2p__igd_read_url(url, &gateway, &place);
}

static void test_a_place_is_on_the_gateway(void **state)
{
    struct p2p__igd_place place;

    (void)state;
    assert_int_equal(p2p__igd_read_url("http://10.77.1.254:5000/d.xml?x=1",
                                       &gateway, &place),
                     0);
    assert_int_equal(place.at.port, 5000);
    assert_true(p2p__addr_same_ip(&place.at, &gateway));
    assert_string_equal(place.path, "/d.xml?x=1");
    assert_int_equal(p2p__igd_read_url("http://10.77.1.254", &gateway, &place),
                     0);
    assert_int_equal(place.at.port, 80);
    assert_string_equal(place.path, "/");
}

static void test_T34_other_places_are_refused(void **state)
{
    static const char *const away[] = {
        "http://10.77.1.253/",
        "http://8.8.8.8/",
        "http://127.0.0.1:8080/",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.77.1.254/",
        "HTTP://10.77.1.254/",
        "ftp://10.77.1.254/",
        "//10.77.1.254/",
        "/d.xml",
        "",
        "http://",
        "http://router/",
        "http://10.77.1.254.example.org/",
        "http://10.77.1.2545/",
        "http://10.77.1.254@8.8.8.8/",
        "http://me@10.77.1.254/",
        "http://10.77.1.254:80@8.8.8.8/",
        "http://10.77.1.254:0/",
        "http://10.77.1.254:65536/",
        "http://10.77.1.254:/",
        "http://10.77.1.254:99999999999/",
        "http://012.77.1.254/",
        "http://0x0a.77.1.254/",
        "http://172818942/",
        "http://10.77.510/",
        "http://[::ffff:10.77.1.254]/",
        "http://10.77.1.254\\@8.8.8.8/",
        "http://10.77.1.254 /",
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(away); i++) {
        if (read_url(away[i]) != P2P_EACCES) {
            fail_msg("%s", away[i]);
        }
    }
}

/* A path cannot say anything else to who is asked for it. */
static void test_T34_a_path_is_only_a_path(void **state)
{
    static const char *const wrong[] = {
        "http://10.77.1.254/a b",  "http://10.77.1.254/a\r\nHost: x",
        "http://10.77.1.254/\x01", "http://10.77.1.254/\xc3\xa4",
        "http://10.77.1.254/#a",
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(wrong); i++) {
        assert_int_equal(read_url(wrong[i]), P2P_EFORMAT);
    }
}

static void test_a_path_has_a_cap(void **state)
{
    char url[400];
    int n = snprintf(url, sizeof url, "http://10.77.1.254/");

    (void)state;
    assert_int_equal(P2P__CAP_PORTMAP_PATH_CHARS, 255);
    memset(url + n, 'a', 255); /* with the slash one too many */
    url[n + 255] = '\0';
    assert_int_equal(read_url(url), P2P_ETOOBIG);
    url[n + 254] = '\0';
    assert_int_equal(read_url(url), 0);
}

static int read_answer(const char *text)
{
    struct p2p__igd_place place;

    return p2p__igd_read_answer(p2p__slice_of(text, strlen(text)), &gateway,
                                &place);
}

static void test_an_answer_names_a_description(void **state)
{
    char text[800] = "HTTP/1.1 200 OK\r\nLocation: http://10.77.1.254/";

    (void)state;
    assert_int_equal(read_answer("HTTP/1.1 200 OK\r\nST: x\r\nlocation:  "
                                 "http://10.77.1.254:5000/d.xml\r\n\r\n"),
                     0);
    assert_int_equal(
        read_answer("HTTP/1.1 200 OK\r\nLOCATION: http://8.8.8.8/d\r\n\r\n"),
        P2P_EACCES);
    assert_int_equal(read_answer("HTTP/1.1 200 OK\r\nST: x\r\n\r\n"),
                     P2P_EFORMAT);
    assert_int_equal(read_answer("NOTIFY * HTTP/1.1\r\n"
                                 "LOCATION: http://10.77.1.254/\r\n\r\n"),
                     P2P_EFORMAT);
    assert_int_equal(read_answer(""), P2P_EFORMAT);
    memset(text + strlen(text), 'a', sizeof text - strlen(text) - 1);
    assert_int_equal(read_answer(text), P2P_EFORMAT);
}

static void test_services_that_map(void **state)
{
    (void)state;
    assert_true(
        p2p__igd_is_service("urn:schemas-upnp-org:service:WANIPConnection:1"));
    assert_true(
        p2p__igd_is_service("urn:schemas-upnp-org:service:WANPPPConnection:2"));
    assert_false(p2p__igd_is_service(""));
    assert_false(
        p2p__igd_is_service("urn:schemas-upnp-org:service:WANIPConnection:"));
    assert_false(p2p__igd_is_service(
        "urn:schemas-upnp-org:service:WANIPConnection:1\">"));
    assert_false(
        p2p__igd_is_service("urn:schemas-upnp-org:service:Layer3Forwarding:1"));
}

static void test_orders_are_soap(void **state)
{
    static const struct p2p__igd_arg args[] = {{"A", "1"}, {"B", ""}, {0}};
    struct p2p__igd_service s = {
        .control = {.at = gateway, .path = "/ctl"},
        .type = "urn:schemas-upnp-org:service:WANIPConnection:1"};
    char out[P2P__IGD_REQUEST_BYTES], want[64];
    const char *body;
    size_t n;

    (void)state;
    s.control.at.port = 5000;
    n = p2p__igd_write_order(out, &s, "Do", args);
    assert_int_equal(n, strlen(out));
    assert_memory_equal(out, "POST /ctl HTTP/1.1\r\nHost: 10.77.1.254:5000\r\n",
                        44);
    assert_non_null(strstr(out,
                           "\r\nSOAPAction: \"urn:schemas-upnp-org:service"
                           ":WANIPConnection:1#Do\"\r\n"));
    body = strstr(out, "\r\n\r\n");
    assert_non_null(body);
    (void)snprintf(want, sizeof want, "\r\nContent-Length: %zu\r\n\r\n",
                   strlen(body + 4));
    assert_non_null(strstr(out, want));
    assert_non_null(strstr(body, "<A>1</A><B></B></u:Do>"));
    n = p2p__igd_write_get(out, &s.control);
    assert_int_equal(n, strlen(out));
    assert_memory_equal(out, "GET /ctl HTTP/1.1\r\n", 19);
}

/* The longest that can be written fits. */
static void test_requests_fit(void **state)
{
    static const struct p2p__igd_arg args[] = {
        {"NewRemoteHost", ""},
        {"NewExternalPort", "65535"},
        {"NewProtocol", "UDP"},
        {"NewInternalPort", "65535"},
        {"NewInternalClient", "255.255.255.255"},
        {"NewEnabled", "1"},
        {"NewPortMappingDescription", "libp2p"},
        {"NewLeaseDuration", "4294967295"},
        {0}};
    struct p2p__igd_service s = {.control = {.at = gateway}};
    char out[P2P__IGD_REQUEST_BYTES];
    size_t n;

    (void)state;
    memset(s.control.path, '/', P2P__CAP_PORTMAP_PATH_CHARS);
    memset(s.type, 'x', P2P__IGD_SERVICE_CHARS);
    s.control.at.port = UINT16_MAX;
    n = p2p__igd_write_order(out, &s, "AddPortMapping", args);
    assert_int_equal(n, strlen(out));
    assert_in_range(p2p__igd_write_search(out, P2P__IGD_SEARCHES - 1), 1, 200);
}

static void test_elements_are_found(void **state)
{
    char out[8];

    (void)state;
    assert_true(p2p__igd_read_element("<a><u:B x=\"1\"> 12 </u:B></a>", "B",
                                      out, sizeof out));
    assert_string_equal(out, "12");
    assert_true(p2p__igd_read_element("<B></B>", "B", out, sizeof out));
    assert_string_equal(out, "");
    assert_true(
        p2p__igd_read_element("<B>0123456789</B>", "B", out, sizeof out));
    assert_string_equal(out, "0123456");
    assert_false(
        p2p__igd_read_element("<BB>1</BB></B><B", "B", out, sizeof out));
    assert_false(p2p__igd_read_element("</x:B>1", "B", out, sizeof out));
    assert_false(p2p__igd_read_element(NULL, "B", out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_place_is_on_the_gateway),
        cmocka_unit_test(test_T34_other_places_are_refused),
        cmocka_unit_test(test_T34_a_path_is_only_a_path),
        cmocka_unit_test(test_a_path_has_a_cap),
        cmocka_unit_test(test_an_answer_names_a_description),
        cmocka_unit_test(test_services_that_map),
        cmocka_unit_test(test_orders_are_soap),
        cmocka_unit_test(test_requests_fit),
        cmocka_unit_test(test_elements_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
