//! What to call a service by the process that is one. Most are called like their program; what runs inside of `uvicorn`, `python`,
//! `node` or `java` is called like what was given to that: the module, the script, the archive, else the folder it stands in.

use std::fs;
use std::path::Path;

/// Programs that run others.
const RUNNERS: [&str; 19] = [
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "granian",
    "daphne",
    "uwsgi",
    "fastapi",
    "flask",
    "celery",
    "python",
    "pypy",
    "node",
    "bun",
    "deno",
    "java",
    "ruby",
    "puma",
    "php",
    "dotnet",
];
/// Names that say nothing about what a service is for.
const EMPTY_NAMES: [&str; 18] = [
    "main",
    "app",
    "application",
    "server",
    "service",
    "api",
    "index",
    "src",
    "dist",
    "lib",
    "bin",
    "asgi",
    "wsgi",
    "run",
    "manage",
    "__main__",
    "start",
    "web",
];

/// The name of the service that a process is, as `/proc` shows it.
pub(super) fn name(process: &Path) -> Option<String> {
    let comm = fs::read_to_string(process.join("comm")).ok()?.trim().to_owned();
    let command = fs::read(process.join("cmdline")).unwrap_or_default();
    let text = String::from_utf8_lossy(&command).into_owned();
    let arguments: Vec<&str> = text.split('\0').collect();
    let folder = fs::read_link(process.join("cwd")).unwrap_or_default();
    name_of(&comm, &arguments, &folder)
}

fn name_of(comm: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let program = base(arguments.first().copied().unwrap_or_default());
    // `comm` is cut after 15 bytes.
    let own = if program.starts_with(comm) { program } else { comm };
    let given = if is_runner(own) || is_runner(program) { what_runs(arguments, folder) } else { None };
    given.or_else(|| (!own.is_empty()).then(|| own.to_owned()))
}

fn is_runner(program: &str) -> bool {
    let bare = program.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
    RUNNERS.contains(&bare)
}

/// The first name among the arguments that says something.
fn what_runs(arguments: &[&str], folder: &Path) -> Option<String> {
    let mut rest = arguments.iter().copied().skip(1).filter(|one| !one.is_empty());
    let mut found = None;
    while let Some(argument) = rest.next() {
        let is_runner = is_runner(base(argument));
        if argument == "-c" || argument == "-e" {
            return None;
        }
        if argument == "-m" || argument == "-jar" || is_runner || argument == "run" || argument == "dev" {
            continue;
        }
        if argument.starts_with('-') {
            // An option has its value behind it unless that looks like what is run.
            if !argument.contains('=') && !rest.clone().next().is_some_and(is_runnable) {
                rest.next();
            }
            continue;
        }
        found = Some(argument);
        break;
    }
    let parts: Vec<String> = split(found?);
    let telling = parts.into_iter().rev().find(|part| !EMPTY_NAMES.contains(&part.as_str()));
    telling.or_else(|| {
        let names: Vec<String> = folder.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        names.into_iter().rev().find(|name| name != "/" && !EMPTY_NAMES.contains(&name.as_str()))
    })
}

fn is_runnable(argument: &str) -> bool {
    argument.contains(':')
        && !argument.contains('/')
        && argument.starts_with(|first: char| first.is_ascii_alphabetic())
        || [".py", ".js", ".mjs", ".cjs", ".ts", ".jar", ".rb", ".php", ".dll"]
            .iter()
            .any(|end| argument.ends_with(end))
}

/// `shop.orders.main:app` and `/srv/orders/server-1.2.jar` in their parts.
fn split(argument: &str) -> Vec<String> {
    let module = argument.split(':').next().unwrap_or_default();
    let is_file = argument.contains('/') || is_runnable(argument) && !argument.contains(':');
    if !is_file {
        return module.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    }
    let path = Path::new(argument);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    // A version at the end changes with every release.
    let stem = match stem.rsplit_once('-') {
        Some((before, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => {
            before.to_owned()
        }
        _ => stem,
    };
    let parent = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    parent.into_iter().chain([stem]).filter(|part| !part.is_empty() && part != "." && part != "..").collect()
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_called_after_what_runs() {
        let check = |command: &str, folder: &str, want: &str| {
            let arguments: Vec<&str> = command.split(' ').collect();
            let comm = base(arguments[0]);
            let comm = &comm[..comm.len().min(15)];
            assert_eq!(name_of(comm, &arguments, Path::new(folder)).as_deref(), Some(want), "{command}");
        };
        check(
            "/usr/bin/prometheus-node-exporter --web.listen-address=:9100",
            "/",
            "prometheus-node-exporter",
        );
        check("/usr/local/bin/orders --port 8000", "/srv/x", "orders");
        check("/v/bin/python3 /v/bin/uvicorn orders:app --port 8000", "/srv", "orders");
        check("/v/bin/python3 /v/bin/uvicorn shop.orders.main:app --port 8000", "/srv", "orders");
        check("/v/bin/python3.11 -m uvicorn main:app --host 0.0.0.0", "/srv/payments", "payments");
        check("/v/bin/python3 /v/bin/uvicorn --port 8000 main:app", "/srv/payments/src", "payments");
        check("gunicorn -w 4 -k uvicorn.workers.UvicornWorker billing.wsgi:application", "/", "billing");
        check("python3 -m billing", "/", "billing");
        check("python3 /srv/catalog/main.py", "/", "catalog");
        check("fastapi run search/main.py", "/", "search");
        check("node --max-old-space-size=512 dist/server.js", "/srv/cart", "cart");
        check("java -Xmx1g -jar /opt/stock-2.1.0.jar", "/", "stock");
        check("python3 -c pass", "/srv/x", "python3");
        check("python3", "/srv/x", "python3");
    }
}
