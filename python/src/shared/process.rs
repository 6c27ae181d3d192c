//! Which processes live.

/// When a process was started, in whatever unit the system has; `None` if it is gone. A number alone is no proof of
/// life: numbers are used again.
pub(crate) fn started(pid: u64) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The name of the process is in brackets and may have spaces and brackets itself.
        let after = stat.iter().rposition(|byte| *byte == b')')?;
        let text = String::from_utf8_lossy(&stat[after + 1..]).into_owned();
        let mut fields = text.split_ascii_whitespace();
        // A zombie only waits to be looked at.
        let gone = matches!(fields.next()?, "Z" | "X" | "x");
        let started = fields.nth(18)?.parse().ok()?;
        (!gone).then_some(started)
    }
    #[cfg(not(target_os = "linux"))]
    super::map::exists(pid).then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_an_impossible_one_does_not() {
        assert!(started(u64::from(std::process::id())).is_some());
        assert_eq!(started(u64::from(u32::MAX)), None);
    }
}
