//! Which service this is, by its builder and its environment.

use crate::escapes::pairs;

/// What tells a service and its processes from others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) service: String,
    pub(super) version: String,
    pub(super) instance: String,
    pub(super) environment: String,
    /// What else `OTEL_RESOURCE_ATTRIBUTES` says.
    pub(super) attributes: Vec<(String, String)>,
}

/// What the builder was told.
#[derive(Default)]
pub(super) struct Told {
    pub(super) version: Option<String>,
    pub(super) instance: Option<String>,
    pub(super) environment: Option<String>,
}

impl Identity {
    /// The service `name`, which `OTEL_SERVICE_NAME` may rename: one program can be deployed as several services. For
    /// the rest what the builder was told stands over the environment, and what is said of it alone over
    /// `OTEL_RESOURCE_ATTRIBUTES`. Also what there is to complain of.
    pub(super) fn find(
        name: &str,
        told: Told,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> (Identity, Option<String>) {
        let variable = |name: &str| find(name).filter(|value| !value.trim().is_empty());
        let (mut attributes, mut complaint) = (Vec::new(), None);
        if let Some(list) = variable("OTEL_RESOURCE_ATTRIBUTES") {
            match pairs(&list) {
                Some(pairs) => attributes = pairs,
                None => {
                    complaint = Some(format!(
                        "OTEL_RESOURCE_ATTRIBUTES is `{list}`, which is not a list of name=value, and is left out of account"
                    ));
                }
            }
        }
        let mut take = |name: &str| {
            let at = attributes.iter().rposition(|(known, _)| known == name)?;
            let (_, value) = attributes.remove(at);
            attributes.retain(|(known, _)| known != name);
            Some(value).filter(|value| !value.is_empty())
        };
        let of_service = take("service.name");
        let of_version = take("service.version");
        let of_instance = take("service.instance.id");
        let (new, old) = (take("deployment.environment.name"), take("deployment.environment"));
        let identity = Identity {
            service: variable("OTEL_SERVICE_NAME").or(of_service).unwrap_or_else(|| name.to_owned()),
            version: told.version.or_else(|| variable("SERVICE_VERSION")).or(of_version).unwrap_or_default(),
            instance: told
                .instance
                .or_else(|| variable("SERVICE_INSTANCE"))
                .or(of_instance)
                .or_else(|| variable("HOSTNAME"))
                .unwrap_or_default(),
            environment: told
                .environment
                .or_else(|| variable("SERVICE_ENVIRONMENT"))
                .or(new)
                .or(old)
                .unwrap_or_default(),
            attributes,
        };
        (identity, complaint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(told: Told, variables: &[(&str, &str)], want: [&str; 4], attributes: &[(&str, &str)]) {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let (got, complaint) = Identity::find("orders", told, &find);
        let values = [got.service, got.version, got.instance, got.environment];
        assert_eq!((values.each_ref().map(String::as_str), complaint), (want, None), "{variables:?}");
        let got: Vec<_> =
            got.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(got, attributes, "{variables:?}");
    }

    #[test]
    fn who_says_it_more_closely_is_believed() {
        let attributes = "service.name=shop,service.version=1,service.instance.id=a,\
            deployment.environment.name=test,team=web%2Cshop";
        let of_all = ("OTEL_RESOURCE_ATTRIBUTES", attributes);
        let team = [("team", "web,shop")];
        let told = || Told { version: Some("3".to_owned()), ..Told::default() };
        check(Told::default(), &[], ["orders", "", "", ""], &[]);
        check(Told::default(), &[("HOSTNAME", "host-1")], ["orders", "", "host-1", ""], &[]);
        check(Told::default(), &[of_all, ("HOSTNAME", "host-1")], ["shop", "1", "a", "test"], &team);
        check(Told::default(), &[of_all, ("SERVICE_VERSION", "2")], ["shop", "2", "a", "test"], &team);
        check(told(), &[of_all, ("SERVICE_VERSION", "2")], ["shop", "3", "a", "test"], &team);
        check(told(), &[of_all, ("OTEL_SERVICE_NAME", "till")], ["till", "3", "a", "test"], &team);
        check(
            Told::default(),
            &[("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=old,a=1,a=2")],
            ["orders", "", "", "old"],
            &[("a", "1"), ("a", "2")],
        );
    }

    #[test]
    fn a_list_that_cannot_be_read_is_left_out_whole() {
        let find =
            |name: &str| (name == "OTEL_RESOURCE_ATTRIBUTES").then(|| "service.name=x,nonsense".to_owned());
        let (identity, complaint) = Identity::find("orders", Told::default(), &find);
        assert_eq!((identity.service.as_str(), identity.attributes.len()), ("orders", 0));
        assert!(complaint.is_some_and(|complaint| complaint.contains("nonsense")));
    }
}
