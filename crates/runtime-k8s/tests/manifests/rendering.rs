//! From files to the canonical desired state, through the port: what is read, what is refused and where.

use crate::support::{self, object, problems, render, render_with};
use release_domain::manifest::{ProblemCode, Severity};
use release_domain::secret::MASK;

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

#[test]
fn several_documents_lists_and_json_are_objects_sorted_by_key() {
    let yaml = "# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n\
                - {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n---\napiVersion: v1\nkind: ConfigMapList\n\
                items: [{metadata: {name: c}}]\n---\n";
    let json = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}"#;
    let rendered = render(&[("a.yaml", yaml), ("b.json", json)]);
    let desired = rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems));
    let keys: Vec<&str> = desired.objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "apps/v1/Deployment/shop/d",
            "v1/ConfigMap/shop/c",
            "v1/Namespace/n",
            "v1/Secret/shop/s"
        ]
    );
}

#[test]
fn every_problem_names_its_file_line_column_and_pointer() {
    use ProblemCode::{Conflict, DuplicateKey, InvalidName, InvalidValue, Syntax, UnsupportedKey};
    let twice = format!("{CONFIG}---\n{CONFIG}");
    for (text, line, column, pointer, code) in [
        ("kind: A\nkind: B\n", 2, 1, "/kind", DuplicateKey),
        ("a: {x: 1, y: 2, x: 3}\n", 1, 17, "/a/x", DuplicateKey),
        ("a: [1\nb: 2\n", 2, 2, "", Syntax),
        ("a: !odd {}\n", 1, 9, "/a", Syntax),
        ("just words\n", 1, 1, "", InvalidValue),
        (
            "kind: ConfigMap\nmetadata: {name: a}\n",
            1,
            1,
            "/apiVersion",
            InvalidValue,
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {}\n",
            1,
            1,
            "/metadata/name",
            InvalidName,
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: ../x}\n",
            1,
            1,
            "/metadata/name",
            InvalidName,
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: A/b}\n",
            1,
            1,
            "/metadata/namespace",
            InvalidName,
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n",
            1,
            1,
            "/metadata/generateName",
            UnsupportedKey,
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {b: 1}}\n",
            1,
            1,
            "/metadata/labels/b",
            InvalidValue,
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {releasectl.dev/health: '{}'}}\n",
            1,
            1,
            "/metadata/annotations/releasectl.dev~1health",
            InvalidValue,
        ),
        (twice.as_str(), 5, 1, "", Conflict),
    ] {
        let found = problems(text);
        let first = found
            .first()
            .unwrap_or_else(|| panic!("nothing is wrong with {text:?}"));
        let told = (
            first.file.as_deref(),
            first.line,
            first.column,
            first.pointer.as_str(),
            first.code,
        );
        assert_eq!(
            told,
            (Some("app.yaml"), Some(line), Some(column), pointer, code),
            "{text:?}: {first:?}"
        );
        assert_eq!(first.severity, Severity::Error);
    }
}

#[test]
fn merge_keys_are_expanded_before_anything_is_checked() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  <<: [&x {one: '1', two: '2'}, {two: '3', \
                four: '4'}]\n  one: own\nmore: *x\n";
    let value = object(text);
    assert_eq!(
        value["data"],
        serde_json::json!({"one": "own", "two": "2", "four": "4"}),
        "the explicit key wins, then the earlier map"
    );
    assert_eq!(value["more"], serde_json::json!({"one": "1", "two": "2"}));
}

#[test]
fn bombs_are_refused_before_they_grow() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        laughs += &format!("a{level}: &a{level} [{below}]\n");
    }
    let deep = "[".repeat(50_000);
    let wide = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(5_000), "*a, ".repeat(5_000));
    for bomb in [laughs, deep, wide] {
        let found = problems(&bomb);
        assert!(!found.is_empty(), "a bomb of {} bytes is taken", bomb.len());
    }
}

#[test]
fn variables_are_put_in_by_the_names_that_are_declared() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: '${TAG:-x}', b: '${HOME} $TAG $(TAG) $${TAG}', \
                c: \"${COUNT}\"}\nreplicas: ${COUNT}\nversion: ${TAG}\nprefixed: v${COUNT}\n";
    let rendered = render_with(&[("app.yaml", text)], &[("TAG", "1.10"), ("COUNT", "3")]);
    assert_eq!(rendered.variables, ["COUNT", "TAG"]);
    let desired = rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems));
    let value = support::first(&desired);
    assert_eq!(
        value["data"],
        serde_json::json!({"a": "1.10", "b": "${HOME} $TAG $(TAG) ${TAG}", "c": "3"})
    );
    assert_eq!((&value["replicas"], &value["version"]), (&3.into(), &"1.10".into()));
    assert_eq!(value["prefixed"], "v3");
}

#[test]
fn a_value_of_a_variable_is_never_read_as_yaml() {
    let text = format!("{CONFIG}data:\n  a: ${{TAG}}\n  b: \"${{TAG}}\"\n");
    let nasty = "x\nprivileged: true\n- [\"&a *a\" # {";
    let rendered = render_with(&[("app.yaml", &text)], &[("TAG", nasty)]);
    let desired = rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems));
    let value = support::first(&desired);
    assert_eq!(
        (&value["data"]["a"], &value["data"]["b"]),
        (&nasty.into(), &nasty.into())
    );
}

#[test]
fn what_the_server_writes_itself_is_left_out_with_a_word() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, uid: u, resourceVersion: '1', creationTimestamp: null, \
                managedFields: [{}]}\nstatus: {x: 1}\n";
    let rendered = render(&[("app.yaml", text)]);
    let told: Vec<&str> = rendered
        .problems
        .iter()
        .map(|problem| problem.pointer.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "/status",
            "/metadata/managedFields",
            "/metadata/resourceVersion",
            "/metadata/uid"
        ]
    );
    assert!(
        rendered
            .problems
            .iter()
            .all(|problem| problem.severity == Severity::Warning)
    );
    assert_eq!(
        object(text)["metadata"],
        serde_json::json!({"name": "a", "namespace": "shop"})
    );
}

#[test]
fn namespaces_go_to_what_has_one_and_a_definition_says_of_its_kind() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r, namespace: x}\n---\n\
                apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ws.e.io}\nspec: {group: \
                e.io, scope: Cluster, names: {kind: W}}\n---\napiVersion: e.io/v1\nkind: W\nmetadata: {name: w}\n---\n\
                apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: other}\n";
    let rendered = render(&[("app.yaml", text)]);
    let keys: Vec<&str> = rendered
        .documents
        .iter()
        .map(|document| document.key.as_str())
        .collect();
    assert_eq!(
        keys,
        [
            "apiextensions.k8s.io/v1/CustomResourceDefinition/ws.e.io",
            "e.io/v1/W/w",
            "rbac.authorization.k8s.io/v1/ClusterRole/r",
            "v1/ConfigMap/other/c"
        ]
    );
    assert_eq!(rendered.problems.len(), 1, "{:#?}", rendered.problems);
}

#[test]
fn a_manifest_without_an_object_is_refused() {
    let codes: Vec<_> = problems("# nothing\n---\n")
        .into_iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, [ProblemCode::NoServices]);
}

#[test]
fn documents_show_no_secret() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: cGxhbnRlZA==}\nstringData: {b: planted}\n";
    let rendered = render(&[("app.yaml", text)]);
    let shown = &rendered.documents[0].text;
    assert!(
        shown.matches(MASK).count() == 2 && !shown.contains("planted") && !shown.contains("cGxh"),
        "{shown}"
    );
}
