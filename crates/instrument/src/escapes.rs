//! Percent-encoding and the lists of pairs that use it: what URLs and OpenTelemetry's variables are written in.

/// Text with its escapes resolved, so that `%74oken` is a token.
pub(crate) fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match byte {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `name=value,name=value`, spaces around each left out and values unescaped; `None` where that is not what it is.
#[cfg(any(feature = "axum", feature = "otlp"))]
pub(crate) fn pairs(list: &str) -> Option<Vec<(String, String)>> {
    let pairs = list.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let name = name.trim();
            (!name.is_empty()).then(|| (unescaped(name), unescaped(value.trim())))
        })
        .collect()
}

#[cfg(all(test, any(feature = "axum", feature = "otlp")))]
mod tests {
    use super::*;

    #[test]
    fn lists_of_pairs() {
        let check = |list: &str, want: Option<&[(&str, &str)]>| {
            let got = pairs(list);
            let got: Option<Vec<(&str, &str)>> = got
                .as_ref()
                .map(|pairs| pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect());
            assert_eq!(got.as_deref(), want, "{list}");
        };
        check("", Some(&[]));
        check("a=b", Some(&[("a", "b")]));
        check(" a = b , c=d=e,", Some(&[("a", "b"), ("c", "d=e")]));
        check("a=%2C%3d%c3%a4,b=%zz%+1%", Some(&[("a", ",=ä"), ("b", "%zz%+1%")]));
        check("a=", Some(&[("a", "")]));
        check("a", None);
        check("a=b,=c", None);
    }
}
