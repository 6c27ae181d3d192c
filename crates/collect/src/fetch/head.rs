//! The head of an HTTP/1 response, strictly read: status, how the body is framed, and the few headers that matter here.

use http::StatusCode;

/// What comes before a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) framing: Framing,
    /// Whether the connection can be used again, once the body was read.
    pub(super) keeps_alive: bool,
    pub(super) content_type: Option<String>,
    /// In lower case; `None` where the body is as it is.
    pub(super) content_encoding: Option<String>,
    pub(super) location: Option<String>,
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After this many bytes.
    Length(u64),
    /// In chunks, each behind its length.
    Chunked,
    /// Where the connection does.
    UntilClose,
}

/// Where the head that `bytes` begin with ends; nothing before `searched` ends it.
pub(super) fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    // The empty line may have begun in what was searched.
    let from = searched.saturating_sub(3);
    bytes[from..].iter().enumerate().filter(|(_, byte)| **byte == b'\n').find_map(|(at, _)| {
        let rest = &bytes[from + at + 1..];
        let length = if rest.starts_with(b"\n") { 1 } else { 2 };
        (length == 1 || rest.starts_with(b"\r\n")).then_some(from + at + 1 + length)
    })
}

impl Head {
    /// Reads a whole head.
    pub(super) fn parse(bytes: &[u8]) -> Result<Head, String> {
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut lines =
            text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let (minor, status) = status_line(lines.next().unwrap_or(b""))?;
        let mut fields = Fields::default();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = field(line)?;
            fields.take(name, value)?;
        }
        let has_no_body = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        let framing = match (has_no_body, fields.is_chunked, fields.length) {
            (true, _, _) => Framing::Length(0),
            (_, true, _) => Framing::Chunked,
            (_, _, Some(length)) => Framing::Length(length),
            _ => Framing::UntilClose,
        };
        // Two lengths for one body: what is read is clear, where the next answer begins is not.
        let is_ambiguous = fields.is_chunked && fields.length.is_some();
        let keeps_alive = match minor {
            0 => fields.says_keep_alive && !fields.says_close,
            _ => !fields.says_close,
        };
        Ok(Head {
            status,
            framing,
            keeps_alive: keeps_alive && !is_ambiguous && framing != Framing::UntilClose,
            content_type: fields.content_type,
            content_encoding: fields.content_encoding.filter(|it| !it.is_empty() && it != "identity"),
            location: fields.location,
        })
    }
}

#[derive(Default)]
struct Fields {
    length: Option<u64>,
    is_chunked: bool,
    says_close: bool,
    says_keep_alive: bool,
    content_type: Option<String>,
    content_encoding: Option<String>,
    location: Option<String>,
}

impl Fields {
    fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), String> {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        let text = || String::from_utf8_lossy(value).into_owned();
        if is("content-length") {
            let digits =
                std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok());
            let length = length.ok_or_else(|| format!("Content-Length {:?} is not a number", text()))?;
            if self.length.replace(length).is_some_and(|known| known != length) {
                return Err("two Content-Length headers contradict each other".to_owned());
            }
        } else if is("transfer-encoding") {
            if !value.eq_ignore_ascii_case(b"chunked") || std::mem::replace(&mut self.is_chunked, true) {
                return Err(format!("Transfer-Encoding {:?} is not supported, only chunked is", text()));
            }
        } else if is("connection") {
            for token in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                self.says_close |= token.eq_ignore_ascii_case(b"close");
                self.says_keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("content-type") {
            self.content_type = Some(text());
        } else if is("content-encoding") {
            self.content_encoding = Some(text().to_ascii_lowercase());
        } else if is("location") {
            self.location = Some(text());
        }
        Ok(())
    }
}

/// The minor version and the status.
fn status_line(line: &[u8]) -> Result<(u8, StatusCode), String> {
    let invalid = || format!("expected the status line of HTTP/1, got {:?}", String::from_utf8_lossy(line));
    let rest = line.strip_prefix(b"HTTP/1.").ok_or_else(invalid)?;
    let (minor, status) = match rest {
        [minor @ (b'0' | b'1'), b' ', status @ ..] => (minor - b'0', status),
        _ => return Err(invalid()),
    };
    let is_whole = status.get(3).is_none_or(|&byte| byte == b' ');
    let status = status.get(..3).filter(|_| is_whole).and_then(|code| StatusCode::from_bytes(code).ok());
    status.map(|status| (minor, status)).ok_or_else(invalid)
}

/// The name and the value of a header line.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let invalid = || format!("expected a header, got {:?}", String::from_utf8_lossy(line));
    let colon = line.iter().position(|&byte| byte == b':').ok_or_else(invalid)?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    // White space before the colon or at the beginning of a line has been used to smuggle headers.
    let is_name = |byte: &u8| byte.is_ascii_graphic();
    let is_value = |byte: &u8| *byte >= b' ' && *byte != 0x7f || *byte == b'\t';
    if name.is_empty() || !name.iter().all(is_name) || !value.iter().all(is_value) {
        return Err(invalid());
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, want: &str) {
        let got = match Head::parse(head.as_bytes()) {
            Ok(head) => format!(
                "{} {:?}{} {} {} {}",
                head.status.as_u16(),
                head.framing,
                if head.keeps_alive { "" } else { " once" },
                head.content_type.as_deref().unwrap_or("-"),
                head.content_encoding.as_deref().unwrap_or("-"),
                head.location.as_deref().unwrap_or("-"),
            ),
            Err(error) => error,
        };
        assert_eq!(got, want, "{head}");
    }

    #[test]
    fn heads_say_where_the_body_ends_and_whether_the_connection_stays() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type:  a/b ; c\r\n\r\n",
            "200 Length(5) a/b ; c - -",
        );
        check("HTTP/1.1 200\nCONTENT-LENGTH:5\n\n", "200 Length(5) - - -");
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nconnection: a, Close\r\n\r\n",
            "200 Length(5) once - - -",
        );
        check("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "200 Length(5) once - - -");
        check(
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
            "200 Length(5) - - -",
        );
        check("HTTP/1.1 200 OK\r\n\r\n", "200 UntilClose once - - -");
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Encoding: GZIP\r\n\r\n",
            "200 Chunked - gzip -",
        );
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            "200 Chunked once - - -",
        );
        check(
            "HTTP/1.1 304 \r\nContent-Length: 5\r\nContent-Encoding: identity\r\n\r\n",
            "304 Length(0) - - -",
        );
        check("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "302 Length(0) - - /x");
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let no_status = |line: &str| format!("expected the status line of HTTP/1, got {line:?}");
        for line in ["", "220 mail", "HTTP/2 200 OK", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.2 200 OK"] {
            check(&format!("{line}\r\n\r\n"), &no_status(line));
        }
        for line in ["a", " a: b", "a : b", ": b", "a: b\u{0}"] {
            check(&format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n"), &format!("expected a header, got {line:?}"));
        }
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "two Content-Length headers contradict each other",
        );
        check("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "Content-Length \"+5\" is not a number");
        check("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "Content-Length \"\" is not a number");
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "Transfer-Encoding \"gzip, chunked\" is not supported, only chunked is",
        );
    }

    #[test]
    fn the_end_is_found_wherever_reads_are_cut() {
        let bytes = b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody\r\n\r\n";
        for searched in 0..25 {
            assert_eq!(end_of_head(bytes, searched), Some(25), "searched {searched}");
        }
        assert_eq!(end_of_head(&bytes[..24], 0), None);
        assert_eq!(end_of_head(b"HTTP/1.1 200 OK\n\nbody", 3), Some(17));
    }
}
