//! Sizes in bytes as people write them: `512MB`, `1.5GiB`, `4096`.

/// Reads a size. The units are powers of 1024 with or without the `i`, as Prometheus reads them; no unit means bytes.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let bad =
        || format!("{text:?} is not a size; write a number and a unit of B, KB, MB, GB, TB, such as 512MB");
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let shift = match unit.trim().to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        "P" => 50,
        "E" => 60,
        _ => return Err(bad()),
    };
    let bytes = number * (1u64 << shift) as f64;
    if bytes.is_finite() && bytes < 9.2e18 { Ok(bytes as u64) } else { Err(bad()) }
}

/// Writes a size for people: `1.5 GiB`.
pub fn format_bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] {
        if size < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.1} EiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_write() {
        let check = |text: &str, bytes: u64| assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        check("4096", 4096);
        check("512MB", 512 << 20);
        check("1.5GiB", 3 << 29);
        check("15mb", 15 << 20);
        check("0", 0);
        for bad in ["", "MB", "-1MB", "5XB", "1e99GB", "9999999EB"] {
            assert!(parse_bytes(bad).is_err(), "{bad:?}");
        }
        assert_eq!(format_bytes(1000), "1000 B");
        assert_eq!(format_bytes(3 << 29), "1.5 GiB");
    }
}
