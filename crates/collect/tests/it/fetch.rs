//! The HTTP client against real servers: credentials, redirects, limits, compression, proxies, sockets, TLS.

use std::io::Write;
use std::sync::atomic::Ordering;

use crate::support::{Server, client, fetch, fetch_within, header, page, serve, status};
use http::Response;
use http_body_util::Full;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

#[tokio::test]
async fn one_connection_serves_all_fetches_and_a_closed_one_is_replaced() {
    let server = Server::start(|request| match request.uri().path() {
        "/close" => {
            let mut answer = page("last 1\n");
            answer.headers_mut().insert("connection", "close".parse().unwrap());
            answer
        }
        _ => page("up 1\n"),
    })
    .await;
    let mut client = client(json!({}));
    for _ in 0..5 {
        assert_eq!(fetch(&mut client, &server.url("/metrics")).await, "up 1\n");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    assert_eq!(fetch(&mut client, &server.url("/close")).await, "last 1\n");
    assert_eq!(fetch(&mut client, &server.url("/metrics")).await, "up 1\n");
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn credentials_are_sent_and_files_are_read_again() {
    let server =
        Server::start(|request| page(header(request, "authorization") + &header(request, "x-extra"))).await;
    let url = server.url("/");
    let mut basic = client(json!({"basic_auth": {"username": "us", "password": "pw"}}));
    assert_eq!(fetch(&mut basic, &url).await, "Basic dXM6cHc=");
    let file = std::env::temp_dir().join(format!("flightdeck-token-{}", std::process::id()));
    std::fs::write(&file, "one\n").unwrap();
    let mut bearer = client(json!({
        "authorization": {"credentials_file": file}, "http_headers": {"X-Extra": {"values": ["+1"]}},
    }));
    assert_eq!(fetch(&mut bearer, &url).await, "Bearer one+1");
    std::fs::write(&file, "two\n").unwrap();
    assert_eq!(fetch(&mut bearer, &url).await, "Bearer two+1");
    std::fs::remove_file(&file).unwrap();
    assert!(fetch(&mut bearer, &url).await.starts_with("cannot read credentials from "));
}

#[tokio::test]
async fn redirects_are_followed_but_credentials_stay_home() {
    let other = Server::start(|request| page(format!("other:{}", header(request, "authorization")))).await;
    let there = other.url("/x");
    let home = Server::start(move |request| {
        let location = match request.uri().path() {
            "/away" => there.clone(),
            "/near" => "/end?a=1".to_owned(),
            "/loop" => "/loop".to_owned(),
            _ => return page(format!("home:{}", header(request, "authorization"))),
        };
        Response::builder().status(302).header("location", location).body(Full::default()).unwrap()
    })
    .await;
    let section = json!({"authorization": {"credentials": "t"}, "http_headers": {"x-a": {"values": ["b"]}}});
    let mut follows = client(section.clone());
    assert_eq!(fetch(&mut follows, &home.url("/near")).await, "home:Bearer t");
    assert_eq!(fetch(&mut follows, &home.url("/away")).await, "other:");
    assert_eq!(fetch(&mut follows, &home.url("/loop")).await, "redirect: stopped after 10");
    let mut stays = section;
    stays["follow_redirects"] = false.into();
    assert_eq!(fetch(&mut client(stays), &home.url("/near")).await, "server returned HTTP status 302 Found");
}

#[tokio::test]
async fn bodies_are_limited_and_decompressed() {
    let server = Server::start(|request| {
        let compressed = |encoding: &str, body: Vec<u8>| {
            let mut answer = page(body);
            answer.headers_mut().insert("content-encoding", encoding.parse().unwrap());
            answer
        };
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'x'; 1000]).unwrap();
        let gzip = encoder.finish().unwrap();
        match request.uri().path() {
            "/gzip" => compressed("gzip", gzip),
            "/broken" => compressed("gzip", gzip[..gzip.len() / 2].to_vec()),
            "/zstd" => compressed("zstd", zstd::encode_all(&[b'x'; 1000][..], 1).unwrap()),
            "/gone" => status(404),
            _ => page(vec![b'x'; 1000]),
        }
    })
    .await;
    let mut client = client(json!({}));
    for path in ["/plain", "/gzip", "/zstd"] {
        assert_eq!(fetch_within(&mut client, &server.url(path), 1000).await.len(), 1000, "{path}");
        let refused = "body size limit exceeded: more than 999 bytes";
        assert_eq!(fetch_within(&mut client, &server.url(path), 999).await, refused, "{path}");
    }
    assert!(fetch(&mut client, &server.url("/broken")).await.starts_with("cannot decompress body"));
    assert_eq!(fetch(&mut client, &server.url("/gone")).await, "server returned HTTP status 404 Not Found");
    assert!(fetch(&mut client, "http://127.0.0.1:1/").await.starts_with("cannot connect to 127.0.0.1:1: "));
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"220 mail ready\r\n").await;
        }
    });
    assert!(fetch(&mut client(json!({})), &format!("http://{address}/")).await.starts_with("HTTP: "));
}

#[tokio::test]
async fn unix_sockets_are_reached_by_path() {
    let path = std::env::temp_dir().join(format!("flightdeck-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, |request| page(header(request, "host"))));
        }
    });
    let mut address = collect::fetch::address_of("http://name/metrics").unwrap();
    address.unix_socket = Some(path.display().to_string());
    let mut body = Vec::new();
    client(json!({})).get(&address, &crate::support::ask(0), &mut body).await.unwrap();
    assert_eq!(body, b"name");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn proxies_forward_plain_requests_and_tunnel_others() {
    let proxy = Server::start(|request| {
        page(format!("{} {}", request.uri(), header(request, "proxy-authorization")))
    })
    .await;
    let section = json!({"proxy_url": format!("http://u:p@{}", proxy.address), "no_proxy": "127.0.0.1"});
    let mut through = client(section.clone());
    assert_eq!(fetch(&mut through, "http://far.example/m?a=1").await, "http://far.example/m?a=1 Basic dTpw");
    let direct = Server::start(|_| page("direct")).await;
    assert_eq!(fetch(&mut through, &direct.url("/")).await, "direct");
    // This proxy answers CONNECT like any other request, without a tunnel behind it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 256];
        let length = stream.read(&mut head).await.unwrap();
        assert!(head[..length].starts_with(b"CONNECT far.example:443 HTTP/1.1\r\n"));
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
    });
    let mut tunnels = client(json!({"proxy_url": format!("http://{address}")}));
    assert_eq!(
        fetch(&mut tunnels, "https://far.example/").await,
        format!("proxy {address}: refused the tunnel: HTTP/1.1 403 Forbidden")
    );
}

#[tokio::test]
async fn tokens_are_fetched_once_and_sent() {
    let tokens = Server::start(|request| {
        assert_eq!(header(request, "authorization"), "Basic aWQ6c2VjcmV0");
        page(r#"{"access_token": "abc", "token_type": "bearer", "expires_in": 3600}"#)
    })
    .await;
    let server = Server::start(|request| page(header(request, "authorization"))).await;
    let mut client = client(json!({
        "oauth2": {"client_id": "id", "client_secret": "secret", "token_url": tokens.url("/token"), "scopes": ["a"]},
    }));
    for _ in 0..3 {
        assert_eq!(fetch(&mut client, &server.url("/")).await, "Bearer abc");
    }
    assert_eq!(tokens.connections.load(Ordering::SeqCst), 1);
}
