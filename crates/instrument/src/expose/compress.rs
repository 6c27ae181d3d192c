//! Compressed expositions, for those who accept them.

/// How an exposition may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip, which everybody reads.
    #[cfg(feature = "gzip")]
    Gzip,
    /// zstd: smaller and quicker.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Compression {
    /// The best that an `Accept-Encoding` header names and this build has. `None` is no compression.
    pub fn from_header(header: &str) -> Option<Compression> {
        let accepts = |wanted: &str| {
            header.split(',').any(|part| {
                let mut parts = part.split(';').map(str::trim);
                let named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(wanted));
                let refused = |weight: &str| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
                named && !parts.filter_map(|part| part.strip_prefix("q=")).any(refused)
            })
        };
        Compression::available().into_iter().find(|compression| accepts(compression.coding()))
    }

    /// Best first.
    fn available() -> impl IntoIterator<Item = Compression> {
        [
            #[cfg(feature = "zstd")]
            Compression::Zstd,
            #[cfg(feature = "gzip")]
            Compression::Gzip,
        ]
    }

    /// Its name in `Content-Encoding`.
    pub fn coding(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Compression::Gzip => "gzip",
            #[cfg(feature = "zstd")]
            Compression::Zstd => "zstd",
        }
    }

    /// Compresses, at the level that costs least. `None` when the library fails, which costs nothing but bytes.
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        expect(unused_variables, reason = "there is no compression")
    )]
    pub fn compress(self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            #[cfg(feature = "gzip")]
            Compression::Gzip => {
                use std::io::Write;
                let out = Vec::with_capacity(bytes.len() / 8);
                let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
                encoder.write_all(bytes).ok()?;
                encoder.finish().ok()
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => zstd::bulk::compress(bytes, 1).ok(),
        }
    }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use super::*;

    #[test]
    fn the_best_accepted_coding_is_used() {
        let check = |header: &str, want| assert_eq!(Compression::from_header(header), want, "{header}");
        check("", None);
        check("identity", None);
        check("gzip", Some(Compression::Gzip));
        check("gzip;q=0.5, deflate, br", Some(Compression::Gzip));
        check("gzip, zstd", Some(Compression::Zstd));
        check("gzip;q=0", None);
        check("x-gzipped", None);
    }

    #[test]
    fn what_is_compressed_comes_back() {
        use std::io::Read;
        let text = b"orders_total 1.0\n".repeat(100);
        let gzip = Compression::Gzip.compress(&text).unwrap();
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
        let zstd = Compression::Zstd.compress(&text).unwrap();
        assert_eq!(zstd::bulk::decompress(&zstd, text.len()).unwrap(), text);
    }
}
