// SPDX-License-Identifier: MIT OR Apache-2.0

//! How peers and things are found: the DHT and rendezvous points.

use crate::flags::Flags;
use crate::node::{Answer, Error, Node};
use base64::prelude::{Engine, BASE64_STANDARD};
use libp2p::identity::Keypair;
use libp2p::kad::store::MemoryStore;
use libp2p::kad::{self, QueryId, QueryResult};
use libp2p::rendezvous::{self, Cookie, Namespace};
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{Multiaddr, PeerId, StreamProtocol};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::oneshot;

pub type Kad = kad::Behaviour<MemoryStore>;

#[derive(PartialEq)]
enum Asked {
    Register(PeerId, Namespace),
    Discover(PeerId),
}

/// Commands that wait for an answer from the network.
#[derive(Default)]
pub struct Pending {
    queries: HashMap<QueryId, (oneshot::Sender<Answer>, Option<PeerId>, BTreeSet<String>)>,
    asked: Vec<(Asked, oneshot::Sender<Answer>)>,
    cookie: Option<Cookie>, // of the last discovery
}

impl Pending {
    /// The first that asked this: an answer names no question.
    fn take(&mut self, what: Asked) -> Option<oneshot::Sender<Answer>> {
        let i = self.asked.iter().position(|(asked, _)| *asked == what)?;
        Some(self.asked.remove(i).1)
    }
}

pub fn kad(f: &Flags, me: PeerId) -> Result<Toggle<Kad>, Error> {
    let mode = match f.dht.as_deref() {
        None => return Ok(None.into()),
        Some("server") => kad::Mode::Server,
        Some("client") => kad::Mode::Client,
        Some(other) => return Err(format!("--dht {other}: server or client").into()),
    };
    let name = StreamProtocol::try_from_owned(kad_name(f))?;
    let mut dht = Kad::with_config(me, MemoryStore::new(me), kad::Config::new(name));
    dht.set_mode(Some(mode));
    Ok(Some(dht).into())
}

pub fn kad_name(f: &Flags) -> String {
    format!("{}/kad/1.0.0", f.dht_prefix)
}

pub fn rendezvous_server(f: &Flags) -> Toggle<rendezvous::server::Behaviour> {
    let config = rendezvous::server::Config::default().with_min_ttl(1);
    f.rendezvous_server.then(|| rendezvous::server::Behaviour::new(config)).into()
}

pub fn rendezvous_client(key: &Keypair) -> rendezvous::client::Behaviour {
    rendezvous::client::Behaviour::new(key.clone())
}

/// The multihash (SHA-256) that a CID of this text would have.
fn provider_key(text: &str) -> kad::RecordKey {
    let mut key = vec![0x12, 0x20];
    key.extend(Sha256::digest(text));
    kad::RecordKey::new(&key)
}

fn texts(addrs: &[Multiaddr]) -> Vec<String> {
    addrs.iter().map(Multiaddr::to_string).collect()
}

fn bytes_field(name: &str, bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({name: text}),
        Err(_) => json!({format!("{name}_b64"): BASE64_STANDARD.encode(bytes)}),
    }
}

fn namespace(text: &str) -> Result<Namespace, String> {
    Namespace::new(text.to_owned()).map_err(|e| e.to_string())
}

fn failed(e: impl std::fmt::Display) -> oneshot::Receiver<Answer> {
    let (tell, told) = oneshot::channel();
    let _ = tell.send(Err(e.to_string()));
    told
}

impl Node {
    fn query(
        &mut self,
        target: Option<PeerId>,
        start: impl FnOnce(&mut Kad) -> Result<QueryId, String>,
    ) -> oneshot::Receiver<Answer> {
        let Some(dht) = self.swarm.behaviour_mut().kad.as_mut() else {
            return failed("this node was started without --dht");
        };
        match start(dht) {
            Err(e) => failed(e),
            Ok(id) => {
                let (tell, told) = oneshot::channel();
                self.pending.queries.insert(id, (tell, target, BTreeSet::new()));
                told
            }
        }
    }

    pub fn dht_put(&mut self, key: &str, value: Vec<u8>) -> oneshot::Receiver<Answer> {
        let record = kad::Record::new(key.as_bytes().to_vec(), value);
        self.query(None, |dht| dht.put_record(record, kad::Quorum::One).map_err(|e| e.to_string()))
    }

    pub fn dht_get(&mut self, key: &str) -> oneshot::Receiver<Answer> {
        self.query(None, |dht| Ok(dht.get_record(key.as_bytes().to_vec().into())))
    }

    pub fn dht_find_peer(&mut self, peer: PeerId) -> oneshot::Receiver<Answer> {
        self.query(Some(peer), |dht| Ok(dht.get_closest_peers(peer)))
    }

    pub fn dht_provide(&mut self, text: &str) -> oneshot::Receiver<Answer> {
        self.announce();
        let key = provider_key(text);
        self.query(None, |dht| dht.start_providing(key).map_err(|e| e.to_string()))
    }

    pub fn dht_find_providers(&mut self, text: &str) -> oneshot::Receiver<Answer> {
        self.query(None, |dht| Ok(dht.get_providers(provider_key(text))))
    }

    pub fn on_kad(&mut self, e: kad::Event) {
        let kad::Event::OutboundQueryProgressed { id, result, step, .. } = e else { return };
        let Some((tell, target, mut found)) = self.pending.queries.remove(&id) else { return };
        let answer = match result {
            QueryResult::GetRecord(Ok(kad::GetRecordOk::FoundRecord(r))) => {
                Ok(bytes_field("value", &r.record.value))
            }
            QueryResult::GetRecord(_) => Err("not found".into()),
            QueryResult::PutRecord(Err(e)) => Err(e.to_string()),
            QueryResult::StartProviding(Err(e)) => Err(e.to_string()),
            QueryResult::GetClosestPeers(Ok(ok)) => {
                let it = ok.peers.iter().find(|p| Some(p.peer_id) == target);
                it.map(|p| json!({"addrs": texts(&p.addrs)})).ok_or("not found".into())
            }
            QueryResult::GetProviders(Ok(ok)) => {
                if let kad::GetProvidersOk::FoundProviders { providers, .. } = ok {
                    found.extend(providers.iter().map(PeerId::to_string));
                }
                if !step.last {
                    self.pending.queries.insert(id, (tell, target, found));
                    return;
                }
                Ok(json!({"providers": found}))
            }
            _ => Ok(json!({})),
        };
        let _ = tell.send(answer);
    }

    /// Peers that speak our DHT, as those of identify say.
    pub fn learn(&mut self, peer: PeerId, protocols: &[String], addrs: &[Multiaddr]) {
        if !protocols.contains(&self.kad_name) {
            return;
        }
        if let Some(dht) = self.swarm.behaviour_mut().kad.as_mut() {
            for addr in addrs {
                dht.add_address(&peer, addr.clone());
            }
        }
    }

    /// Providers and who registers announce external addresses alone: every one
    /// that we listen at becomes one, if none was confirmed.
    fn announce(&mut self) {
        if self.swarm.external_addresses().next().is_none() {
            let listening: Vec<_> = self.swarm.listeners().cloned().collect();
            for addr in listening {
                self.swarm.add_external_address(addr);
            }
        }
    }

    pub fn register(
        &mut self,
        at: PeerId,
        name: &str,
        ttl: Option<u64>,
    ) -> Result<oneshot::Receiver<Answer>, String> {
        self.announce();
        let name = namespace(name)?;
        let client = &mut self.swarm.behaviour_mut().rendezvous_client;
        client.register(name.clone(), at, ttl).map_err(|e| e.to_string())?;
        let (tell, told) = oneshot::channel();
        self.pending.asked.push((Asked::Register(at, name), tell));
        Ok(told)
    }

    /// The protocol has no answer to this.
    pub fn unregister(&mut self, at: PeerId, name: &str) -> Answer {
        self.swarm.behaviour_mut().rendezvous_client.unregister(namespace(name)?, at);
        Ok(json!({}))
    }

    /// Of every namespace if it is `*`; or only what is new since the last time.
    pub fn discover(
        &mut self,
        at: PeerId,
        name: &str,
        limit: Option<u64>,
        more: bool,
    ) -> Result<oneshot::Receiver<Answer>, String> {
        let name = (name != "*").then(|| namespace(name)).transpose()?;
        let cookie = self.pending.cookie.take().filter(|_| more);
        self.swarm.behaviour_mut().rendezvous_client.discover(name, cookie, limit, at);
        let (tell, told) = oneshot::channel();
        self.pending.asked.push((Asked::Discover(at), tell));
        Ok(told)
    }

    pub fn on_rendezvous(&mut self, e: rendezvous::client::Event) {
        use rendezvous::client::Event::*;
        let (asked, answer) = match e {
            Registered { rendezvous_node, ttl, namespace } => {
                (Asked::Register(rendezvous_node, namespace), Ok(json!({"ttl": ttl})))
            }
            RegisterFailed { rendezvous_node, namespace, error } => {
                (Asked::Register(rendezvous_node, namespace), Err(format!("{error:?}")))
            }
            Discovered { rendezvous_node, registrations, cookie } => {
                let list: Vec<_> = registrations.iter().map(registration).collect();
                self.pending.cookie = Some(cookie);
                (Asked::Discover(rendezvous_node), Ok(json!({"registrations": list})))
            }
            DiscoverFailed { rendezvous_node, error, .. } => {
                (Asked::Discover(rendezvous_node), Err(format!("{error:?}")))
            }
            Expired { .. } => return,
        };
        if let Some(tell) = self.pending.take(asked) {
            let _ = tell.send(answer);
        }
    }
}

fn registration(r: &rendezvous::Registration) -> Value {
    json!({"peer": r.record.peer_id().to_string(), "ns": r.namespace.to_string(),
        "addrs": texts(r.record.addresses()), "ttl": r.ttl})
}
