//! HTTP/1 as servers of all kinds speak it, byte by byte.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{client, fetch, fetch_within};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that answers one request after the other with what the script says, a few bytes at a time, and closes the
/// connection after an answer that ends with `CLOSE`. Counts its connections.
async fn script(answers: Vec<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            while request(&mut stream).await {
                let Some(answer) = answers.next() else { return };
                let last = answer.strip_suffix(CLOSE);
                for piece in last.unwrap_or(&answer).chunks(1_000) {
                    let _ = stream.write_all(piece).await;
                    tokio::task::yield_now().await;
                }
                if last.is_some() {
                    break;
                }
            }
        }
    });
    (url, connections)
}

const CLOSE: &[u8] = b"CLOSE";

/// Reads a request; `false` where the connection ends instead.
async fn request(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// Fetches as often as there are answers, and compares what came and over how many connections.
async fn check(answers: &[&[u8]], want: &[&str], connections_want: usize) {
    let (url, connections) = script(answers.iter().map(|answer| answer.to_vec()).collect()).await;
    let mut client = client(json!({}));
    for (index, want) in want.iter().enumerate() {
        assert_eq!(fetch_within(&mut client, &url, 20).await, *want, "fetch {index} of {answers:?}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), connections_want, "{answers:?}");
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup 1\n";

#[tokio::test]
async fn every_framing_is_read_and_the_connection_kept_where_it_can_be() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nup \r\n2\r\n1\n\r\n0\r\n\r\n";
    check(&[OK, chunked, OK], &["up 1\n", "up 1\n", "up 1\n"], 1).await;
    let until_close = b"HTTP/1.1 200 OK\r\n\r\nup 1\nCLOSE";
    check(&[until_close, OK], &["up 1\n", "up 1\n"], 2).await;
    let old = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nup 1\nCLOSE";
    check(&[old, OK], &["up 1\n", "up 1\n"], 2).await;
    let closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nup 1\nCLOSE";
    check(&[closing, OK], &["up 1\n", "up 1\n"], 2).await;
    let informed =
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup 1\n";
    check(&[informed, OK], &["up 1\n", "up 1\n"], 1).await;
    let empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    check(&[empty, OK], &["", "up 1\n"], 1).await;
}

#[tokio::test]
async fn compressed_chunks_are_put_together_first() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"up 1\n").unwrap();
    let gzip = encoder.finish().unwrap();
    let mut answer =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in gzip.chunks(7) {
        answer.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    let (url, connections) = script(vec![answer.clone(), answer]).await;
    let mut client = client(json!({}));
    for _ in 0..2 {
        assert_eq!(fetch(&mut client, &url).await, "up 1\n");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_whose_next_answer_is_unclear_is_not_used_again() {
    let more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup 1\nHTTP/1.1 200 OK\r\n";
    check(&[more, OK], &["up 1\n", "up 1\n"], 2).await;
    let two_lengths =
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nup 1\n\r\n0\r\n\r\n";
    check(&[two_lengths, OK], &["up 1\n", "up 1\n"], 2).await;
    let too_long = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n012345678901234567890";
    let refused = "body size limit exceeded: more than 20 bytes";
    check(&[too_long, OK], &[refused, "up 1\n"], 2).await;
    let chunks_too_long = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n";
    check(&[chunks_too_long, OK], &[refused, "up 1\n"], 2).await;
    let endless = b"HTTP/1.1 200 OK\r\n\r\n012345678901234567890";
    check(&[endless, OK], &[refused, "up 1\n"], 2).await;
}

#[tokio::test]
async fn a_connection_closed_between_two_requests_is_replaced_once() {
    let closed_after = [OK, b"CLOSE"].concat();
    check(&[&closed_after, OK], &["up 1\n", "up 1\n"], 2).await;
    // A server that never answers is asked once.
    check(&[CLOSE], &["HTTP: the connection was closed before an answer came"], 1).await;
}

#[tokio::test]
async fn errors_of_servers_cost_little_and_say_what_they_are() {
    let mut error = b"HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    error.extend_from_slice(b"fffffff\r\n");
    let status = "server returned HTTP status 500 Internal Server Error";
    check(&[&error, OK], &[status, "up 1\n"], 2).await;
    let short = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
    check(&[short, OK], &["server returned HTTP status 503 Service Unavailable", "up 1\n"], 1).await;
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nup 1\nCLOSE";
    check(&[cut], &["HTTP: the connection was closed in the middle of the answer"], 1).await;
    let mut head = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    head.resize(70_000, b'x');
    check(&[&head], &["HTTP: the head is longer than 65536 bytes"], 1).await;
}
