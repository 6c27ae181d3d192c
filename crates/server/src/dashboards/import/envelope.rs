//! What a dashboard is wrapped in: the answer of an API or what is posted to one, a resource, a list of one.

use serde_json::Value;

use super::read::text;

/// How many wrappers may be around each other.
const DEPTH_MAX: usize = 8;
/// Under what names a dashboard is found in its wrapper: of the API, of resources, of the catalogue of dashboards.
const NAMES: &[&str] = &["dashboard", "spec", "json", "data"];

/// The dashboard inside, and the name its wrapper has for it; an error says why there is none.
pub fn opened(json: &Value) -> Result<(&Value, String), String> {
    let (mut inner, mut name) = (json, String::new());
    for _ in 0..DEPTH_MAX {
        if is_dashboard(inner) {
            return Ok((inner, name));
        }
        if inner["apiVersion"].is_string() && !text(&inner["metadata"], "name").is_empty() {
            name = text(&inner["metadata"], "name");
        }
        let list = inner.as_array().or_else(|| inner["items"].as_array());
        inner = match list.map(Vec::as_slice) {
            Some([one]) => one,
            Some(several) => {
                return Err(format!(
                    "this is a list of {} dashboards: each needs a file of its own",
                    several.len()
                ));
            }
            None => match NAMES.iter().map(|name| &inner[*name]).find(|inner| inner.is_object()) {
                Some(inner) => inner,
                None => break,
            },
        };
    }
    Err("this is no dashboard: it has neither panels nor rows nor elements".to_owned())
}

/// Whether it has panels in any form, or says by its schema that it has none.
fn is_dashboard(json: &Value) -> bool {
    let listed = |name: &str| json[name].is_array();
    json["elements"].is_object()
        || listed("panels")
        || listed("rows")
        || !json["schemaVersion"].is_null() && json["spec"].is_null()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wrapper_is_opened() {
        let bare = json!({ "title": "t", "panels": [] });
        let check =
            |json: Value, name: &str| assert_eq!(opened(&json), Ok((&bare, name.to_owned())), "{json}");
        check(bare.clone(), "");
        check(json!({ "dashboard": bare, "meta": { "slug": "x" } }), "");
        check(json!({ "dashboard": bare, "folderId": 0, "overwrite": true }), "");
        check(json!({ "id": 1860, "revision": 37, "json": bare }), "");
        check(json!([bare]), "");
        check(json!([{ "dashboard": bare }]), "");
        let resource = json!({ "apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": { "name": "n" }, "spec": bare });
        check(resource.clone(), "n");
        check(json!({ "kind": "DashboardList", "items": [resource] }), "n");
        check(json!({ "kind": "Dashboard", "spec": bare }), "");
    }

    #[test]
    fn what_is_none_is_told_so() {
        let check = |json: Value, part: &str| {
            let problem = opened(&json).expect_err("it is none");
            assert!(problem.contains(part), "{problem}");
        };
        check(json!({ "title": "no panels" }), "neither panels nor rows");
        check(json!({ "dashboard": null }), "neither");
        check(json!("x"), "neither");
        check(json!([{ "panels": [] }, { "panels": [] }]), "list of 2");
        check(json!([]), "list of 0");
        assert!(opened(&json!({ "schemaVersion": 39, "panels": null })).is_ok());
    }
}
