//! What the loader promises beyond equality with Compose: nothing read outside the bundle, bombs
//! refused, every problem with its place.

use release_domain::manifest::{Manifest, ManifestFile, ProblemCode, RenderProblem, Severity};
use runtime_compose::config_hash;
use runtime_compose::loader::{self, LoadOptions, Loaded};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn manifest(files: &[(&str, &str)]) -> Manifest {
    Manifest {
        files: files
            .iter()
            .map(|(path, content)| ManifestFile {
                path: (*path).into(),
                content: (*content).into(),
            })
            .collect(),
        compose_files: None,
    }
}

fn options() -> LoadOptions {
    LoadOptions {
        project_name: Some("shop".into()),
        ..LoadOptions::default()
    }
}

fn load(files: &[(&str, &str)]) -> Result<Loaded, Vec<RenderProblem>> {
    loader::load(&manifest(files), &options())
}

fn loaded(files: &[(&str, &str)]) -> Loaded {
    load(files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The first error: code, pointer, file, line, column.
fn first(files: &[(&str, &str)]) -> (ProblemCode, String, String, u32, u32) {
    let problems = load(files).err().unwrap_or_default();
    let Some(problem) = problems.into_iter().find(|problem| problem.severity == Severity::Error) else {
        panic!("accepted");
    };
    (
        problem.code,
        problem.pointer,
        problem.file.unwrap_or_default(),
        problem.line.unwrap_or_default(),
        problem.column.unwrap_or_default(),
    )
}

fn place(
    code: ProblemCode,
    pointer: &str,
    file: &str,
    line: u32,
    column: u32,
) -> (ProblemCode, String, String, u32, u32) {
    (code, pointer.into(), file.into(), line, column)
}

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
fn a_path_of_an_included_file_starts_from_its_own_folder() {
    let loaded = loaded(&[
        (
            "compose.yaml",
            "include: [sub/compose.yaml]\nservices: {a: {image: x, extends: {service: base, file: lib/base.yaml}}}",
        ),
        (
            "sub/compose.yaml",
            "services: {b: {image: y, env_file: b.env, volumes: [\"./data:/data\"]}}",
        ),
        ("sub/b.env", "WHO=sub"),
        ("b.env", "WHO=root"),
        (
            "lib/base.yaml",
            "services: {base: {env_file: ../b.env, volumes: [\"../up:/up\", \"./here:/here\"]}}",
        ),
    ]);
    let services = &loaded.project.services;
    assert_eq!(services["b"].environment["WHO"].as_deref(), Some("sub"));
    assert_eq!(services["b"].volumes[0].source, "./sub/data");
    assert_eq!(services["a"].environment["WHO"].as_deref(), Some("root"));
    let sources: Vec<_> = services["a"]
        .volumes
        .iter()
        .map(|mount| mount.source.as_str())
        .collect();
    assert_eq!(sources, ["./up", "./lib/here"]);
}

#[test]
fn a_bind_is_absolute_where_the_working_folder_is_known() {
    let files = manifest(&[(
        "compose.yaml",
        "services: {a: {image: x, volumes: [\"./d/../e:/x\", \"../up:/up\", \"/abs:/abs\"]}}",
    )]);
    let options = LoadOptions {
        working_dir: Some("/srv/shop".into()),
        ..options()
    };
    let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let sources: Vec<_> = loaded.project.services["a"]
        .volumes
        .iter()
        .map(|mount| mount.source.as_str())
        .collect();
    assert_eq!(sources, ["/srv/shop/e", "/srv/up", "/abs"]);
}

/// A name, and the files of a bundle.
type Bomb = (&'static str, Vec<(String, String)>);

fn bombs() -> Vec<Bomb> {
    let one = |name, text: String| (name, vec![("compose.yaml".to_owned(), text)]);
    let laughs = |last: &str| {
        let mut text = String::from("x-0: &a0 [l, l, l, l, l, l, l, l, l, l]\n");
        for level in 1..12 {
            let refs = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("x-{level}: &a{level} [{refs}]\n"));
        }
        text + last
    };
    let mut merges = String::from("x-0: &m0 {k0: 1}\n");
    for level in 1..40 {
        let below = level - 1;
        merges.push_str(&format!(
            "x-{level}: &m{level} {{<<: [*m{below}, *m{below}, *m{below}], k{level}: 1}}\n"
        ));
    }
    let mut includes = vec![("compose.yaml".to_owned(), "include: [i0.yaml, i0.yaml]".to_owned())];
    for level in 0..40 {
        let next = format!("i{}.yaml", level + 1);
        includes.push((
            format!("i{level}.yaml"),
            format!("include: [{{path: {next}}}, {{path: ./{next}}}]"),
        ));
    }
    includes.push(("i40.yaml".into(), "services: {a: {image: x}}".into()));
    let big = |name: &str| {
        let keys: String = (0..20_000).map(|n| format!("      K{n}: v\n")).collect();
        format!("services:\n  {name}:\n    image: x\n    environment:\n{keys}")
    };
    let extenders: String = (0..2_000)
        .map(|n| format!("  s{n}: {{extends: {{service: base, file: base.yaml}}}}\n"))
        .collect();
    let templates: String = (0..10_000)
        .map(|n| format!("  x-{n}: \"${{BIG}}${{BIG}}${{BIG}}${{BIG}}\"\n"))
        .collect();
    vec![
        one("billion laughs", laughs("services: {a: {image: x}}")),
        one(
            "billion laughs in a value",
            laughs("services: {a: {image: x, command: *a11}}"),
        ),
        one("merge keys", merges + "services: {a: {image: x}}"),
        one(
            "quadratic aliases",
            format!(
                "x-a: &a [{}]\nx-b: [{}]\n",
                vec!["1"; 4000].join(","),
                vec!["*a"; 4000].join(",")
            ),
        ),
        one(
            "depth, flow",
            format!("x-a: {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        ),
        one(
            "depth, block",
            (0..2_000).map(|n| format!("{}x-a:\n", " ".repeat(n))).collect(),
        ),
        one("depth by alias", {
            let mut text = String::from("x-0: &d0 [1]\n");
            for level in 1..100 {
                text.push_str(&format!("x-{level}: &d{level} [*d{}]\n", level - 1));
            }
            text
        }),
        one("chain of aliases", {
            let mut text = String::from("x-0: &d0 [1]\n");
            for level in 1..30_000 {
                text.push_str(&format!("x-{level}: &d{level} [*d{}]\n", level - 1));
            }
            text
        }),
        ("chain of includes", {
            let link = |n: usize| (format!("i{n}.yaml"), format!("include: [i{}.yaml]", n + 1));
            let mut files: Vec<(String, String)> = (0..900).map(link).collect();
            files[0].0 = "compose.yaml".into();
            files.push(("i900.yaml".into(), "services: {a: {image: x}}".into()));
            files
        }),
        ("chain of extended files", {
            let link = |n: usize| {
                let next = n + 1;
                (
                    format!("e{n}.yaml"),
                    format!("services: {{a: {{extends: {{service: a, file: e{next}.yaml}}}}}}"),
                )
            };
            let mut files: Vec<(String, String)> = (0..900).map(link).collect();
            files[0].0 = "compose.yaml".into();
            files.push(("e900.yaml".into(), "services: {a: {image: x}}".into()));
            files
        }),
        one(
            "nested defaults",
            format!(
                "services: {{a: {{image: \"{}x{}\"}}}}",
                "${A:-".repeat(50_000),
                "}".repeat(50_000)
            ),
        ),
        (
            "large values",
            vec![
                ("compose.yaml".into(), format!("x-all:\n{templates}")),
                (".env".into(), format!("BIG={}", "b".repeat(100_000))),
            ],
        ),
        ("includes", includes),
        (
            "extends",
            vec![
                ("compose.yaml".into(), format!("services:\n{extenders}")),
                ("base.yaml".into(), big("base")),
            ],
        ),
        one("large file", format!("x-a: {}", "a".repeat(2 << 20))),
        one("long list of ports", {
            let ranges: Vec<String> = (0..1_000).map(|n| format!("\"1-{}\"", 60_000 + n)).collect();
            format!("services: {{a: {{image: x, ports: [{}]}}}}", ranges.join(","))
        }),
    ]
}

#[test]
fn a_bomb_is_refused_within_its_budget() {
    for (name, files) in bombs() {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let start = Instant::now();
        let problems = load(&files).err().unwrap_or_default();
        let took = start.elapsed();
        println!("bomb {name}: refused in {took:?}");
        let code = problems.first().map(|problem| problem.code);
        let expected = [
            ProblemCode::TooLarge,
            ProblemCode::Syntax,
            ProblemCode::InvalidInterpolation,
            ProblemCode::InvalidValue,
        ];
        assert!(code.is_some_and(|code| expected.contains(&code)), "{name}: {code:?}");
        // Ten times what an unoptimised build needs on a slow machine.
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    }
}

#[test]
fn a_chain_as_long_as_the_file_is_no_problem() {
    let services: String = (0..3_000)
        .map(|n| format!("  s{n}: {{image: x, depends_on: [s{}]}}\n", n + 1))
        .collect();
    let loaded = loaded(&[("compose.yaml", &format!("services:\n{services}  s3000: {{image: x}}\n"))]);
    assert_eq!(loaded.project.services.len(), 3_001);
}

#[test]
fn merge_keys_are_expanded_before_anything_else() {
    let text = "
x-base: &base {image: x, privileged: true, labels: {a: base}}
x-more: &more {image: y, restart: always}
services:
  a:
    <<: [*base, *more]
    labels: {b: own}
  b:
    <<: *more
    image: z
";
    let services = loaded(&[("compose.yaml", text)]).project.services;
    assert_eq!((services["a"].image.as_str(), services["a"].privileged), ("x", true));
    assert_eq!(services["a"].restart, "always");
    assert_eq!(services["a"].labels, BTreeMap::from([("b".into(), "own".into())]));
    assert_eq!(
        (services["b"].image.as_str(), services["b"].restart.as_str()),
        ("z", "always")
    );
}

#[test]
fn reset_and_override_reach_into_the_files_below() {
    let mut files = manifest(&[
        (
            "compose.yaml",
            "services: {a: {image: x, ports: [\"80:80\"], command: [a], environment: {A: 1, B: 2}, volumes: [data:/d]}}\nvolumes: {data: }",
        ),
        (
            "over.yaml",
            "services:\n  a:\n    ports: !override [\"81:81\"]\n    command: !reset []\n    environment: {A: !reset null}\n    volumes: !reset []\n",
        ),
    ]);
    files.compose_files = Some(vec!["compose.yaml".into(), "over.yaml".into()]);
    let loaded = loader::load(&files, &options()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let service = &loaded.project.services["a"];
    let published: Vec<_> = service.ports.iter().map(|port| port.published.as_str()).collect();
    assert_eq!(published, ["81"]);
    assert_eq!(service.command, None);
    assert_eq!(service.environment, BTreeMap::from([("B".into(), Some("2".into()))]));
    assert!(service.volumes.is_empty() && loaded.project.volumes.is_empty());
}

#[test]
fn a_declared_variable_wins_over_the_dotenv_of_the_root() {
    let files = manifest(&[
        (
            "compose.yaml",
            "services: {a: {image: \"${IMAGE}:${TAG}\", environment: [TAG, NONE]}}",
        ),
        (".env", "IMAGE=from-dotenv\nTAG=from-dotenv\n"),
    ]);
    let options = LoadOptions {
        variables: BTreeMap::from([("TAG".into(), "declared".into())]),
        ..options()
    };
    let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let service = &loaded.project.services["a"];
    assert_eq!(service.image, "from-dotenv:declared");
    let environment = BTreeMap::from([("TAG".into(), Some("declared".into())), ("NONE".into(), None)]);
    assert_eq!(service.environment, environment);
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
fn secrets_and_configs_bring_their_content() {
    let files = manifest(&[
        (
            "compose.yaml",
            "
services:
  a: {image: x, secrets: [by_file, by_name, elsewhere], configs: [inline]}
secrets:
  by_file: {file: ./s.txt}
  by_name: {environment: TOKEN}
  elsewhere: {file: not-here.txt}
configs:
  inline: {content: \"to ${TOKEN}\"}
",
        ),
        ("s.txt", "from file"),
    ]);
    let options = LoadOptions {
        variables: BTreeMap::from([("TOKEN".into(), "t".into())]),
        ..options()
    };
    let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let content = |name: &str| loaded.project.secrets[name].content.as_deref();
    assert_eq!(
        [content("by_file"), content("by_name"), content("elsewhere")],
        [Some("from file"), Some("t"), None]
    );
    assert_eq!(loaded.project.configs["inline"].content.as_deref(), Some("to t"));
    let warned: Vec<_> = loaded
        .warnings
        .iter()
        .map(|warning| (warning.code, warning.pointer.as_str()))
        .collect();
    assert_eq!(warned, [(ProblemCode::FileMissing, "/secrets/elsewhere/file")]);
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
fn networks_and_volumes_hash_as_compose_labels_them() {
    // The labels that Compose 5.6.1 put on an engine's objects for this file.
    let text = "
services:
  a: {image: x, networks: {n1: {aliases: [q]}, n2: , default: }, volumes: [\"v1:/a\", \"v2:/b\"]}
networks:
  n1: {driver: bridge, driver_opts: {com.docker.network.bridge.name: lcbr0}, ipam: {config: [{subnet: 10.99.0.0/24, gateway: 10.99.0.1}]}, labels: {a: 1}, internal: true, enable_ipv6: false, attachable: true}
  n2:
volumes:
  v1: {labels: [a=b]}
  v2: {driver: local, driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}
";
    let options = LoadOptions {
        project_name: Some("gold".into()),
        ..LoadOptions::default()
    };
    let loaded = loader::load(&manifest(&[("compose.yaml", text)]), &options);
    let project = loaded.map(|loaded| loaded.project).unwrap_or_default();
    let networks: Vec<_> = project.networks.values().map(config_hash::network).collect();
    assert_eq!(
        networks,
        [
            "667e1a28a99f94337010b164c6f10dc4dc8586bfd543b7d19379e6762c1f7a08",
            "5846cad8f5a2c3b237f9d1a4bfc4de3796edca18c36138a1ab3633a80e454b4c",
            "8e2449b18daebc59e771f1e62d72f5cc0c64966213c9f3fe781901a3395f3911",
        ]
    );
    let volumes: Vec<_> = project.volumes.values().map(config_hash::volume).collect();
    assert_eq!(
        volumes,
        [
            "37ac9f233f3a14eb6b24d4fdf3d92f555e6c5fa177be08ee82474cb48d7dad0c",
            "2afbb9140c8f826b80500d02ac583fa4471efe2e73bdd524f2ccd6270ff773f1",
        ]
    );
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
fn only_the_services_of_active_profiles_are_there() {
    let text = "services: {a: {image: x}, b: {image: x, profiles: [debug]}, c: {image: x, profiles: [other], develop: {watch: []}}}";
    let names = |profiles: &[&str], dotenv: &str| {
        let files = manifest(&[("compose.yaml", text), (".env", dotenv)]);
        let options = LoadOptions {
            profiles: profiles.iter().map(|&profile| profile.to_owned()).collect(),
            ..options()
        };
        let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
        loaded.project.services.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(names(&[], ""), ["a"]);
    assert_eq!(names(&["debug"], ""), ["a", "b"]);
    assert_eq!(names(&[], "COMPOSE_PROFILES=debug,x"), ["a", "b"]);
}

#[test]
fn the_project_is_named_by_whoever_speaks_first() {
    let text = "name: From-File\nservices: {a: {image: x, hostname: \"${COMPOSE_PROJECT_NAME}\"}}";
    let name = |given: Option<&str>, dotenv: &str, folder: Option<&str>, text: &str| {
        let options = LoadOptions {
            project_name: given.map(str::to_owned),
            working_dir: folder.map(str::to_owned),
            ..LoadOptions::default()
        };
        let outcome = loader::load(&manifest(&[("compose.yaml", text), (".env", dotenv)]), &options);
        outcome.map(|loaded| (loaded.project.services["a"].hostname.clone(), loaded.project.name))
    };
    let both = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(name(Some("given"), "", None, text), Ok(both("given")));
    assert_eq!(name(None, "COMPOSE_PROJECT_NAME=env", None, text), Ok(both("env")));
    assert_eq!(name(None, "", Some("/srv/x"), text), Ok(both("from-file")));
    let bare = text.split_once('\n').map_or("", |(_, rest)| rest);
    assert_eq!(name(None, "", Some("/srv/My_Shop/"), bare), Ok(both("my_shop")));
    for outcome in [name(Some("Not Valid"), "", None, text), name(None, "", None, bare)] {
        let problems = outcome.err().unwrap_or_default();
        assert_eq!(
            problems.first().map(|problem| problem.code),
            Some(ProblemCode::InvalidName)
        );
    }
}

#[test]
fn the_files_of_a_project_are_found_as_compose_finds_them() {
    let service = |image: &str| format!("services: {{a: {{image: {image}}}}}");
    let texts = [service("one"), service("two"), service("three")];
    let files = |names: [&'static str; 2]| {
        let files = [(names[0], texts[0].as_str()), (names[1], texts[1].as_str())];
        loaded(&files).compose_files
    };
    assert_eq!(
        files(["compose.override.yml", "compose.yaml"]),
        ["compose.yaml", "compose.override.yml"]
    );
    assert_eq!(files(["docker-compose.yml", "other.yaml"]), ["docker-compose.yml"]);
    assert_eq!(files(["stack.yaml", "other.yaml"]), ["stack.yaml"]);
    let named = loaded(&[
        ("a.yaml", &texts[0]),
        ("b.yaml", &texts[1]),
        ("compose.yaml", &texts[2]),
        (".env", "COMPOSE_FILE=a.yaml:b.yaml"),
    ]);
    assert_eq!(named.compose_files, ["a.yaml", "b.yaml"]);
    assert_eq!(named.project.services["a"].image, "two");
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
