//! Bundles that grow when they are read: refused within a budget, and soon.

#[path = "loader/support.rs"]
mod support;

use release_domain::manifest::ProblemCode;
use std::time::{Duration, Instant};
use support::{load, loaded};

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
