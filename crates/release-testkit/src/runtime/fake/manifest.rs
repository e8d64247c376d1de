//! The fake's manifest: lines of `kind/name: field=value …`, see [`super`].

use super::plan::{is_secret, yaml};
use release_domain::catalogue::RuntimeType;
use release_domain::diagnostics::DiagnosticCode;
use release_domain::manifest::{ProblemCode, RenderProblem, RenderedDocument, Severity};
use release_domain::plan::{CheckCode, Resource};
use release_domain::ports::{Desired, DesiredObject, RenderRequest, Rendered};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What `Desired.model` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Model {
    pub objects: BTreeMap<String, BTreeMap<String, String>>,
    /// A diagnostic code, or `hang`.
    pub fail: Option<String>,
    pub checks: Vec<CheckCode>,
}

pub(super) fn model(desired: Option<&Desired>) -> Model {
    desired
        .and_then(|d| serde_json::from_value(d.model.clone()).ok())
        .unwrap_or_default()
}

pub(super) fn resource(key: &str) -> Resource {
    let (kind, name) = key.split_once('/').unwrap_or(("object", key));
    Resource {
        kind: kind.into(),
        namespace: None,
        name: name.into(),
        api_version: None,
    }
}

struct Reader<'a> {
    request: &'a RenderRequest,
    model: Model,
    variables: BTreeSet<String>,
    problems: Vec<RenderProblem>,
}

pub(super) fn render(runtime_type: RuntimeType, request: &RenderRequest) -> Rendered {
    let mut reader = Reader {
        request,
        model: Model::default(),
        variables: BTreeSet::new(),
        problems: Vec::new(),
    };
    for file in &request.manifest.files {
        let chosen = request.manifest.compose_files.as_ref();
        if chosen.is_none_or(|paths| paths.contains(&file.path)) {
            for (i, line) in file.content.lines().enumerate() {
                reader.line(&file.path, u32::try_from(i + 1).unwrap_or(u32::MAX), line);
            }
        }
    }
    if reader.model.objects.is_empty() && reader.problems.is_empty() {
        reader.problem(None, None, "", ProblemCode::NoServices, "the manifest has no object");
    }
    reader.finish(runtime_type)
}

impl Reader<'_> {
    fn line(&mut self, file: &str, number: u32, line: &str) {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            return;
        }
        let at = (Some(file), Some(number));
        let Some((key, rest)) = line.split_once(':') else {
            self.problem(
                at.0,
                at.1,
                "",
                ProblemCode::Syntax,
                "a line is `kind/name: field=value`",
            );
            return;
        };
        let (key, rest) = (key.trim(), self.substitute(rest.trim()));
        match key {
            "fail" if rest == "hang" || rest.parse::<DiagnosticCode>().is_ok() => self.model.fail = Some(rest),
            "check" => match rest.parse() {
                Ok(code) => self.model.checks.push(code),
                Err(_) => self.problem(at.0, at.1, "/check", ProblemCode::InvalidValue, "no such check"),
            },
            _ if key
                .split_once('/')
                .is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty()) =>
            {
                let fields: BTreeMap<String, String> = rest
                    .split_whitespace()
                    .map(|word| word.split_once('=').unwrap_or((word, "")))
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect();
                if self.model.objects.insert(key.into(), fields).is_some() {
                    let pointer = format!("/{key}");
                    self.problem(
                        at.0,
                        at.1,
                        &pointer,
                        ProblemCode::DuplicateKey,
                        "this object is there twice",
                    );
                }
            }
            _ => {
                let pointer = format!("/{key}");
                self.problem(
                    at.0,
                    at.1,
                    &pointer,
                    ProblemCode::UnsupportedKey,
                    "not a key of this manifest",
                );
            }
        }
    }

    fn substitute(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, tail) = after.split_once('}').unwrap_or((after, ""));
            let (name, default) = match inner.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            out.push_str(before);
            self.variables.insert(name.into());
            match (self.request.values.get(name), default) {
                (Some(value), _) => out.push_str(value.expose()),
                (None, Some(default)) => out.push_str(default),
                (None, None) => {
                    let pointer = format!("/variables/{name}");
                    let message = format!("the variable {name} has no value");
                    self.problem(None, None, &pointer, ProblemCode::MissingVariable, &message);
                }
            }
            rest = tail;
        }
        out + rest
    }

    fn problem(&mut self, file: Option<&str>, line: Option<u32>, pointer: &str, code: ProblemCode, message: &str) {
        self.problems.push(RenderProblem {
            file: file.map(Into::into),
            line,
            column: line.map(|_| 1),
            pointer: pointer.into(),
            severity: Severity::Error,
            code,
            message: message.into(),
            params: BTreeMap::new(),
        });
    }

    fn finish(self, runtime_type: RuntimeType) -> Rendered {
        let secret_values: Vec<String> = self
            .request
            .declared
            .iter()
            .filter(|spec| spec.secret)
            .filter_map(|spec| self.request.values.get(&spec.name))
            .map(|value| value.expose().to_owned())
            .filter(|value| !value.is_empty())
            .collect();
        let documents = self.model.objects.iter().map(|(key, fields)| RenderedDocument {
            key: key.clone(),
            text: yaml(fields, |name, value| is_secret(name, value, &secret_values)),
        });
        let mut rendered = Rendered {
            documents: documents.collect(),
            config_hashes: None,
            variables: self.variables.into_iter().collect(),
            problems: self.problems,
            desired: None,
        };
        if rendered.problems.is_empty() {
            rendered.desired = Some(Desired {
                runtime_type,
                objects: self
                    .model
                    .objects
                    .keys()
                    .map(|key| DesiredObject {
                        key: key.clone(),
                        resource: resource(key),
                    })
                    .collect(),
                model: serde_json::to_value(&self.model).unwrap_or_default(),
                secret_values,
            });
        } else {
            rendered.documents.clear();
        }
        rendered
    }
}
