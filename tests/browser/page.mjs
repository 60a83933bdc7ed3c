// SPDX-License-Identifier: MIT OR Apache-2.0
// What runs in the page: a node of js-libp2p, and a few calls for the test.
import {createLibp2p} from 'libp2p';
import {gossipsub} from '@libp2p/gossipsub';
import {identify} from '@libp2p/identify';
import {noise} from '@libp2p/noise';
import {ping} from '@libp2p/ping';
import {webSockets} from '@libp2p/websockets';
import {yamux} from '@libp2p/yamux';
import {multiaddr} from '@multiformats/multiaddr';

const text = bytes => new TextDecoder().decode(bytes);

/** A node that dials, and what it has heard. */
async function start(topic) {
    const node = await createLibp2p({
        addresses: {listen: []},
        transports: [webSockets()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        // A browser's node refuses plain and private addresses by itself.
        connectionGater: {denyDialMultiaddr: () => false},
        services: {
            // By itself it identifies a peer once at a time, pings one.
            identify: identify({maxOutboundStreams: 16}),
            ping: ping({maxOutboundStreams: 16}),
            pubsub: gossipsub({allowPublishToZeroTopicPeers: true}),
        },
    });
    const messages = [], gone = [];
    node.services.pubsub.addEventListener('message', e =>
        messages.push({topic: e.detail.topic, data: text(e.detail.data),
            from: e.detail.from?.toString()}));
    node.addEventListener('peer:disconnect', e =>
        gone.push(e.detail.toString()));
    node.services.pubsub.subscribe(topic);
    return {node, topic, messages, gone};
}

let me;

window.peer = {
    async start(topic) {
        me = await start(topic);
        return me.node.peerId.toString();
    },
    async connect(addr) {
        const conn = await me.node.dial(multiaddr(addr));
        const {agentVersion, protocols} =
            await me.node.services.identify.identify(conn);
        return {id: conn.remotePeer.toString(),
            encryption: conn.encryption, muxer: conn.multiplexer,
            agent: agentVersion, protocols};
    },
    ping: addr => me.node.services.ping.ping(multiaddr(addr)),
    meshed: () => me.node.services.pubsub.getSubscribers(me.topic).length,
    publish: data => me.node.services.pubsub.publish(me.topic,
        new TextEncoder().encode(data)).then(r => r.recipients.length),
    messages: () => me.messages,
    gone: () => me.gone,
    stop: () => me.node.stop(),
};
