// SPDX-License-Identifier: MIT OR Apache-2.0

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use serde_json::{json, Value};
use std::io;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const ECHO: StreamProtocol = StreamProtocol::new("/echo/1.0.0");
const PERF: StreamProtocol = StreamProtocol::new("/perf/1.0.0");
const PING: StreamProtocol = StreamProtocol::new("/ipfs/ping/1.0.0");
const CHUNK: usize = 64 << 10;
const OPEN: Duration = Duration::from_secs(15);

type Answer = Result<Value, String>;

fn text(e: impl std::fmt::Display) -> String {
    e.to_string()
}

pub fn serve(mut control: Control) {
    let mut echoes = control.accept(ECHO).expect("registered once");
    let mut perfs = control.accept(PERF).expect("registered once");
    tokio::spawn(async move {
        while let Some((_, stream)) = echoes.next().await {
            tokio::spawn(serve_echo(stream));
        }
    });
    tokio::spawn(async move {
        while let Some((_, stream)) = perfs.next().await {
            tokio::spawn(serve_perf(stream));
        }
    });
}

async fn serve_echo(mut stream: Stream) -> io::Result<()> {
    let mut buf = vec![0; CHUNK];
    loop {
        match stream.read(&mut buf).await? {
            0 => return stream.close().await,
            n => {
                stream.write_all(&buf[..n]).await?;
                stream.flush().await?;
            }
        }
    }
}

/// Reads how much to send, drains the upload, then sends that.
async fn serve_perf(mut stream: Stream) -> io::Result<()> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).await?;
    drain(&mut stream).await?;
    send(&mut stream, u64::from_be_bytes(head)).await?;
    stream.close().await
}

async fn drain(stream: &mut (impl futures::AsyncRead + Unpin)) -> io::Result<u64> {
    let mut buf = vec![0; CHUNK];
    let mut got = 0;
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(got),
            n => got += n as u64,
        }
    }
}

async fn send(stream: &mut (impl futures::AsyncWrite + Unpin), mut count: u64) -> io::Result<()> {
    let zeros = vec![0; CHUNK];
    while count > 0 {
        let n = count.min(CHUNK as u64);
        stream.write_all(&zeros[..n as usize]).await?;
        count -= n;
    }
    Ok(())
}

async fn open(control: &mut Control, peer: PeerId, id: StreamProtocol) -> Result<Stream, String> {
    timeout(OPEN, control.open_stream(peer, id))
        .await
        .map_err(text)?
        .map_err(text)
}

pub async fn echo(mut control: Control, peer: PeerId, size: usize) -> Answer {
    let start = Instant::now();
    let stream = open(&mut control, peer, ECHO).await?;
    let sent: Vec<u8> = (0..size).map(|_| rand::random()).collect();
    let (mut reader, mut writer) = stream.split();
    let writing = async {
        writer.write_all(&sent).await?;
        writer.close().await
    };
    let mut got = Vec::new();
    let (wrote, read) = futures::join!(writing, reader.read_to_end(&mut got));
    wrote.map_err(text)?;
    read.map_err(text)?;
    if got != sent {
        return Err(format!("sent {size} bytes, {} other bytes came back", got.len()));
    }
    Ok(json!({"bytes": size, "us": start.elapsed().as_micros() as u64}))
}

pub async fn perf(mut control: Control, peer: PeerId, up: u64, down: u64) -> Answer {
    let start = Instant::now();
    let mut stream = open(&mut control, peer, PERF).await?;
    let exchange = async {
        stream.write_all(&down.to_be_bytes()).await?;
        send(&mut stream, up).await?;
        stream.close().await?;
        // The first byte says that the other side has read everything.
        let mut first = [0; 1];
        let got = stream.read(&mut first).await? as u64;
        let uploaded = Instant::now();
        io::Result::Ok((uploaded, got + drain(&mut stream).await?))
    };
    let (uploaded, got) = exchange.await.map_err(text)?;
    if got != down {
        return Err(format!("asked for {down} bytes, got {got}"));
    }
    Ok(json!({"up_bytes": up, "down_bytes": down,
        "up_s": (uploaded - start).as_secs_f64(),
        "down_s": uploaded.elapsed().as_secs_f64(),
        "s": start.elapsed().as_secs_f64()}))
}

pub async fn ping(mut control: Control, peer: PeerId, count: usize) -> Answer {
    let mut stream = open(&mut control, peer, PING).await?;
    let mut rtts = Vec::new();
    while rtts.len() < count {
        let sent: [u8; 32] = rand::random();
        let mut got = [0; 32];
        let start = Instant::now();
        let once = async {
            stream.write_all(&sent).await?;
            stream.flush().await?;
            stream.read_exact(&mut got).await
        };
        timeout(Duration::from_secs(10), once)
            .await
            .map_err(|_| "no answer to a ping in 10 s".to_owned())?
            .map_err(text)?;
        if got != sent {
            return Err("other bytes came back".into());
        }
        rtts.push(start.elapsed().as_micros() as u64);
    }
    let _ = stream.close().await;
    Ok(json!({"rtt_us": rtts}))
}
