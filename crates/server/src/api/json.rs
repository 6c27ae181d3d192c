//! JSON as answers have it by the megabyte: label sets, times and values, appended as bytes.

use model::Labels;

/// Appends a string.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.extend_from_slice(text.as_bytes());
    } else {
        for character in text.chars() {
            match character {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '\0'..' ' => out.extend_from_slice(format!("\\u{:04x}", character as u32).as_bytes()),
                other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
    out.push(b'"');
}

/// Appends a label set as an object.
pub fn push_labels(out: &mut Vec<u8>, labels: &Labels) {
    out.push(b'{');
    for (number, (name, value)) in labels.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        push_string(out, name);
        out.push(b':');
        push_string(out, value);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_as_serde_json_writes_and_reads_them() {
        let check = |text: &str| {
            let mut written = Vec::new();
            push_string(&mut written, text);
            let written = String::from_utf8(written).expect("it is text");
            assert_eq!(serde_json::from_str::<String>(&written).expect(&written), text);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&written).expect(&written), text);
        };
        check("");
        check("/path/1 {x}");
        check("quote \" backslash \\ line\n tab\t return\r bell\u{7} null\0 delete\u{7f}");
        check("größe 大きさ 🛫 \u{2028}");
    }

    #[test]
    fn label_sets_are_objects() {
        let mut written = Vec::new();
        push_labels(&mut written, &Labels::from_pairs([("__name__", "up"), ("job", "a\"b")]));
        push_labels(&mut written, &Labels::empty());
        assert_eq!(String::from_utf8_lossy(&written), r#"{"__name__":"up","job":"a\"b"}{}"#);
    }
}
