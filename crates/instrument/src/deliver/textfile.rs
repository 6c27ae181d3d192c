//! A file that node_exporter's textfile collector reads.

use std::io::Write;
use std::path::Path;

use crate::Error;
use crate::metrics::Registry;

impl Registry {
    /// Writes everything to a file in Prometheus's text format. Whoever reads the file sees the old one or the new one,
    /// never a part: it is written beside and renamed. Its name should end in `.prom`.
    pub fn write_to_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let failed = |what: &str, error: std::io::Error| Error::Delivery {
            reason: format!("cannot {what} {}: {error}", path.display()),
        };
        let Some(name) = path.file_name() else {
            return Err(failed("write to", std::io::ErrorKind::IsADirectory.into()));
        };
        let mut beside = name.to_owned();
        beside.push(format!(".{}.new", std::process::id()));
        let beside = path.with_file_name(beside);
        let written = std::fs::File::create(&beside)
            .and_then(|mut file| file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|error| failed("write beside", error))
            .and_then(|()| std::fs::rename(&beside, path).map_err(|error| failed("replace", error)));
        if written.is_err() {
            // Nothing is left behind; what went wrong before is what there is to tell.
            let _ = std::fs::remove_file(&beside);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("job.prom");
        let registry = Registry::new();
        registry.gauge("job_last_success_timestamp_seconds", "When.").register().unwrap().set(1.0);
        registry.write_to_file(&path).unwrap();
        registry.write_to_file(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), registry.text());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        let error = registry.write_to_file(directory.path().join("no/such.prom")).unwrap_err().to_string();
        assert!(error.contains("no/such.prom"), "{error}");
        assert!(registry.write_to_file("/").is_err());
    }
}
