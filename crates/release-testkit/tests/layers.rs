//! The rooms of `docs/architecture.md` as a test: which crate may know which.
//!
//! The table below is the contract; the arrows come from `cargo metadata`. A crate without a row, a row without a crate
//! and an arrow that no row allows fail alike. Only what ships counts (normal and build dependencies): a crate's tests
//! may use whatever shows its behaviour.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What one crate may depend on.
struct Room {
    name: &'static str,
    /// Crates of this workspace that it may name.
    may: &'static [&'static str],
    /// Outside crates that it may name; `None` where any will do that `never` allows.
    outside: Option<&'static [&'static str]>,
    /// Crates that must be nowhere in what it links, however far down.
    never: &'static [&'static str],
}

/// Runtimes, servers, stores and clients: a crate free of these can be linked into any service.
const TECHNOLOGY: &[&str] = &[
    "actix-web",
    "anyhow",
    "async-std",
    "axum",
    "bollard",
    "casbin",
    "clap",
    "diesel",
    "figment",
    "hyper",
    "k8s-openapi",
    "kube",
    "libsqlite3-sys",
    "pq-sys",
    "reqwest",
    "rmcp",
    "rusqlite",
    "rustls",
    "sqlx",
    "tokio",
    "utoipa",
];

const ROOMS: &[Room] = &[
    Room {
        name: "release-domain",
        may: &[],
        outside: Some(&[
            "async-trait",
            "blake3",
            "serde",
            "serde_json",
            "thiserror",
            "time",
            "uuid",
        ]),
        never: TECHNOLOGY,
    },
    Room {
        name: "release-app",
        may: &["release-domain"],
        outside: Some(&[
            "async-trait",
            "blake3",
            "serde",
            "serde_json",
            "thiserror",
            "time",
            "tracing",
            "uuid",
        ]),
        never: TECHNOLOGY,
    },
    Room {
        name: "release-testkit",
        may: &["release-domain"],
        outside: Some(&[
            "async-trait",
            "blake3",
            "serde",
            "serde_json",
            "thiserror",
            "time",
            "uuid",
        ]),
        never: TECHNOLOGY,
    },
    Room {
        name: "release-store",
        may: &["release-domain"],
        outside: None,
        never: &["actix-web", "bollard", "casbin", "figment", "kube", "reqwest"],
    },
    Room {
        name: "release-authz",
        may: &["release-domain"],
        outside: None,
        never: &["actix-web", "bollard", "diesel", "figment", "kube", "reqwest"],
    },
    Room {
        name: "manifest-yaml",
        may: &["release-domain"],
        outside: Some(&["serde-saphyr"]),
        never: TECHNOLOGY,
    },
    Room {
        name: "runtime-compose",
        may: &["manifest-yaml", "release-domain"],
        outside: None,
        never: &["actix-web", "casbin", "clap", "diesel", "figment", "kube"],
    },
    Room {
        name: "runtime-k8s",
        may: &["manifest-yaml", "release-domain"],
        outside: None,
        never: &["actix-web", "bollard", "casbin", "clap", "diesel", "figment"],
    },
    // What two doors share. Types only: it knows no transport, so that any client can link it.
    Room {
        name: "release-contract",
        may: &["release-app", "release-domain"],
        outside: None,
        never: &[
            "actix-web",
            "bollard",
            "casbin",
            "clap",
            "diesel",
            "figment",
            "hyper",
            "kube",
            "reqwest",
            "rmcp",
            "tokio",
        ],
    },
    // No way of its own to store or runtimes: what an agent does goes through the use cases.
    Room {
        name: "release-assistant",
        may: &["release-app", "release-contract", "release-domain"],
        outside: None,
        never: &["bollard", "casbin", "diesel", "figment", "kube"],
    },
    Room {
        name: "release-api",
        may: &["release-app", "release-assistant", "release-contract", "release-domain"],
        outside: None,
        never: &["bollard", "casbin", "diesel", "kube"],
    },
    // A client of the HTTP API alone. From the domain it has what needs no server: the chain and its verification.
    Room {
        name: "release-cli",
        may: &["release-domain"],
        outside: None,
        never: &["actix-web", "bollard", "casbin", "diesel", "figment", "kube"],
    },
    Room {
        name: "release-server",
        may: &[
            "release-api",
            "release-app",
            "release-assistant",
            "release-authz",
            "release-contract",
            "release-domain",
            "release-store",
            "runtime-compose",
            "runtime-k8s",
        ],
        outside: None,
        never: &[],
    },
];

/// Longest source file; past 400 lines it says in its head why.
const FILE_LINES: usize = 600;

/// Who names whom: the crates of the workspace, and what each crate that is linked anywhere depends on.
#[derive(Default)]
struct Graph {
    members: BTreeSet<String>,
    arrows: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of_this_workspace() -> Self {
        let metadata = MetadataCommand::new()
            .manifest_path(workspace().join("Cargo.toml"))
            .other_options(vec!["--offline".to_owned()])
            .exec()
            .expect("cargo metadata of the workspace");
        let names: BTreeMap<_, _> = metadata
            .packages
            .iter()
            .map(|package| (&package.id, package.name.to_string()))
            .collect();
        let mut graph = Self {
            members: metadata
                .workspace_packages()
                .iter()
                .map(|package| package.name.to_string())
                .collect(),
            arrows: BTreeMap::new(),
        };
        for node in &metadata.resolve.as_ref().expect("a resolved graph").nodes {
            let from = graph.arrows.entry(names[&node.id].clone()).or_default();
            for dependency in &node.deps {
                if dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind != DependencyKind::Development)
                {
                    from.insert(names[&dependency.pkg].clone());
                }
            }
        }
        graph
    }

    fn arrow(&mut self, from: &str, to: &str) {
        self.arrows.entry(from.to_owned()).or_default().insert(to.to_owned());
        self.arrows.entry(to.to_owned()).or_default();
    }

    fn direct(&self, name: &str) -> impl Iterator<Item = &str> {
        self.arrows.get(name).into_iter().flatten().map(String::as_str)
    }

    /// The shortest way down from `from` to a crate named `to`, both included.
    fn way(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut ways = VecDeque::from([vec![from.to_owned()]]);
        let mut seen = BTreeSet::from([from.to_owned()]);
        while let Some(way) = ways.pop_front() {
            let last = way.last().expect("a way has a start");
            if last == to && way.len() > 1 {
                return Some(way);
            }
            for next in self.direct(last) {
                if seen.insert(next.to_owned()) {
                    ways.push_back(way.iter().cloned().chain([next.to_owned()]).collect());
                }
            }
        }
        None
    }
}

/// Every breach of the table, as sentences.
fn breaches(graph: &Graph, rooms: &[Room]) -> Vec<String> {
    let mut found = Vec::new();
    for member in &graph.members {
        if !rooms.iter().any(|room| room.name == member) {
            found.push(format!("{member} has no row in the table"));
        }
    }
    for room in rooms {
        if !graph.members.contains(room.name) {
            found.push(format!("the table has a row for {}, which is no crate", room.name));
        }
        for to in graph.direct(room.name) {
            if graph.members.contains(to) {
                if !room.may.contains(&to) {
                    found.push(format!("{} must not depend on {to}", room.name));
                }
            } else if room.outside.is_some_and(|outside| !outside.contains(&to)) {
                found.push(format!("{} must not depend on {to} from outside", room.name));
            }
        }
        for banned in room.never {
            if let Some(way) = graph.way(room.name, banned) {
                found.push(format!("{} must not link {banned}: {}", room.name, way.join(" -> ")));
            }
        }
    }
    found
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/release-testkit")
        .to_owned()
}

/// All Rust files below `folder`, with their text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder's entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file in UTF-8");
            found.push((path, text));
        }
    }
    found
}

#[test]
fn every_arrow_between_the_rooms_is_one_the_table_allows() {
    let graph = Graph::of_this_workspace();
    let arrows: usize = graph.members.iter().map(|member| graph.direct(member).count()).sum();
    assert!(arrows > ROOMS.len(), "cargo metadata showed only {arrows} arrows");
    assert_eq!(breaches(&graph, ROOMS), Vec::<String>::new());
    println!("layers: {} crates, {arrows} arrows, 0 breaches", graph.members.len());
}

#[test]
fn a_forbidden_arrow_of_each_kind_is_told_apart() {
    const FABRICATED: &[Room] = &[
        Room {
            name: "core",
            may: &[],
            outside: Some(&["serde"]),
            never: &["tokio"],
        },
        Room {
            name: "adapter",
            may: &["core"],
            outside: None,
            never: &["web"],
        },
        Room {
            name: "gone",
            may: &[],
            outside: None,
            never: &[],
        },
    ];
    let mut graph = Graph {
        members: ["core", "adapter", "stray"].map(str::to_owned).into(),
        ..Graph::default()
    };
    graph.arrow("adapter", "core");
    graph.arrow("adapter", "driver");
    graph.arrow("core", "serde");
    assert_eq!(
        breaches(&graph, FABRICATED),
        [
            "stray has no row in the table",
            "the table has a row for gone, which is no crate"
        ]
    );

    graph.arrow("core", "adapter");
    graph.arrow("core", "rand");
    graph.arrow("driver", "tokio");
    graph.arrow("tokio", "web");
    assert_eq!(
        breaches(&graph, FABRICATED),
        [
            "stray has no row in the table",
            "core must not depend on adapter",
            "core must not depend on rand from outside",
            "core must not link tokio: core -> adapter -> driver -> tokio",
            "adapter must not link web: adapter -> driver -> tokio -> web",
            "the table has a row for gone, which is no crate",
        ]
    );
}

#[test]
fn a_forbidden_arrow_in_this_workspace_would_be_found() {
    let mut graph = Graph::of_this_workspace();
    graph.arrow("release-app", "release-store");
    graph.arrow("release-api", "diesel");
    graph.arrow("runtime-compose", "release-testkit");
    let found = breaches(&graph, ROOMS);
    for expected in [
        "release-app must not depend on release-store",
        "release-api must not link diesel: release-api -> diesel",
        "runtime-compose must not depend on release-testkit",
    ] {
        assert!(
            found.iter().any(|breach| breach == expected),
            "not found: {expected}, in {found:#?}"
        );
    }
}

/// Time, ids, randomness, settings and files come to the domain as arguments or through ports.
#[test]
fn the_domain_asks_nothing_of_the_machine_it_runs_on() {
    const ASKS: &[&str] = &[
        "SystemTime",
        "Instant::now",
        "now_utc",
        "now_local",
        "now_v7",
        "new_v4",
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::io",
        "println!",
        "rand::",
    ];
    let mut found = Vec::new();
    for (path, text) in sources(&workspace().join("crates/release-domain/src")) {
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in shipped
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for ask in ASKS.iter().filter(|ask| line.contains(**ask)) {
                found.push(format!("{}:{}: {ask}", path.display(), number + 1));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn no_source_file_is_too_long_or_named_mod() {
    let mut found = Vec::new();
    for (path, text) in sources(&workspace().join("crates")) {
        let lines = text.lines().count();
        if lines > FILE_LINES {
            found.push(format!(
                "{} has {lines} lines, at most {FILE_LINES}: split it",
                path.display()
            ));
        }
        if path.ends_with("mod.rs") {
            found.push(format!("{}: name it after its module", path.display()));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
