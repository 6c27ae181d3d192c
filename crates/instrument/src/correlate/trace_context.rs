//! W3C trace context: `traceparent` and `tracestate`, in and out.

use super::id::{new_span_id, new_trace_id};

/// A longer `tracestate` is dropped whole, as the specification allows.
pub const TRACE_STATE_BYTES_MAX: usize = 512;

const TRACE_STATE_MEMBERS_MAX: usize = 32;

/// Where in a trace the work at hand is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace; never zero.
    pub trace_id: u128,
    /// The span that stands for the work at hand; never zero.
    pub span_id: u64,
    /// The span of whoever asked for it.
    pub parent_id: Option<u64>,
    /// Whether the trace is recorded.
    pub sampled: bool,
    /// What other systems want to be told further on; empty when there is nothing.
    pub state: String,
}

impl TraceContext {
    /// A trace that begins here; a share `ratio` of them is sampled.
    pub fn new_root(ratio: f64) -> TraceContext {
        let trace_id = new_trace_id();
        TraceContext {
            trace_id,
            span_id: new_span_id(),
            parent_id: None,
            sampled: is_drawn(trace_id, ratio),
            state: String::new(),
        }
    }

    /// The same trace, sampled or not whatever the caller decided: a share `ratio` of all is.
    #[cfg(feature = "http")]
    pub(crate) fn drawn(self, ratio: f64) -> TraceContext {
        TraceContext { sampled: is_drawn(self.trace_id, ratio), ..self }
    }

    /// The trace that a caller is in, with a new span for the work it asked for. `None` when what it sent makes no sense.
    pub fn from_headers<'a>(
        mut traceparent: impl Iterator<Item = &'a str>,
        tracestate: impl Iterator<Item = &'a str>,
    ) -> Option<TraceContext> {
        let (trace_id, parent_id, flags) = parse_parent(traceparent.next()?)?;
        if traceparent.next().is_some() {
            return None;
        }
        let state = parse_state(tracestate).unwrap_or_default();
        Some(TraceContext {
            trace_id,
            span_id: new_span_id(),
            parent_id: Some(parent_id),
            sampled: flags & 1 == 1,
            state,
        })
    }

    /// The same trace with a span of its own.
    pub fn child(&self) -> TraceContext {
        TraceContext { span_id: new_span_id(), parent_id: Some(self.span_id), ..self.clone() }
    }

    /// The header to send along with a call: this span is the parent of what it causes.
    pub fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

/// The decision depends on the id alone, so that all services with the same ratio decide alike.
fn is_drawn(trace_id: u128, ratio: f64) -> bool {
    let drawn = (trace_id as u64 >> 8) as f64 / (1u64 << 56) as f64;
    drawn < ratio
}

/// Trace, parent and flags.
fn parse_parent(header: &str) -> Option<(u128, u64, u8)> {
    let header = header.trim_matches([' ', '\t']);
    let mut parts = header.splitn(5, '-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // A later version may add fields; this one has none.
    let (version, more) = (hex(version, 2)?, parts.next());
    if version == 0xff || (version == 0 && more.is_some()) {
        return None;
    }
    let (trace, parent) = (hex(trace, 32)?, hex(parent, 16)? as u64);
    let flags = hex(flags, 2)? as u8;
    (trace != 0 && parent != 0).then_some((trace, parent, flags))
}

/// Lower-case hexadecimal digits, exactly so many.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let valid = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    valid.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// All headers as one, when every member is as it should be.
fn parse_state<'a>(headers: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut members: Vec<&str> = Vec::new();
    for header in headers.take(TRACE_STATE_MEMBERS_MAX) {
        for member in header.split(',').map(|member| member.trim_matches([' ', '\t'])) {
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            let twice = members.iter().any(|other| other.split('=').next() == Some(key));
            if !is_state_key(key)
                || !is_state_value(value)
                || twice
                || members.len() == TRACE_STATE_MEMBERS_MAX
            {
                return None;
            }
            members.push(member);
        }
    }
    let state = members.join(",");
    (state.len() <= TRACE_STATE_BYTES_MAX).then_some(state)
}

fn is_state_key(key: &str) -> bool {
    let rest = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte))
    };
    let starts_with_letter = |text: &str| text.starts_with(|first: char| first.is_ascii_lowercase());
    match key.split_once('@') {
        Some((tenant, system)) => {
            let tenant_starts =
                tenant.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
            tenant_starts
                && tenant.len() <= 241
                && rest(tenant)
                && system.len() <= 14
                && starts_with_letter(system)
                && rest(system)
        }
        None => key.len() <= 256 && starts_with_letter(key) && rest(key),
    }
}

fn is_state_value(value: &str) -> bool {
    let printable = |byte: u8| (0x20..=0x7e).contains(&byte) && byte != b',' && byte != b'=';
    !value.is_empty() && value.len() <= 256 && value.bytes().all(printable) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn parents_as_the_specification_has_them() {
        let check = |headers: &[&str], want: Option<bool>| {
            let got = TraceContext::from_headers(headers.iter().copied(), std::iter::empty());
            assert_eq!(got.map(|context| context.sampled), want, "{headers:?}");
        };
        let parent = |version: &str, trace: &str, parent: &str, flags: &str| {
            format!("{version}-{trace}-{parent}-{flags}")
        };
        check(&[], None);
        check(&[&parent("00", TRACE, PARENT, "01")], Some(true));
        check(&[&parent("00", TRACE, PARENT, "00")], Some(false));
        check(&[&parent("00", TRACE, PARENT, "03")], Some(true));
        check(&[&parent("00", TRACE, PARENT, "ff")], Some(true));
        check(&[&format!(" {}\t", parent("00", TRACE, PARENT, "01"))], Some(true));
        // Twice is never.
        check(&[&parent("00", TRACE, PARENT, "01"), &parent("00", TRACE, PARENT, "01")], None);
        // Versions: a later one may say more, this one may not, and ff is none.
        check(&[&parent("cc", TRACE, PARENT, "01")], Some(true));
        check(&[&parent("cc", TRACE, PARENT, "01-what-the-future-will-be-like")], Some(true));
        check(&[&parent("cc", TRACE, PARENT, "01.what")], None);
        check(&[&parent("00", TRACE, PARENT, "01-what")], None);
        check(&[&parent("ff", TRACE, PARENT, "01")], None);
        check(&[&parent("0", TRACE, PARENT, "01")], None);
        check(&[&parent("000", TRACE, PARENT, "01")], None);
        check(&[&parent(".0", TRACE, PARENT, "01")], None);
        // Ids: all zero, too short, too long, upper case, no hexadecimal.
        check(&[&parent("00", &"0".repeat(32), PARENT, "01")], None);
        check(&[&parent("00", TRACE, &"0".repeat(16), "01")], None);
        check(&[&parent("00", &TRACE[1..], PARENT, "01")], None);
        check(&[&parent("00", &format!("{TRACE}0"), PARENT, "01")], None);
        check(&[&parent("00", &TRACE.to_uppercase(), PARENT, "01")], None);
        check(&[&parent("00", &TRACE.replace('4', "."), PARENT, "01")], None);
        check(&[&parent("00", TRACE, &PARENT[1..], "01")], None);
        check(&[&parent("00", TRACE, PARENT, "0")], None);
        check(&[&parent("00", TRACE, PARENT, "001")], None);
        check(&[&parent("00", TRACE, PARENT, ".0")], None);
        check(&[&format!("00-{TRACE}-{PARENT}")], None);
        check(&["", "-", "---", "00-é-é-01"][..1], None);
        check(&["00-é-é-01"], None);
    }

    #[test]
    fn states_as_the_specification_has_them() {
        let check = |headers: &[&str], want: &str| {
            let parent = format!("00-{TRACE}-{PARENT}-01");
            let got = TraceContext::from_headers([parent.as_str()].into_iter(), headers.iter().copied());
            assert_eq!(got.expect("a bad state leaves the parent alone").state, want, "{headers:?}");
        };
        check(&[], "");
        check(&["foo=1,bar=2"], "foo=1,bar=2");
        check(&["foo=1", "bar=2"], "foo=1,bar=2");
        check(&["foo=1,", "", " bar=2 ,\t"], "foo=1,bar=2");
        check(&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3");
        check(&["foo@bar=1,9tenant@sys=2"], "foo@bar=1,9tenant@sys=2");
        check(&["foo=1,foo=2"], "");
        check(&["foo =1"], "");
        check(&["FOO=1"], "");
        check(&["foo.bar=1"], "");
        check(&["foo@=1"], "");
        check(&["@foo=1"], "");
        check(&["foo@@bar=1"], "");
        check(&["9foo=1"], "");
        check(&["foo"], "");
        check(&["foo=bar=baz"], "");
        check(&["foo="], "");
        check(&[&format!("{}=1", "z".repeat(256))], &format!("{}=1", "z".repeat(256)));
        check(&[&format!("{}=1", "z".repeat(257))], "");
        check(
            &[&format!("{}@{}=1", "t".repeat(241), "v".repeat(14))],
            &format!("{}@{}=1", "t".repeat(241), "v".repeat(14)),
        );
        check(&[&format!("{}@{}=1", "t".repeat(242), "v".repeat(14))], "");
        let members =
            |count: usize| (0..count).map(|at| format!("bar{at:02}={at:02}")).collect::<Vec<_>>().join(",");
        check(&[&members(32)], &members(32));
        check(&[&members(33)], "");
    }

    #[test]
    fn a_child_is_in_the_same_trace() {
        let root = TraceContext::new_root(1.0);
        let child = root.child();
        assert_eq!((child.trace_id, child.parent_id), (root.trace_id, Some(root.span_id)));
        let header = child.traceparent();
        let back = TraceContext::from_headers([header.as_str()].into_iter(), std::iter::empty()).unwrap();
        assert_eq!((back.trace_id, back.parent_id), (root.trace_id, Some(child.span_id)));
    }

    #[test]
    fn a_ratio_of_traces_is_sampled() {
        let sampled = (0..10_000).filter(|_| TraceContext::new_root(0.25).sampled).count();
        assert!((2_200..2_800).contains(&sampled), "{sampled}");
        assert!(!TraceContext::new_root(0.0).sampled && TraceContext::new_root(1.0).sampled);
    }
}
