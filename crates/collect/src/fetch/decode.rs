//! Compressed bodies, decompressed within a limit.

use std::io::Read;

use super::FetchError;
use super::buffers::Buffer;

/// The largest window a zstd body may ask for, as a power of two: what the specification says every reader must bear.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// How many bytes are decompressed before others have their turn: a few bytes may stand for very many, and whoever waits
/// for the answer may have stopped waiting.
const STEP_BYTES: usize = 256 << 10;

/// Decompresses `bytes` into `body`, which is cleared first.
pub(super) async fn decode(
    encoding: &[u8],
    bytes: &[u8],
    body_bytes_max: u64,
    body: &mut Buffer,
) -> Result<(), FetchError> {
    body.clear();
    let broken = |error: std::io::Error| FetchError::Decode(error.to_string());
    let mut decoder = decoder(encoding, bytes)?;
    loop {
        body.grow(STEP_BYTES)?;
        let read = decoder.by_ref().take(STEP_BYTES as u64).read_to_end(body).map_err(broken)?;
        if body.len() as u64 > body_bytes_max {
            return Err(FetchError::BodySize(body_bytes_max));
        }
        if read < STEP_BYTES {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

fn decoder<'a>(encoding: &[u8], bytes: &'a [u8]) -> Result<Box<dyn Read + Send + 'a>, FetchError> {
    let broken = |error: std::io::Error| FetchError::Decode(error.to_string());
    match encoding {
        b"gzip" | b"x-gzip" => Ok(Box::new(flate2::read::MultiGzDecoder::new(bytes))),
        b"zstd" => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
            Ok(Box::new(decoder))
        }
        other => {
            let message = format!("unknown Content-Encoding {:?}", String::from_utf8_lossy(other));
            Err(FetchError::Decode(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    async fn check(encoding: &str, bytes: &[u8], max: u64, want: &str) {
        let mut body = Buffer::lend();
        body.extend_from_slice(b"left over");
        let got = match decode(encoding.as_bytes(), bytes, max, &mut body).await {
            Ok(()) => String::from_utf8(body.to_vec()).unwrap(),
            Err(error) => error.to_string(),
        };
        assert!(got.starts_with(want), "{got}");
    }

    #[tokio::test]
    async fn bodies_decompress_within_their_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"up 1\n").unwrap();
        let gzip = encoder.finish().unwrap();
        let zstd = zstd::encode_all(&b"up 1\n"[..], 1).unwrap();
        check("gzip", &gzip, 5, "up 1\n").await;
        check("zstd", &zstd, 5, "up 1\n").await;
        check("gzip", &gzip, 4, "body size limit exceeded: more than 4 bytes").await;
        check("zstd", &zstd, 4, "body size limit exceeded: more than 4 bytes").await;
        check("gzip", &gzip[..12], 100, "cannot decompress body").await;
        check("gzip", b"up 1\n", 100, "cannot decompress body").await;
        check("br", b"", 100, "cannot decompress body: unknown Content-Encoding \"br\"").await;
    }

    #[tokio::test]
    async fn others_have_their_turn_while_a_bomb_goes_off() {
        let bomb = zstd::encode_all(&vec![b'#'; 32 << 20][..], 1).unwrap();
        let mut body = Buffer::lend();
        let decoding = async {
            decode(b"zstd", &bomb, 1 << 30, &mut body).await.unwrap();
            unreachable!("it would be done before anybody else had their turn");
        };
        tokio::select! {
            biased;
            () = decoding => {}
            () = tokio::task::yield_now() => {}
        }
    }
}
