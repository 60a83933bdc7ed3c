# SPDX-License-Identifier: MIT OR Apache-2.0
# A stand-in for the image of NGINX Unit, on what the image is built with.
FROM localhost/unitmesh-build
COPY --chmod=755 unitd /usr/bin/unitd
RUN cp /build/mesh/unit-standin /usr/bin/ && \
    cp -P /installed/usr/lib/libp2p.so.* /usr/lib/ && \
    install -d -m 1777 /var/lib/unit
CMD ["unitd"]
