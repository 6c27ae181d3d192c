//! Bodies in chunks, put together in the buffer they are read into.

/// How long the line before a chunk may be, and how long all trailers together.
const LINE_BYTES_MAX: usize = 16 << 10;

/// How far a body is put together. In the buffer lie first what is, then what came and was not looked at yet.
pub(super) struct Chunked {
    start: usize,
    end: usize,
    next: Next,
    trailer_bytes: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Size,
    Data(u64),
    EndOfData,
    Trailer,
    Nothing,
}

/// Why a body cannot be put together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It breaks the format.
    Malformed(&'static str),
    /// It is longer than it may be.
    TooLong,
}

impl Chunked {
    /// A body whose chunks begin at `start` of the buffer.
    pub(super) fn new(start: usize) -> Chunked {
        Chunked { start, end: start, next: Next::Size, trailer_bytes: 0 }
    }

    /// Where the body ends so far.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Puts together what came; whether the body is whole. Whatever follows it stays in the buffer.
    pub(super) fn advance(&mut self, buffer: &mut Vec<u8>, body_bytes_max: u64) -> Result<bool, Fault> {
        let mut at = self.end;
        while let Some(taken) = self.step(buffer, at, body_bytes_max)? {
            at += taken;
        }
        buffer.drain(self.end..at);
        Ok(matches!(self.next, Next::Nothing))
    }

    /// Takes the next thing, if it is there: how many bytes it took.
    fn step(&mut self, buffer: &mut [u8], at: usize, body_bytes_max: u64) -> Result<Option<usize>, Fault> {
        let rest = &buffer[at..];
        match self.next {
            Next::Nothing => Ok(None),
            Next::Size => {
                let Some(line) = line(rest)? else { return Ok(None) };
                let size = chunk_size(line)?;
                let so_far = (self.end - self.start) as u64;
                if so_far.checked_add(size).is_none_or(|total| total > body_bytes_max) {
                    return Err(Fault::TooLong);
                }
                self.next = if size == 0 { Next::Trailer } else { Next::Data(size) };
                Ok(Some(line.len()))
            }
            Next::Data(wanted) => {
                let taken = rest.len().min(usize::try_from(wanted).unwrap_or(usize::MAX));
                buffer.copy_within(at..at + taken, self.end);
                self.end += taken;
                let wanted = wanted - taken as u64;
                self.next = if wanted == 0 { Next::EndOfData } else { Next::Data(wanted) };
                Ok((taken > 0).then_some(taken))
            }
            Next::EndOfData => {
                let taken = match rest {
                    [b'\r', b'\n', ..] => 2,
                    [b'\n', ..] => 1,
                    [] | [b'\r'] => return Ok(None),
                    _ => return Err(Fault::Malformed("a chunk is longer than it says")),
                };
                self.next = Next::Size;
                Ok(Some(taken))
            }
            Next::Trailer => {
                let Some(line) = line(rest)? else { return Ok(None) };
                self.trailer_bytes += line.len();
                if self.trailer_bytes > LINE_BYTES_MAX {
                    return Err(Fault::Malformed("the trailers do not end"));
                }
                if line.trim_ascii().is_empty() {
                    self.next = Next::Nothing;
                }
                Ok(Some(line.len()))
            }
        }
    }
}

/// The line that `bytes` begin with, its end included.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, Fault> {
    match bytes.iter().take(LINE_BYTES_MAX).position(|&byte| byte == b'\n') {
        Some(end) => Ok(Some(&bytes[..=end])),
        None if bytes.len() >= LINE_BYTES_MAX => {
            Err(Fault::Malformed("the line before a chunk does not end"))
        }
        None => Ok(None),
    }
}

/// The size that a chunk's line says, before any extensions.
fn chunk_size(line: &[u8]) -> Result<u64, Fault> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or(line).trim_ascii();
    let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_hex);
    text.and_then(|text| u64::from_str_radix(text, 16).ok())
        .ok_or(Fault::Malformed("the size of a chunk is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `bytes` in pieces of every size and compares what comes of them.
    fn check(bytes: &str, body_bytes_max: u64, want: Result<&str, Fault>) {
        for piece_bytes in 1..=bytes.len() {
            let (mut chunked, mut buffer) = (Chunked::new(4), b"head".to_vec());
            let mut got = Err(Fault::Malformed("it does not end"));
            for piece in bytes.as_bytes().chunks(piece_bytes) {
                buffer.extend_from_slice(piece);
                match chunked.advance(&mut buffer, body_bytes_max) {
                    Ok(false) => {}
                    Ok(true) => {
                        got = Ok(String::from_utf8_lossy(&buffer[4..chunked.end()]).into_owned());
                        break;
                    }
                    Err(fault) => {
                        got = Err(fault);
                        break;
                    }
                }
            }
            assert_eq!(got.as_deref(), want.as_deref(), "{bytes:?} in pieces of {piece_bytes}");
        }
    }

    #[test]
    fn chunks_are_put_together_however_they_come() {
        check("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", 11, Ok("hello world"));
        check("5\nhello\n00\n\n", 5, Ok("hello"));
        check("0\r\nA: b\r\n\r\n", 0, Ok(""));
        check("A\r\n0123456789\r\n0\r\n\r\n", 10, Ok("0123456789"));
    }

    #[test]
    fn what_breaks_the_format_or_the_limit_is_refused() {
        check("5\r\nhello!\r\n0\r\n\r\n", 9, Err(Fault::Malformed("a chunk is longer than it says")));
        check("x\r\n", 9, Err(Fault::Malformed("the size of a chunk is not a number")));
        check("\r\n", 9, Err(Fault::Malformed("the size of a chunk is not a number")));
        check("-1\r\n", 9, Err(Fault::Malformed("the size of a chunk is not a number")));
        check("5\r\nhello\r\n5\r\n", 9, Err(Fault::TooLong));
        check("ffffffffffffffff\r\n", 9, Err(Fault::TooLong));
        check("5\r\nhell", 9, Err(Fault::Malformed("it does not end")));
        let long = "1".repeat(LINE_BYTES_MAX);
        let mut buffer = long.into_bytes();
        let fault = Chunked::new(0).advance(&mut buffer, 9);
        assert_eq!(fault, Err(Fault::Malformed("the line before a chunk does not end")));
    }
}
