//! What the loader refuses, and that each problem names its place.

#[path = "loader/support.rs"]
mod support;

use release_domain::manifest::{ProblemCode, Severity};
use runtime_compose::loader::{self, LoadOptions};
use std::collections::BTreeMap;
use support::{first, load, loaded, manifest, options, place};

#[test]
fn every_problem_names_file_line_column_and_key() {
    use ProblemCode as Code;
    for (text, expected) in [
        (
            "services:\n  web:\n    image: x\n    imagee: y\n",
            place(Code::UnsupportedKey, "/services/web/imagee", "compose.yaml", 4, 5),
        ),
        (
            "services:\n  web:\n    image: x\n    init: 3\n",
            place(Code::InvalidValue, "/services/web/init", "compose.yaml", 4, 11),
        ),
        (
            "services:\n  web:\n    image: x\n    labels: yes\n",
            place(Code::InvalidValue, "/services/web/labels", "compose.yaml", 4, 13),
        ),
        (
            "services:\n  web:\n    image: x\n    image: y\n",
            place(Code::DuplicateKey, "/services/web/image", "compose.yaml", 4, 5),
        ),
        (
            "services:\n  web: {image: x, ports: [99999]}\n",
            place(Code::InvalidValue, "/services/web/ports/0", "compose.yaml", 2, 27),
        ),
        (
            "services:\n  web:\n    image: x\n    healthcheck: {test: a, interval: soon}\n",
            place(
                Code::InvalidValue,
                "/services/web/healthcheck/interval",
                "compose.yaml",
                4,
                38,
            ),
        ),
        (
            "services:\n  web:\n    image: \"${TAG\"\n",
            place(Code::InvalidInterpolation, "/services/web/image", "compose.yaml", 3, 12),
        ),
        (
            "services:\n  web:\n    image: x:${TAG}\n",
            place(Code::MissingVariable, "/variables/TAG", "compose.yaml", 3, 12),
        ),
        (
            "services:\n  web:\n    image: x:${TAG:?which}\n",
            place(Code::MissingVariable, "/variables/TAG", "compose.yaml", 3, 12),
        ),
        (
            "services:\n  web:\n    image: x\n    depends_on: [db]\n",
            place(
                Code::UndefinedReference,
                "/services/web/depends_on/db",
                "compose.yaml",
                4,
                18,
            ),
        ),
        (
            "services:\n  web:\n    image: x\n    volumes:\n      - data:/data\n",
            place(
                Code::UndefinedReference,
                "/services/web/volumes/0",
                "compose.yaml",
                5,
                9,
            ),
        ),
        (
            "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n",
            place(Code::DependencyCycle, "/services/a/depends_on", "compose.yaml", 2, 29),
        ),
        (
            "services:\n  web:\n    build: .\n",
            place(Code::BuildWithoutImage, "/services/web/build", "compose.yaml", 3, 5),
        ),
        (
            "services: {web: {image: x}\n",
            place(Code::Syntax, "", "compose.yaml", 1, 11),
        ),
        (
            "services: {}\n",
            place(Code::NoServices, "/services", "compose.yaml", 1, 1),
        ),
        (
            "services:\n  web: {image: x, env_file: no.env}\n",
            place(Code::FileMissing, "/services/web/env_file/0", "compose.yaml", 2, 29),
        ),
    ] {
        assert_eq!(first(&[("compose.yaml", text)]), expected, "{text}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (key, value) in [
        ("provider", "{type: x}"),
        ("models", "[m]"),
        ("develop", "{watch: []}"),
        ("use_api_socket", "true"),
    ] {
        let text = format!("services:\n  web:\n    image: x\n    {key}: {value}\n");
        let expected = place(
            ProblemCode::UnsupportedKey,
            &format!("/services/web/{key}"),
            "compose.yaml",
            4,
            5,
        );
        assert_eq!(first(&[("compose.yaml", &text)]), expected);
    }
    for key in ["models: {m: {model: x}}", "jobs: {}"] {
        let text = format!("services: {{web: {{image: x}}}}\n{key}\n");
        let name = key.split(':').next().unwrap_or_default();
        let expected = place(ProblemCode::UnsupportedKey, &format!("/{name}"), "compose.yaml", 2, 1);
        assert_eq!(first(&[("compose.yaml", &text)]), expected);
    }
}

#[test]
fn a_build_beside_an_image_is_ignored_with_a_warning() {
    let loaded = loaded(&[("compose.yaml", "services:\n  web:\n    image: x\n    build: .\n")]);
    let warnings: Vec<_> = loaded
        .warnings
        .iter()
        .map(|warning| (warning.code, warning.line))
        .collect();
    assert_eq!(warnings, [(ProblemCode::BuildIgnored, Some(4))]);
    assert_eq!(loaded.project.services["web"].image, "x");
}

#[test]
fn no_spelling_of_a_path_is_read_outside_the_bundle() {
    let paths = [
        "../secret",
        "/etc/passwd",
        "a/../../secret",
        "./../secret",
        "~/secret",
        "..\\\\secret",
        "C:/secret",
        "C:\\\\secret",
        "https://example.com/x.yaml",
        "file:///etc/passwd",
        "oci://example.com/x",
        "git@example.com:x",
    ];
    let services = "services: {web: {image: x, ";
    for path in paths {
        for text in [
            format!("include: [\"{path}\"]\n{services}}}}}"),
            format!("include: [{{path: \"{path}\"}}]\n{services}}}}}"),
            format!("include: [{{path: ok.yaml, env_file: \"{path}\"}}]\n{services}}}}}"),
            format!("include: [{{path: [ok.yaml, \"{path}\"]}}]\n{services}}}}}"),
            format!("{services} extends: {{service: web, file: \"{path}\"}}}}}}"),
            format!("{services} env_file: \"{path}\"}}}}"),
            format!("{services} env_file: [{{path: \"{path}\"}}]}}}}"),
            format!("{services} label_file: [\"{path}\"]}}}}"),
            format!("{services} secrets: [s]}}}}\nsecrets: {{s: {{file: \"{path}\"}}}}"),
            format!("{services} configs: [s]}}}}\nconfigs: {{s: {{file: \"{path}\"}}}}"),
            format!("x: &x {{env_file: \"{path}\"}}\nservices: {{web: {{image: x, <<: *x}}}}")
                .replace("x: &x", "x-x: &x"),
        ] {
            let (code, ..) = first(&[("compose.yaml", &text), ("ok.yaml", "services: {}"), ("secret", "")]);
            assert_eq!(code, ProblemCode::PathEscapes, "{text}");
        }
        let mut named = manifest(&[("compose.yaml", "services: {web: {image: x}}")]);
        named.compose_files = Some(vec![path.replace("\\\\", "\\")]);
        let problems = loader::load(&named, &options()).err().unwrap_or_default();
        assert_eq!(
            problems.first().map(|problem| problem.code),
            Some(ProblemCode::PathEscapes),
            "{path}"
        );
    }
}

#[test]
fn a_missing_variable_is_told_once_and_may_be_allowed() {
    let files = manifest(&[(
        "compose.yaml",
        "services: {a: {image: \"x${NO}\", hostname: \"h${NO}\", user: \"${TOO}u\"}}",
    )]);
    let problems = loader::load(&files, &options()).err().unwrap_or_default();
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/variables/NO", "/variables/TOO"]);
    let lenient = LoadOptions {
        missing_variables_are_empty: true,
        ..options()
    };
    let loaded = loader::load(&files, &lenient).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(loaded.project.services["a"].image, "x");
    let warned: Vec<_> = loaded
        .warnings
        .iter()
        .map(|warning| (warning.code, warning.severity))
        .collect();
    assert_eq!(warned, [(ProblemCode::MissingVariable, Severity::Warning); 2]);
}

#[test]
fn no_message_shows_the_value_of_a_secret_variable() {
    let files = manifest(&[
        (
            "compose.yaml",
            "services: {a: {image: x, scale: \"${TOKEN}\", mem_limit: \"${TOKEN}\", ports: [\"${TOKEN}\"]}}",
        ),
        (".env", "A=1\n"),
    ]);
    let options = LoadOptions {
        variables: BTreeMap::from([("TOKEN".into(), "hunter2".into())]),
        secrets: ["TOKEN".into()].into(),
        ..options()
    };
    let problems = loader::load(&files, &options).err().unwrap_or_default();
    assert!(!problems.is_empty());
    assert!(!format!("{problems:?}").contains("hunter2"), "{problems:#?}");
    let broken = [
        ("compose.yaml", "services: {a: {image: x, env_file: s.env}}"),
        ("s.env", "KEY=\"hunter2\" \"hunter2\"\n"),
    ];
    let problems = load(&broken).err().unwrap_or_default();
    assert_eq!(problems.len(), 1);
    assert!(!format!("{problems:?}").contains("hunter2"), "{problems:#?}");
}

#[test]
fn a_wrong_type_is_told_with_all_that_would_do() {
    let problems = load(&[("compose.yaml", "services: {a: {image: x, labels: yes, init: [1]}}")]);
    let problems = problems.err().unwrap_or_default();
    let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    let expected = [
        "services.a.labels must be a list or a mapping",
        "services.a.init must be a boolean or a string",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_number_out_of_range_names_its_attribute() {
    let text = "services:\n  a:\n    image: x\n    healthcheck: {test: y, retries: -1}\n";
    let expected = place(
        ProblemCode::InvalidValue,
        "/services/a/healthcheck",
        "compose.yaml",
        4,
        18,
    );
    assert_eq!(first(&[("compose.yaml", text)]), expected);
}

#[test]
fn every_value_can_be_traced_to_its_file() {
    let mut files = manifest(&[
        ("a.yaml", "services:\n  a:\n    image: x\n    ports: [\"80:80\"]\n"),
        ("b.yaml", "services:\n  a:\n    image: y\n"),
    ]);
    files.compose_files = Some(vec!["a.yaml".into(), "b.yaml".into()]);
    let loaded = loader::load(&files, &options()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let place = |pointer: &str| {
        let place = loaded.places.get(pointer);
        place.map(|place| (place.file.clone(), place.line, place.column))
    };
    assert_eq!(place("/services/a/image"), Some(("b.yaml".into(), 3, 12)));
    assert_eq!(place("/services/a/ports/0"), Some(("a.yaml".into(), 4, 13)));
}
