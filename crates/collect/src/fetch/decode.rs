//! Compressed bodies, decompressed within a limit.

use std::io::Read;

use super::FetchError;

/// The largest window a zstd body may ask for, as a power of two: what the specification says every reader must bear.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Decompresses `bytes` into `body`, which is cleared first.
pub(super) fn decode(
    encoding: &[u8],
    bytes: &[u8],
    body_bytes_max: u64,
    body: &mut Vec<u8>,
) -> Result<(), FetchError> {
    body.clear();
    let broken = |error: std::io::Error| FetchError::Decode(error.to_string());
    let limit = body_bytes_max.saturating_add(1);
    match encoding {
        b"gzip" | b"x-gzip" => flate2::read::MultiGzDecoder::new(bytes).take(limit).read_to_end(body),
        b"zstd" => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
            decoder.take(limit).read_to_end(body)
        }
        other => {
            let message = format!("unknown Content-Encoding {:?}", String::from_utf8_lossy(other));
            return Err(FetchError::Decode(message));
        }
    }
    .map_err(broken)?;
    if body.len() as u64 > body_bytes_max {
        return Err(FetchError::BodySize(body_bytes_max));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(encoding: &str, bytes: &[u8], max: u64, want: &str) {
        let mut body = b"left over".to_vec();
        let got = match decode(encoding.as_bytes(), bytes, max, &mut body) {
            Ok(()) => String::from_utf8(body).unwrap(),
            Err(error) => error.to_string(),
        };
        assert!(got.starts_with(want), "{got}");
    }

    #[test]
    fn bodies_decompress_within_their_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"up 1\n").unwrap();
        let gzip = encoder.finish().unwrap();
        let zstd = zstd::encode_all(&b"up 1\n"[..], 1).unwrap();
        check("gzip", &gzip, 5, "up 1\n");
        check("zstd", &zstd, 5, "up 1\n");
        check("gzip", &gzip, 4, "body size limit exceeded: more than 4 bytes");
        check("zstd", &zstd, 4, "body size limit exceeded: more than 4 bytes");
        check("gzip", &gzip[..12], 100, "cannot decompress body");
        check("gzip", b"up 1\n", 100, "cannot decompress body");
        check("br", b"", 100, "cannot decompress body: unknown Content-Encoding \"br\"");
    }
}
