//! What OpenTelemetry's variables say beyond where to export: which traces are sampled and what callers and called are told.
//! A variable that is set and has no effect is told, for nothing is worse to look for than what nobody heeds.

use crate::correlate::Propagation;

/// What the environment wants; nothing where it says nothing.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wishes {
    pub(super) sampler: Option<Sampler>,
    pub(super) propagation: Option<Propagation>,
    /// Nothing at all is to be exported.
    pub(super) is_disabled: bool,
}

/// Which traces are sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sampler {
    /// The share of those that begin here.
    pub(super) ratio: f64,
    /// Whether callers that decided are obeyed.
    pub(super) callers_decide: bool,
    /// Whether others may be kept because they failed or were slow.
    pub(super) may_keep: bool,
}

/// What is read in `identity` and here, or where it is needed.
const READ: [&str; 8] = [
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_PROPAGATORS",
    "OTEL_METRICS_EXEMPLAR_FILTER",
    "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
];

/// Variables for programs in other languages, and those by which an operator tells a container about itself.
const FOR_OTHERS: [&str; 14] = [
    "OTEL_DOTNET_",
    "OTEL_ERLANG_",
    "OTEL_GO_",
    "OTEL_INJECTOR_",
    "OTEL_INSTRUMENTATION_",
    "OTEL_JAVA",
    "OTEL_NODE_",
    "OTEL_NODEJS_",
    "OTEL_PHP_",
    "OTEL_POD_",
    "OTEL_PYTHON_",
    "OTEL_RESOURCE_ATTRIBUTES_",
    "OTEL_RUBY_",
    "OTEL_SWIFT_",
];

impl Wishes {
    /// What the variables say, `find` being how to read one and `names` all that are set, and what there is to complain of.
    /// `says_itself` tells that the program names its collector, and does not ask the environment for one.
    pub(super) fn find(
        find: &dyn Fn(&str) -> Option<String>,
        names: impl Iterator<Item = String>,
        says_itself: bool,
    ) -> (Wishes, Vec<String>) {
        let get =
            |name: &str| find(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut complaints = Vec::new();
        let wishes = Wishes {
            sampler: sampler(&get, &mut complaints),
            propagation: get("OTEL_PROPAGATORS").map(|list| propagation(&list, &mut complaints)),
            is_disabled: get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        };
        if let Some(filter) = get("OTEL_METRICS_EXEMPLAR_FILTER").filter(|filter| filter != "trace_based") {
            complaints.push(format!(
                "OTEL_METRICS_EXEMPLAR_FILTER is `{filter}` and has no effect: exemplars are of traces that are sampled"
            ));
        }
        let mut unread: Vec<String> = names
            .filter(|name| name.starts_with("OTEL_") && !READ.contains(&name.as_str()) && get(name).is_some())
            .filter(|name| !FOR_OTHERS.iter().any(|prefix| name.starts_with(prefix)))
            .collect();
        unread.sort_unstable();
        for name in unread {
            let why = match is_of_export(&name) {
                Some(true) if !says_itself => continue,
                Some(true) => ": the program says itself where to export",
                None if name.contains("_EXPORTER") => ": the program was built without `otlp`",
                _ => " here",
            };
            complaints.push(format!("{name} is set and has no effect{why}"));
        }
        (wishes, complaints)
    }
}

fn sampler(get: &dyn Fn(&str) -> Option<String>, complaints: &mut Vec<String>) -> Option<Sampler> {
    let word = get("OTEL_TRACES_SAMPLER");
    let argument = get("OTEL_TRACES_SAMPLER_ARG");
    let Some(word) = word else {
        if argument.is_some() {
            complaints.push("OTEL_TRACES_SAMPLER_ARG has no effect without OTEL_TRACES_SAMPLER".to_owned());
        }
        return None;
    };
    let ratio = || {
        let Some(argument) = argument else { return 1.0 };
        let ratio = argument.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        ratio.unwrap_or_else(|| {
            complaints.push(format!(
                "OTEL_TRACES_SAMPLER_ARG is `{argument}`, which is not a share from 0 to 1; all traces are sampled"
            ));
            1.0
        })
    };
    let (ratio, callers_decide) = match word.to_ascii_lowercase().as_str() {
        "always_on" => (1.0, false),
        "always_off" => (0.0, false),
        "traceidratio" => (ratio(), false),
        "parentbased_always_on" => (1.0, true),
        "parentbased_always_off" => (0.0, true),
        "parentbased_traceidratio" => (ratio(), true),
        _ => {
            complaints.push(format!(
                "OTEL_TRACES_SAMPLER is `{word}`, which is not always_on, always_off or traceidratio, \
                 or these with parentbased_ in front, and is left out of account"
            ));
            return None;
        }
    };
    let may_keep = !word.to_ascii_lowercase().ends_with("always_off");
    Some(Sampler { ratio, callers_decide, may_keep })
}

fn propagation(list: &str, complaints: &mut Vec<String>) -> Propagation {
    let mut wanted = Propagation { trace: false, baggage: false };
    for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word {
            "tracecontext" => wanted.trace = true,
            "baggage" => wanted.baggage = true,
            "none" => {}
            _ => complaints.push(format!(
                "OTEL_PROPAGATORS names `{word}`, which is not spoken here; tracecontext and baggage are"
            )),
        }
    }
    wanted
}

/// Whether a variable is one of the export's, if that can be told: there is none without the feature.
#[cfg(feature = "otlp")]
fn is_of_export(name: &str) -> Option<bool> {
    Some(crate::otlp::is_read(name))
}

#[cfg(not(feature = "otlp"))]
fn is_of_export(_: &str) -> Option<bool> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], want: Wishes, complaints: &[&str]) {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let (got, said) = Wishes::find(&find, variables.iter().map(|(name, _)| (*name).to_owned()), false);
        assert_eq!(got, want, "{variables:?}");
        assert_eq!(said.len(), complaints.len(), "{said:?}");
        for (said, complaint) in said.iter().zip(complaints) {
            assert!(said.contains(complaint), "{said}");
        }
    }

    fn sampling(ratio: f64, callers_decide: bool, may_keep: bool) -> Wishes {
        Wishes { sampler: Some(Sampler { ratio, callers_decide, may_keep }), ..Wishes::default() }
    }

    #[test]
    fn samplers() {
        let named = |name| ("OTEL_TRACES_SAMPLER", name);
        let share = |share| ("OTEL_TRACES_SAMPLER_ARG", share);
        check(&[], Wishes::default(), &[]);
        check(&[named("always_on")], sampling(1.0, false, true), &[]);
        check(&[named("always_off")], sampling(0.0, false, false), &[]);
        check(&[named("parentbased_always_off")], sampling(0.0, true, false), &[]);
        check(&[named("parentbased_traceidratio"), share("0.25")], sampling(0.25, true, true), &[]);
        check(&[named("traceidratio")], sampling(1.0, false, true), &[]);
        check(&[named("traceidratio"), share("25")], sampling(1.0, false, true), &["share from 0 to 1"]);
        check(&[named("traceidratio"), share("NaN")], sampling(1.0, false, true), &["NaN"]);
        check(&[named("jaeger_remote")], Wishes::default(), &["jaeger_remote"]);
        check(&[share("0.25")], Wishes::default(), &["no effect without OTEL_TRACES_SAMPLER"]);
    }

    #[test]
    fn propagators() {
        let check = |list: &str, trace, baggage, complaints: &[&str]| {
            let propagation = Some(Propagation { trace, baggage });
            check(&[("OTEL_PROPAGATORS", list)], Wishes { propagation, ..Wishes::default() }, complaints);
        };
        check("tracecontext,baggage", true, true, &[]);
        check(" tracecontext ", true, false, &[]);
        check("none", false, false, &[]);
        check("b3,tracecontext", true, false, &["`b3`"]);
    }

    #[test]
    fn what_has_no_effect_is_told() {
        check(
            &[("OTEL_SPAN_LINK_COUNT_LIMIT", "3")],
            Wishes::default(),
            &["OTEL_SPAN_LINK_COUNT_LIMIT is set"],
        );
        check(
            &[
                ("OTEL_LOG_LEVEL", "debug"),
                ("OTEL_SPAN_LINK_COUNT_LIMIT", ""),
                ("OTEL_PYTHON_LOG_CORRELATION", "true"),
                ("OTEL_SERVICE_NAME", "shop"),
                ("PATH", "/"),
            ],
            Wishes::default(),
            &["OTEL_LOG_LEVEL is set"],
        );
        let disabled = Wishes { is_disabled: true, ..Wishes::default() };
        check(&[("OTEL_SDK_DISABLED", "TRUE")], disabled, &[]);
        let export = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x"), ("OTEL_BSP_SCHEDULE_DELAY", "1")];
        let complaints: &[&str] =
            if cfg!(feature = "otlp") { &[] } else { &["OTEL_BSP_SCHEDULE_DELAY", "without `otlp`"] };
        check(&export, Wishes::default(), complaints);
        let find = |name: &str| (name == export[0].0).then(|| export[0].1.to_owned());
        let (_, said) = Wishes::find(&find, std::iter::once(export[0].0.to_owned()), true);
        assert_eq!(said.len(), 1, "{said:?}");
        let filter = ("OTEL_METRICS_EXEMPLAR_FILTER", "always_on");
        check(&[filter], Wishes::default(), &["traces that are sampled"]);
        check(&[(filter.0, "trace_based")], Wishes::default(), &[]);
    }
}
