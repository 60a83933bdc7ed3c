// SPDX-License-Identifier: MIT OR Apache-2.0

use crate::node::{Handle, Node};
use crate::output::{line, with};
use crate::streams;
use libp2p::{Multiaddr, PeerId};
use libp2p_stream::Control;
use serde_json::{json, Value};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::oneshot;
use tokio::time::{sleep_until, timeout};

type Answer = Result<Value, String>;

pub struct Commands {
    pub handle: Handle,
    pub control: Control,
}

fn number<T: std::str::FromStr>(args: &[&str], i: usize, fallback: T) -> Result<T, String> {
    match args.get(i) {
        None => Ok(fallback),
        Some(s) => s
            .trim_end_matches("/s")
            .parse()
            .map_err(|_| format!("not a number: {s}")),
    }
}

async fn within(told: oneshot::Receiver<Answer>) -> Answer {
    match timeout(Duration::from_secs(15), told).await {
        Ok(Ok(answer)) => answer,
        _ => Err("no answer in 15 s".into()),
    }
}

/// The line behind its first two words, spaces kept.
fn text_after_topic(input: &str) -> &str {
    let mut rest = input.trim_start();
    for _ in 0..2 {
        rest = rest.split_once(' ').map_or("", |(_, r)| r);
    }
    rest
}

fn flood_data(i: usize, size: usize) -> Vec<u8> {
    let mut data = format!("flood {i} ").into_bytes();
    data.resize(size, b'x');
    data
}

impl Commands {
    /// Runs commands in the order they come, until quit or end of input.
    pub async fn serve(mut self) {
        let mut input = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(text)) = input.next_line().await {
            let words: Vec<&str> = text.split_whitespace().collect();
            let Some((cmd, args)) = words.split_first() else { continue };
            let head = json!({"type": "reply", "cmd": cmd});
            line(&match self.run(cmd, args, &text).await {
                Ok(fields) => with(with(head, json!({"ok": true})), fields),
                Err(e) => with(head, json!({"ok": false, "error": e})),
            });
            if *cmd == "quit" {
                return;
            }
        }
    }

    async fn run(&mut self, cmd: &str, args: &[&str], text: &str) -> Answer {
        match cmd {
            "addrs" => return Ok(json!({"addrs": self.handle.with(|n| n.addrs()).await})),
            "peers" => return Ok(self.handle.with(|n| n.peers()).await),
            "stats" => return Ok(self.handle.with(|n| stats(n)).await),
            "quit" => return Ok(json!({})),
            _ => {}
        }
        let first = args.first().ok_or(format!("unknown command, or no argument: {cmd}"))?;
        let first = first.to_string();
        if cmd.starts_with("dht") {
            return self.dht(cmd, first, text).await;
        }
        match cmd {
            "sub" => self
                .handle
                .with(move |n| n.subscribe(&first).map(|_| json!({})).map_err(|e| e.to_string()))
                .await,
            "unsub" => self.handle.with(move |n| n.unsubscribe(&first)).await,
            "mesh" => Ok(self.handle.with(move |n| n.mesh(&first)).await),
            "pub" => {
                let data = text_after_topic(text).as_bytes().to_vec();
                self.handle.with(move |n| n.publish(&first, data)).await
            }
            "flood" => self.flood(first, args).await,
            "connect" => self.connect(&first).await,
            _ => self.run_peer(cmd, &first, args).await,
        }
    }

    async fn run_peer(&mut self, cmd: &str, target: &str, args: &[&str]) -> Answer {
        let peer = self.peer_of(target).await?;
        let control = self.control.clone();
        match cmd {
            "disconnect" => self.handle.with(move |n| n.disconnect(peer)).await,
            "identify" => within(self.handle.with(move |n| n.identify(peer)).await).await,
            "ping" => streams::ping(control, peer, number(args, 1, 1)?).await,
            "echo" => streams::echo(control, peer, number(args, 1, 1024)?).await,
            "perf" => streams::perf(control, peer, number(args, 1, 0)?, number(args, 2, 0)?).await,
            "register" | "unregister" | "discover" => self.rendezvous(cmd, peer, args).await,
            _ => Err(format!("unknown command {cmd}")),
        }
    }

    async fn rendezvous(&self, cmd: &str, at: PeerId, args: &[&str]) -> Answer {
        let name = args.get(1).ok_or("a namespace is missing")?.to_string();
        let n = args.get(2).map(|_| number(args, 2, 0)).transpose()?;
        // A limit of nothing is none.
        let limit = n.filter(|n| *n > 0);
        let more = args.get(3) == Some(&"more");
        let told = match cmd {
            "unregister" => return self.handle.with(move |n| n.unregister(at, &name)).await,
            "register" => self.handle.with(move |node| node.register(at, &name, n)).await?,
            _ => {
                let find = move |node: &mut Node| node.discover(at, &name, limit, more);
                self.handle.with(find).await?
            }
        };
        within(told).await
    }

    async fn dht(&self, cmd: &str, first: String, text: &str) -> Answer {
        let value = text_after_topic(text).as_bytes().to_vec();
        let told = match cmd {
            "dhtput" => self.handle.with(move |n| n.dht_put(&first, value)).await,
            "dhtget" => self.handle.with(move |n| n.dht_get(&first)).await,
            "dhtprovide" => self.handle.with(move |n| n.dht_provide(&first)).await,
            "dhtfindprovs" => self.handle.with(move |n| n.dht_find_providers(&first)).await,
            "dhtfindpeer" => {
                let peer = first.parse().map_err(|e| format!("{first}: {e}"))?;
                self.handle.with(move |n| n.dht_find_peer(peer)).await
            }
            _ => return Err(format!("unknown command {cmd}")),
        };
        within(told).await
    }

    pub async fn connect(&self, target: &str) -> Answer {
        let addr: Multiaddr = target.parse().map_err(|e| format!("{target}: {e}"))?;
        within(self.handle.with(move |n| n.dial(&addr)).await).await
    }

    /// Takes a peer id, or a multiaddr that it dials first.
    async fn peer_of(&self, target: &str) -> Result<PeerId, String> {
        let id = if target.starts_with('/') {
            let conn = self.connect(target).await?;
            conn["peer"].as_str().unwrap_or_default().to_owned()
        } else {
            target.to_owned()
        };
        id.parse().map_err(|e| format!("{id}: {e}"))
    }

    async fn flood(&self, topic: String, args: &[&str]) -> Answer {
        let (size, count): (usize, usize) = (number(args, 1, 0)?, number(args, 2, 0)?);
        let rate: f64 = number(args, 3, 0.0)?;
        let start = Instant::now();
        for i in 0..count {
            if rate > 0.0 {
                let due = start + Duration::from_secs_f64(i as f64 / rate);
                sleep_until(due.into()).await;
            }
            let (topic, data) = (topic.clone(), flood_data(i, size));
            self.handle.with(move |n| n.publish(&topic, data)).await?;
        }
        Ok(json!({"count": count, "size": size, "s": start.elapsed().as_secs_f64()}))
    }
}

fn stats(n: &mut Node) -> Value {
    let c = &n.counts;
    json!({"rss_kb": resident_kb(), "cpu_s": cpu_seconds(),
        "conns": n.conn_count(), "conns_in": c.conns_in, "conns_out": c.conns_out,
        "conns_closed": c.conns_closed, "published": c.published,
        "messages": c.received, "message_bytes": c.bytes})
}

fn resident_kb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// utime and stime, in the hundredths of a second that Linux always shows.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
