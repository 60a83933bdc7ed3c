// SPDX-License-Identifier: MIT OR Apache-2.0

//! A scriptable rust-libp2p node for the interoperability tests: flags in,
//! commands on stdin, one JSON object a line on stdout. The same command line
//! and line protocol as `p2p node`.

mod commands;
mod flags;
mod node;
mod output;
mod reach;
mod routing;
mod streams;
mod transport;

use commands::Commands;
use futures::StreamExt;
use libp2p::swarm::SwarmEvent;
use node::{Error, Handle, Node};
use output::{event, line};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::main]
async fn main() {
    if let Err(e) = run(Instant::now()).await {
        line(&json!({"type": "fatal", "error": e.to_string()}));
        eprintln!("fatal: {e}");
        std::process::exit(1);
    }
    std::process::exit(0);
}

/// Listens everywhere that the flags say, and returns when it does.
async fn listen(node: &mut Node, addrs: &[String]) -> Result<(), Error> {
    let mut missing = std::collections::HashSet::new();
    for addr in addrs {
        missing.insert(node.swarm.listen_on(addr.parse()?)?);
    }
    while !missing.is_empty() {
        match node.swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { listener_id, address } => {
                missing.remove(&listener_id);
                node.listening(address);
            }
            SwarmEvent::ListenerClosed { reason: Err(e), .. } => return Err(e.into()),
            other => node.on_event(other),
        }
    }
    Ok(())
}

async fn run(start: Instant) -> Result<(), Error> {
    let flags = flags::parse()?;
    output::set_quiet(flags.quiet);
    let mut node = Node::new(&flags)?;
    let control = node.swarm.behaviour().streams.new_control();
    streams::serve(control.clone());
    listen(&mut node, &flags.listen).await?;
    line(&json!({"type": "listening", "impl": "rust", "peer": node.id().to_string(),
        "addrs": node.addrs(), "pid": std::process::id(),
        "ready_ms": start.elapsed().as_secs_f64() * 1000.0}));

    let (handle, mut jobs) = Handle::new();
    for addr in flags.connect {
        let commands = Commands { handle: handle.clone(), control: control.clone() };
        tokio::spawn(async move {
            if let Err(e) = commands.connect(&addr).await {
                event(json!({"type": "dial-failed", "addr": addr, "error": e}));
            }
        });
    }
    let mut serving = tokio::spawn(Commands { handle, control }.serve());
    let seconds = if flags.max_seconds > 0 { flags.max_seconds } else { u64::MAX >> 32 };
    let deadline = tokio::time::sleep(Duration::from_secs(seconds));
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            e = node.swarm.select_next_some() => node.on_event(e),
            Some(job) = jobs.recv() => job(&mut node),
            _ = &mut serving => return Ok(()),
            _ = &mut deadline => return Ok(()),
        }
    }
}
